# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from watcher.common import exception
from watcher.decision_engine.strategy.strategies.host_maintenance import Parameters, plan
from watcher.domain.snapshot import Host, Server, Snapshot

REASON = "watcher_maintaining"


def a_cloud(**backup) -> Snapshot:
    hosts = [
        Host("h1", "cmp1", vcpus=8, memory_mib=8192),
        Host("h2", "cmp2", **{"vcpus": 4, "memory_mib": 4096, "disk_gib": 1000, **backup}),
        Host("h3", "cmp3", vcpus=8, memory_mib=8192),
    ]
    servers = [
        Server("s1", "vm1", "active", 2, 2048, 500, host="cmp1"),
        Server("s2", "vm2", "stopped", 2, 2048, 500, host="cmp1", excluded=True),
    ]
    return Snapshot.of(hosts, servers)


def told(steps) -> list[tuple]:
    return [
        (
            one.input_parameters.get("state")
            or one.input_parameters.get("migration_type")
            or one.action_type,
            one.resource_id,
            one.input_parameters.get("destination_node"),
        )
        for one in steps
    ]


DISABLE = ("disabled", "h1", None)


@pytest.mark.parametrize(
    ("no_live", "no_cold", "expected"),
    [
        (False, False, [("live", "s1", None), ("cold", "s2", None)]),
        (True, False, [("cold", "s1", None), ("cold", "s2", None)]),
        (False, True, [("live", "s1", None)]),
        (True, True, [("stop", "s1", None)]),
    ],
)
def test_the_state_of_a_server_decides_what_happens_to_it(no_live, no_cold, expected):
    given = Parameters("cmp1", None, no_live, no_cold)
    assert told(plan(a_cloud(), given, REASON)) == [DISABLE, *expected]


def test_a_backup_that_just_fits_takes_all():
    assert told(plan(a_cloud(), Parameters("cmp1", "cmp2"), REASON)) == [
        DISABLE,
        ("live", "s1", "cmp2"),
        ("cold", "s2", "cmp2"),
    ]


@pytest.mark.parametrize(
    "small",
    [
        {"vcpus": 3},
        {"memory_mib": 4095},
        {"disk_gib": 999},
        {"vcpu_reserved": 1},
        {"state": "down"},
    ],
)
def test_a_backup_without_room_leaves_the_choice_to_the_scheduler(small):
    steps = told(plan(a_cloud(**small), Parameters("cmp1", "cmp2"), REASON))
    assert steps == [DISABLE, ("live", "s1", None), ("cold", "s2", None)]


def test_a_disabled_backup_is_enabled_first():
    steps = told(plan(a_cloud(status="disabled"), Parameters("cmp1", "cmp2"), REASON))
    assert steps[:2] == [("enabled", "h2", None), DISABLE]


def test_a_disabled_backup_without_room_stays_disabled():
    steps = plan(a_cloud(status="disabled", vcpus=1), Parameters("cmp1", "cmp2"), REASON)
    assert told(steps)[0] == DISABLE


def test_an_empty_host_is_only_disabled():
    assert told(plan(a_cloud(), Parameters("cmp3", "cmp2"), REASON)) == [("disabled", "h3", None)]


def test_a_host_that_is_in_maintenance_already_is_not_disabled_again():
    empty = Host("h", "cmp", status="disabled", disabled_reason=REASON)
    assert plan(Snapshot.of([empty]), Parameters("cmp"), REASON) == []
    server = Server("s", "vm", host="cmp")
    assert told(plan(Snapshot.of([empty], [server]), Parameters("cmp"), REASON)) == [
        ("live", "s", None)
    ]


def test_a_host_that_is_disabled_for_another_reason_gets_ours():
    host = Host("h", "cmp", status="disabled", disabled_reason="broken fan")
    steps = plan(Snapshot.of([host]), Parameters("cmp"), REASON)
    assert steps[0].input_parameters["disabled_reason"] == REASON


@pytest.mark.parametrize("given", [Parameters("nope"), Parameters("cmp1", "nope")])
def test_an_unknown_host_is_named(given):
    with pytest.raises(exception.ComputeNodeNotFound, match="nope"):
        plan(a_cloud(), given, REASON)


def test_a_host_cannot_be_its_own_backup():
    with pytest.raises(exception.InvalidParameter):
        plan(a_cloud(), Parameters("cmp1", "cmp1"), REASON)
