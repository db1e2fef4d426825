# SPDX-License-Identifier: Apache-2.0
"""The workspace changes who runs where, for one strategy only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.conftest import host, server, uuids
from watcher.common import exception
from watcher.domain.snapshot import Resources, Snapshot
from watcher.domain.workspace import Workspace


def test_a_moved_server_goes_to_the_end_of_its_new_host(cloud: Snapshot) -> None:
    work = Workspace(cloud)
    assert work.move("s2", "h1")
    assert uuids(work.servers_of("h1")) == ["s1", "s3", "s2"]
    assert work.move("s1", "h2")
    assert work.move("s1", "h1")
    assert uuids(work.servers_of("h1")) == ["s3", "s2", "s1"]
    assert work.servers_of("h2") == ()
    assert work.host_of("s2") == work.host_named("host-1")
    assert work.zone_of("h1") == "az1"


def test_a_move_to_where_the_server_is_changes_nothing(cloud: Snapshot) -> None:
    work = Workspace(cloud)
    assert not work.move("s1", "h1")
    assert list(work.moves()) == []


def test_a_server_that_runs_nowhere_cannot_be_moved(cloud: Snapshot) -> None:
    with pytest.raises(exception.InstanceNotMapped, match="s4"):
        Workspace(cloud).move("s4", "h1")


def test_only_servers_that_ended_elsewhere_count_as_moves(cloud: Snapshot) -> None:
    work = Workspace(cloud)
    for name, target in (("s1", "h2"), ("s2", "h3"), ("s1", "h1")):
        work.move(name, target)
    assert [(one.uuid, a.uuid, b.uuid) for one, a, b in work.moves()] == [("s2", "h2", "h3")]


@st.composite
def clouds_and_moves(draw: st.DrawFn) -> tuple[Snapshot, list[tuple[str, str]]]:
    count = draw(st.integers(1, 5))
    hosts = [host(number) for number in range(count)]
    sizes = st.tuples(st.integers(0, 8), st.integers(0, 4096), st.integers(0, 50))
    servers = [
        server(number, draw(st.integers(0, count - 1)), vcpus=cpu, memory_mib=memory, disk_gib=disk)
        for number, (cpu, memory, disk) in enumerate(draw(st.lists(sizes, max_size=8)))
    ]
    cloud = Snapshot.of(hosts, servers)
    if not servers:
        return cloud, []
    step = st.tuples(st.sampled_from(list(cloud.servers)), st.sampled_from(list(cloud.hosts)))
    return cloud, draw(st.lists(step, max_size=20))


def total(cluster: Snapshot | Workspace) -> Resources:
    return sum((cluster.used(uuid) for uuid in cluster.hosts), Resources())


@given(clouds_and_moves())
def test_moves_conserve_use_and_leave_the_input_untouched(
    case: tuple[Snapshot, list[tuple[str, str]]],
) -> None:
    cloud, moves = case
    before = {uuid: cloud.servers_of(uuid) for uuid in cloud.hosts}
    work = Workspace(cloud)
    where = dict(cloud.placement)
    for server_uuid, host_uuid in moves:
        assert work.move(server_uuid, host_uuid) == (where[server_uuid] != host_uuid)
        where[server_uuid] = host_uuid
    assert {uuid: cloud.servers_of(uuid) for uuid in cloud.hosts} == before
    assert total(work) == total(cloud)
    seen = {one.uuid: uuid for uuid in work.hosts for one in work.servers_of(uuid)}
    assert seen == where
    for uuid in work.hosts:
        sizes = (one.size for one in work.servers_of(uuid))
        assert work.used(uuid) == sum(sizes, Resources())
        assert work.free(uuid) == work.capacity(uuid) - work.used(uuid)


@given(clouds_and_moves())
def test_a_workspace_equals_a_snapshot_of_the_end_state(
    case: tuple[Snapshot, list[tuple[str, str]]],
) -> None:
    cloud, moves = case
    work = Workspace(cloud)
    for server_uuid, host_uuid in moves:
        work.move(server_uuid, host_uuid)
    ends = {**cloud.placement, **{one.uuid: after.uuid for one, _before, after in work.moves()}}
    made = Snapshot.of(cloud.hosts.values(), cloud.servers.values(), placement=ends)
    for uuid in made.hosts:
        assert set(uuids(made.servers_of(uuid))) == set(uuids(work.servers_of(uuid)))
        assert made.used(uuid) == work.used(uuid)
