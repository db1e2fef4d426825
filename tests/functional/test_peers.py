# SPDX-License-Identifier: Apache-2.0
"""Several daemons of a kind on one database: what one leaves, another finishes, and only once."""

from __future__ import annotations

import collections

import pytest

from tests.functional.deployment import wait_for
from tests.functional.test_crash import drain, held, moves_of, wait_for_a_move

APPLIER, ENGINE = "watcher-applier", "watcher-decision-engine"
#: Heartbeats that are waited for, and how long: without the early death they would take longer.
BEATS, EARLY_S = 3, 80
#: How long an engine looks at the cloud before it is killed; a peer may look, too, meanwhile.
LOOK_S = 20


@pytest.fixture
def peers(deployment):
    """Two engines and two appliers that notice each other's death within seconds."""
    deployment.extra = "[DEFAULT]\nservice_down_time = 15"
    deployment.cloud_arguments += ["--migration-seconds", "3"]
    deployment.start()
    deployment.start_peer(ENGINE, "peer-host")
    deployment.start_peer(APPLIER, "peer-host")
    wait_for("four daemons are ACTIVE", lambda: statuses(deployment).count("ACTIVE") == 4)
    return deployment


def statuses(deployment):
    """Return what the API says of the daemons."""
    return [service["status"] for service in deployment.get("/v1/services")["services"]]


def migrating(deployment, plan):
    """Tell whether a migration of a plan runs."""
    return any(
        action["state"] == "ONGOING" and action["action_type"] == "migrate"
        for action in deployment.actions(plan["uuid"])
    )


def daemon_of(name, host):
    """Return the name in the deployment of the daemon of a host."""
    return name if host == "test-host" else f"{name}@{host}"


def test_idle_daemons_stay_active_when_death_is_noticed_early(peers):
    seen, beats = [], collections.defaultdict(set)

    def look():
        seen.append(statuses(peers))
        for service in peers.get("/v1/services/detail")["services"]:
            beats[service["id"]].add(service["last_seen_up"])
        return all(len(each) > BEATS for each in beats.values())

    wait_for("all daemons have reported in some times", look, timeout_s=EARLY_S, every_s=0.5)
    assert all(look.count("ACTIVE") == 4 for look in seen)


def test_plan_of_a_killed_applier_is_finished_by_its_peer_and_no_server_moves_twice(peers):
    held(peers)
    audit, source, servers = drain(peers)
    peers.wait_state("audits", audit["uuid"], "SUCCEEDED")
    (plan,) = peers.plans(audit["uuid"])
    peers.post(f"/v1/action_plans/{plan['uuid']}/start")
    wait_for_a_move(peers, servers)
    owner = peers.get(f"/v1/action_plans/{plan['uuid']}")["hostname"]
    peers.kill(daemon_of(APPLIER, owner))
    peers.mend()
    ended = peers.wait_state("action_plans", plan["uuid"], "SUCCEEDED", "FAILED", timeout_s=240)
    assert ended["state"] == "SUCCEEDED"
    assert ended["hostname"] != owner
    assert peers.servers_on(source) == []
    assert [len(moves_of(peers, server)) for server in servers] == [1] * len(servers)


def test_audit_of_a_killed_engine_is_run_by_its_peer_and_planned_once(peers):
    audit, _source, servers = drain(
        peers,
        before=lambda: peers.fault(kind="latency", path="/servers/detail", seconds=LOOK_S),
    )
    owner = peers.wait_state("audits", audit["uuid"], "ONGOING")["hostname"]
    peers.kill(daemon_of(ENGINE, owner))
    peers.mend()
    ended = peers.wait_state("audits", audit["uuid"], "SUCCEEDED", "FAILED", timeout_s=240)
    assert ended["state"] == "SUCCEEDED"
    (plan,) = peers.plans(audit["uuid"])
    actions = peers.actions(plan["uuid"])
    assert sum(action["action_type"] == "migrate" for action in actions) == len(servers)


def test_plan_is_run_once_when_the_old_worker_outlives_the_restart(deployment):
    deployment.cloud_arguments += ["--migration-seconds", "3"]
    deployment.start().wait_until_active()
    audit, source, servers = drain(deployment)
    deployment.wait_state("audits", audit["uuid"], "SUCCEEDED")
    (plan,) = deployment.plans(audit["uuid"])
    deployment.post(f"/v1/action_plans/{plan['uuid']}/start")
    wait_for("a migration runs", lambda: migrating(deployment, plan))
    deployment.kill_master(APPLIER)
    deployment.start(APPLIER)
    deployment.wait_state("action_plans", plan["uuid"], "SUCCEEDED", timeout_s=240)
    assert deployment.servers_on(source) == []
    assert [len(moves_of(deployment, server)) for server in servers] == [1] * len(servers)


def test_audit_is_planned_once_when_the_old_worker_outlives_the_restart(deployment):
    deployment.start().wait_until_active()
    audit, _source, _servers = drain(
        deployment,
        before=lambda: deployment.fault(kind="latency", path="/servers/detail", seconds=LOOK_S),
    )
    deployment.wait_state("audits", audit["uuid"], "ONGOING")
    left = deployment.kill_master(ENGINE)
    deployment.mend()
    deployment.start(ENGINE)
    deployment.wait_state("audits", audit["uuid"], "SUCCEEDED")
    deployment.wait_for_workers(left)
    assert len(deployment.plans(audit["uuid"])) == 1
