# SPDX-License-Identifier: Apache-2.0
"""The snapshot tells who runs where."""

from __future__ import annotations

import dataclasses

import pytest

from tests.unit.domain.conftest import host, server, uuids
from watcher.common import exception
from watcher.domain.snapshot import Resources, Snapshot
from watcher.domain.workspace import Workspace


def test_servers_are_found_in_the_order_of_collection(cloud: Snapshot) -> None:
    assert uuids(cloud.servers_of("h1")) == ["s1", "s3"]
    assert list(cloud.hosts) == ["h2", "h1", "h3"]
    assert cloud.servers_of("h3") == ()


def test_a_server_of_an_unknown_host_runs_nowhere(cloud: Snapshot) -> None:
    assert cloud.host_of("s1") == cloud.hosts["h1"]
    assert cloud.host_of("s4") is None
    assert cloud.host_of("s5") is None


def test_capacity_counts_ratio_and_reserved_and_free_may_be_negative() -> None:
    big = host(1, vcpus=16, vcpu_ratio=4.0, memory_mib_reserved=512, memory_ratio=1.5)
    cloud = Snapshot.of([big], [server(1, vcpus=2, memory_mib=2048, disk_gib=2000)])
    assert cloud.capacity("h1") == Resources(64.0, 97536.0, 1000.0)
    assert cloud.used("h1") == Resources(2, 2048, 2000)
    assert cloud.free("h1") == Resources(62.0, 95488.0, -1000.0)


def test_hypervisors_that_share_a_compute_service_are_told_apart() -> None:
    pair = [
        host(1, hypervisor_hostname="node-a"),
        dataclasses.replace(host(2, hypervisor_hostname="node-b"), hostname="host-1"),
    ]
    servers = [
        server(1, hypervisor_hostname="node-b"),
        server(2, hypervisor_hostname="node-a"),
        server(3, hypervisor_hostname="unheard"),
    ]
    cloud = Snapshot.of(pair, servers)
    assert cloud.placement == {"s1": "h2", "s2": "h1", "s3": "h1"}
    assert cloud.host_named("host-1").uuid == "h1"


def test_a_given_placement_wins_over_names(cloud: Snapshot) -> None:
    made = Snapshot.of([host(1), host(2)], [server(1)], placement={"s1": "h2", "ghost": "h1"})
    assert made.placement == {"s1": "h2"}


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda one: one.host("ghost"), exception.ComputeNodeNotFound),
        (lambda one: one.host_named("ghost"), exception.ComputeNodeNotFound),
        (lambda one: one.servers_of("ghost"), exception.ComputeNodeNotFound),
        (lambda one: one.used("ghost"), exception.ComputeNodeNotFound),
        (lambda one: one.free("ghost"), exception.ComputeNodeNotFound),
        (lambda one: one.server("ghost"), exception.InstanceNotFound),
        (lambda one: one.host_of("ghost"), exception.InstanceNotFound),
    ],
)
@pytest.mark.parametrize("wrap", [lambda cloud: cloud, Workspace], ids=["snapshot", "workspace"])
def test_unknown_ids_are_errors(
    cloud: Snapshot, wrap: object, call: object, expected: type[Exception]
) -> None:
    with pytest.raises(expected, match="ghost"):
        call(wrap(cloud))  # type: ignore[operator]


def test_nothing_in_a_snapshot_can_be_changed(cloud: Snapshot) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        cloud.version = 2  # type: ignore[misc]
    with pytest.raises(TypeError):
        cloud.hosts["h9"] = host(9)  # type: ignore[index]


def test_a_restricted_snapshot_has_its_hosts_and_their_servers(cloud: Snapshot) -> None:
    part = cloud.restricted(["h1"], excluded=["s3", "ghost"])
    assert list(part.hosts) == ["h1"]
    assert list(part.servers) == ["s1", "s3", "s4", "s5"]
    assert [one.uuid for one in part.servers.values() if one.excluded] == ["s3"]
    assert uuids(part.servers_of("h1")) == ["s1", "s3"]
    assert part.zone_of("h1") == "az1"
    assert not cloud.servers["s3"].excluded
