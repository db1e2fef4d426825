# SPDX-License-Identifier: Apache-2.0
"""Daemons killed in the middle of their work: it is finished or truthfully failed, never twice."""

from __future__ import annotations

import signal

from tests.functional.deployment import wait_for

#: Longer than any test waits; the daemon that waits for it is killed.
NEVER_S = 600


def drain(deployment, *, before=lambda: None, **values):
    """Create an audit that drains the fullest host; return it, the host and its servers."""
    source, servers = deployment.fullest_host()
    before()
    audit = deployment.create_audit(
        goal="cluster_maintaining",
        strategy="host_maintenance",
        parameters={"maintenance_node": source},
        **values,
    )
    return audit, source, servers


def moves_of(deployment, server):
    """Return Nova's migration records of a server."""
    found = deployment.nova("/os-migrations")["migrations"]
    return [item for item in found if item["instance_uuid"] == server]


def held(deployment):
    """Let a drain of the fullest host last until its applier has ended.

    A request to move one of the servers is never answered: whoever looks at the plan in between,
    however late, finds it running.  To be mended before the next applier starts.
    """
    _source, servers = deployment.fullest_host()
    path = f"/servers/{servers[-1]}/action"
    deployment.fault(kind="latency", path=path, seconds=NEVER_S, count=1)


def wait_for_a_move(deployment, servers):
    """Wait until Nova moves one of the servers."""

    def moved():
        found = deployment.nova("/os-migrations")["migrations"]
        return [item for item in found if item["instance_uuid"] in servers]

    wait_for("Nova moves a server", moved, every_s=0.1)


def test_killed_decision_engine_finishes_its_audit_after_restart(deployment):
    deployment.start().wait_until_active()
    audit, _source, servers = drain(
        deployment,
        before=lambda: deployment.fault(kind="latency", path="/servers/detail", seconds=NEVER_S),
    )
    deployment.wait_state("audits", audit["uuid"], "ONGOING")
    deployment.kill("watcher-decision-engine")
    deployment.mend()
    assert deployment.get(f"/v1/audits/{audit['uuid']}")["state"] == "ONGOING"

    deployment.start("watcher-decision-engine")
    deployment.wait_state("audits", audit["uuid"], "SUCCEEDED")
    (plan,) = deployment.plans(audit["uuid"])
    actions = deployment.actions(plan["uuid"])
    assert sum(action["action_type"] == "migrate" for action in actions) == len(servers)


def test_killed_applier_finishes_its_plan_and_moves_no_server_twice(deployment):
    deployment.cloud_arguments += ["--migration-seconds", "2"]
    deployment.start().wait_until_active()
    held(deployment)
    audit, source, servers = drain(deployment)
    deployment.wait_state("audits", audit["uuid"], "SUCCEEDED")
    (plan,) = deployment.plans(audit["uuid"])
    deployment.post(f"/v1/action_plans/{plan['uuid']}/start")
    wait_for_a_move(deployment, servers)
    deployment.kill("watcher-applier")
    deployment.mend()
    assert deployment.get(f"/v1/action_plans/{plan['uuid']}")["state"] == "ONGOING"

    deployment.start("watcher-applier")
    deployment.wait_state("action_plans", plan["uuid"], "SUCCEEDED", timeout_s=240)
    assert deployment.servers_on(source) == []
    assert [len(moves_of(deployment, server)) for server in servers] == [1] * len(servers)


def test_plan_started_while_no_applier_ran_is_executed_once(deployment):
    deployment.start().wait_until_active()
    deployment.kill("watcher-applier")
    audit, _source, servers = drain(deployment, auto_trigger=True)
    deployment.wait_state("audits", audit["uuid"], "SUCCEEDED")
    (plan,) = deployment.plans(audit["uuid"])
    assert plan["state"] == "PENDING"
    deployment.start("watcher-applier")
    deployment.wait_state("action_plans", plan["uuid"], "SUCCEEDED", timeout_s=240)
    assert [len(moves_of(deployment, server)) for server in servers] == [1] * len(servers)


def test_applier_stopped_gracefully_in_a_long_action_resumes_the_plan(deployment):
    deployment.start().wait_until_active()
    actions = [
        {"action_type": "sleep", "input_parameters": {"duration": 15}},
        {"action_type": "nop", "input_parameters": {"message": "after"}},
    ]
    audit = deployment.create_audit(
        goal="unclassified",
        strategy="actuator",
        parameters={"actions": actions},
        auto_trigger=True,
    )
    deployment.wait_state("audits", audit["uuid"], "SUCCEEDED")
    (plan,) = deployment.plans(audit["uuid"])
    deployment.wait_state("action_plans", plan["uuid"], "ONGOING")
    deployment.terminate("watcher-applier")
    deployment.start("watcher-applier")
    deployment.wait_state("action_plans", plan["uuid"], "SUCCEEDED")


def test_daemons_stop_cleanly_on_sigterm(deployment):
    deployment.start().wait_until_active()
    for name in ("watcher-applier", "watcher-decision-engine", "watcher-api"):
        assert deployment.terminate(name) in (0, -signal.SIGTERM), deployment.log(name)
        assert "Traceback" not in deployment.log(name)
