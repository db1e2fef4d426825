# SPDX-License-Identifier: Apache-2.0
"""Made-up clouds: the same each time, within capacity, and each host can be drained."""

from __future__ import annotations

import hashlib

import pytest

from watcher.simulator import snapshot_file
from watcher.simulator.generator import generate
from watcher.simulator.ledger import Ledger
from watcher.simulator.records import Contents, Resources
from watcher.simulator.scheduler import choose


def digest(cloud: Contents) -> str:
    rows = [repr((h.uuid, h.service_uuid, h.hostname, h.capacity)) for h in cloud.hosts]
    rows += [repr((a.uuid, a.name, a.hosts, a.availability_zone)) for a in cloud.aggregates]
    rows += [repr((project.id, project.name)) for project in cloud.projects]
    for server in cloud.servers:
        what = (server.uuid, server.name, server.flavor.id, server.project_id, server.vm_state)
        where = (server.host, server.pinned_zone, server.locked, server.created.isoformat())
        rows.append(repr((*what, *where)))
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]


def test_the_same_numbers_give_the_same_cloud():
    assert generate(5, 40, 7) == generate(5, 40, 7)
    assert generate(5, 40, 7) != generate(5, 40, 8)


@pytest.mark.parametrize(
    ("hosts", "servers", "seed", "pinned_ratio", "expected"),
    [
        (1, 20, 1, 0, "8f0eb4a4f39604d7"),
        (3, 30, 0, 0, "b8195fc244e0fe42"),
        (20, 400, 2, 0.3, "820fa53b7ff4c4e9"),
        (100, 2000, 7, 0.1, "8f615294683d2e4e"),
        pytest.param(4, 138, 11, 0.5, "45582960814c0248", id="filled up to the capacity"),
        pytest.param(100, 3490, 8, 0, "7ac6ce1f0cf71657", id="large, filled up to the capacity"),
    ],
)
def test_a_seed_gives_the_cloud_it_always_gave(hosts, servers, seed, pinned_ratio, expected):
    assert digest(generate(hosts, servers, seed, pinned_ratio=pinned_ratio)) == expected


def test_many_servers_do_not_each_look_at_every_host(monkeypatch):
    looks = 0
    fits = Resources.fits

    def counted(amount: Resources, room: Resources) -> bool:
        nonlocal looks
        looks += 1
        return fits(amount, room)

    monkeypatch.setattr(Resources, "fits", counted)
    generate(300, 3000, 1)
    assert looks < 3000 * 10 + 300 * 10


def test_ids_and_names_are_unique():
    cloud = generate(20, 200, 1)
    assert len({server.uuid for server in cloud.servers}) == 200
    assert len({host.hostname for host in cloud.hosts}) == 20
    assert len({host.uuid for host in cloud.hosts} | {h.service_uuid for h in cloud.hosts}) == 40


def test_no_host_is_filled_over_its_capacity():
    cloud = generate(3, 100, 1)
    ledger = Ledger(cloud)
    assert all(ledger.used(host.hostname).fits(host.capacity) for host in cloud.hosts)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("hosts", "servers"), [(2, 10), (3, 30), (20, 200), (20, 400)])
def test_each_host_can_be_drained_to_the_others(hosts, servers, seed):
    cloud = generate(hosts, servers, seed)
    zones = cloud.zones()
    for drained in cloud.hosts:
        ledger = Ledger(cloud)
        others = [host for host in cloud.hosts if host is not drained]
        for server in ledger.servers_on(drained.hostname):
            found = choose(others, server.size(), ledger.used, zones=zones)
            assert found is not None, f"{drained.hostname}: no host for {server.name}"
            ledger.hold(found.hostname, server.uuid, server.size())


def test_there_are_zones_flavors_and_projects_to_choose_from():
    cloud = generate(20, 200, 1)
    assert len(set(cloud.zones().values())) == 3
    assert len({server.flavor.id for server in cloud.servers}) == 5
    assert len({server.project_id for server in cloud.servers}) == 4
    assert {server.vm_state for server in cloud.servers} == {"active", "stopped"}
    assert not any(server.pinned_zone for server in cloud.servers)


def test_servers_are_pinned_to_the_zone_they_are_in_when_asked_for():
    cloud = generate(9, 50, 1, pinned_ratio=1.0)
    zones = cloud.zones()
    assert all(server.pinned_zone == zones[server.host] for server in cloud.servers)


@pytest.mark.parametrize(
    ("hosts", "servers", "message"),
    [
        (0, 1, "expected 1 to 10000 hosts and 0 to 200000 servers, found 0 hosts and 1 servers"),
        (1, -1, "expected 1 to 10000 hosts and 0 to 200000 servers"),
        (999999999, 1, "found 999999999 hosts"),
        (1, 200001, "found 1 hosts and 200001 servers"),
        (1, 10000, "1 hosts take 49 servers of this seed, not 10000: ask for more hosts"),
    ],
)
def test_numbers_that_cannot_be_met_are_refused(hosts, servers, message):
    with pytest.raises(ValueError, match=message):
        generate(hosts, servers, 1)


def test_a_generated_cloud_survives_its_file(tmp_path):
    cloud = generate(5, 40, 7, pinned_ratio=0.5)
    snapshot_file.write(cloud, tmp_path / "cloud.json")
    assert snapshot_file.read(tmp_path / "cloud.json") == cloud
