# SPDX-License-Identifier: Apache-2.0
"""Every reason that keeps a server from a host."""

from __future__ import annotations

import dataclasses

import pytest

from watcher.domain import feasibility
from watcher.domain.feasibility import Refusal
from watcher.domain.snapshot import Host, Server, Snapshot
from watcher.domain.workspace import Workspace

SOURCE = Host("h1", "host-1", vcpus=8, memory_mib=8192, disk_gib=100)
TARGET = Host("h2", "host-2", vcpus=8, memory_mib=8192, disk_gib=100)
SERVER = Server("s1", vcpus=2, memory_mib=2048, disk_gib=20, host="host-1")


def refusals(
    server: Server = SERVER, target: Host = TARGET, *others: Server
) -> dict[Refusal, feasibility.Reason]:
    cloud = Snapshot.of(
        [SOURCE, target], [server, *others], zones={"host-1": "az1", "host-2": "az2"}
    )
    return {one.code: one for one in feasibility.check(cloud, server, target)}


def test_a_host_with_room_is_feasible() -> None:
    assert refusals() == {}
    cloud = Snapshot.of([SOURCE, TARGET], [SERVER])
    assert not feasibility.check(cloud, SERVER, TARGET)


def test_the_host_it_is_on_is_no_target() -> None:
    cloud = Snapshot.of([SOURCE], [SERVER])
    assert [one.code for one in feasibility.check(cloud, SERVER, SOURCE)] == [Refusal.SAME_HOST]


@pytest.mark.parametrize(
    ("server", "target", "expected"),
    [
        pytest.param({}, {"state": "down"}, Refusal.HOST_DOWN, id="host down"),
        pytest.param({}, {"status": "disabled"}, Refusal.HOST_DISABLED, id="host disabled"),
        pytest.param({"excluded": True}, {}, Refusal.SERVER_EXCLUDED, id="out of scope"),
        pytest.param({"state": "rescued"}, {}, Refusal.SERVER_STATE, id="state"),
        pytest.param({"pinned_az": "az1"}, {}, Refusal.PINNED_ZONE, id="pinned elsewhere"),
        pytest.param({"vcpus": 9}, {"vcpu_ratio": 4.0}, Refusal.VCPUS, id="wider than the host"),
        pytest.param({"memory_mib": 7681}, {"memory_mib_reserved": 512}, Refusal.MEMORY_MIB),
        pytest.param({"disk_gib": 101}, {}, Refusal.DISK_GIB, id="disk"),
    ],
)
def test_each_obstacle_is_told(
    server: dict[str, object], target: dict[str, object], expected: Refusal
) -> None:
    found = refusals(
        dataclasses.replace(SERVER, **server),  # type: ignore[arg-type]
        dataclasses.replace(TARGET, **target),  # type: ignore[arg-type]
    )
    assert set(found) == {expected}
    assert str(found[expected])


@pytest.mark.parametrize("state", ["active", "paused", "stopped"])
def test_servers_at_rest_may_move(state: str) -> None:
    assert refusals(dataclasses.replace(SERVER, state=state)) == {}


def test_a_pin_to_the_zone_of_the_host_is_fine() -> None:
    assert refusals(dataclasses.replace(SERVER, pinned_az="az2")) == {}


def test_a_refusal_for_room_has_its_numbers() -> None:
    crowd = Server("s2", vcpus=7, memory_mib=100, disk_gib=1, host="host-2")
    found = refusals(SERVER, TARGET, crowd)
    assert (found[Refusal.VCPUS].needed, found[Refusal.VCPUS].available) == (2, 1)
    assert set(found) == {Refusal.VCPUS}


def test_a_server_that_needs_nothing_of_a_kind_fits_on_a_full_host() -> None:
    crowd = Server("s2", vcpus=1, memory_mib=100, disk_gib=150, host="host-2")
    assert refusals(dataclasses.replace(SERVER, disk_gib=0), TARGET, crowd) == {}


def test_moves_of_the_workspace_count() -> None:
    crowd = Server("s2", vcpus=7, memory_mib=100, disk_gib=1, host="host-1")
    work = Workspace(Snapshot.of([SOURCE, TARGET], [SERVER, crowd]))
    assert not feasibility.check(work, SERVER, TARGET)
    work.move("s2", "h2")
    assert feasibility.check(work, SERVER, TARGET)
