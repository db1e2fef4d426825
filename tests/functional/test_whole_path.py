# SPDX-License-Identifier: Apache-2.0
"""The main job with the client that operators use: a host drained by live migration."""

from __future__ import annotations

import re

from tests.functional.deployment import wait_for
from tests.functional.proxy import Proxy


def test_openstack_optimize_drains_a_host(deployment):
    deployment.start().wait_until_active()
    source, servers = deployment.fullest_host()
    assert servers

    template = deployment.openstack(
        "optimize", "audittemplate", "create", "drain", "cluster_maintaining",
        "-s", "host_maintenance", "-f", "json",
    )  # fmt: skip
    audit = deployment.openstack(
        "optimize", "audit", "create", "-a", template["UUID"],
        "-p", f"maintenance_node={source}", "-f", "json",
    )  # fmt: skip
    deployment.wait_state("audits", audit["UUID"], "SUCCEEDED")
    (plan,) = deployment.openstack(
        "optimize", "actionplan", "list", "--audit", audit["UUID"], "-f", "json"
    )
    assert plan["State"] == "RECOMMENDED"
    deployment.openstack("optimize", "actionplan", "start", plan["UUID"])
    deployment.wait_state("action_plans", plan["UUID"], "SUCCEEDED", timeout_s=240)

    actions = deployment.openstack(
        "optimize", "action", "list", "--action-plan", plan["UUID"], "-f", "json"
    )
    moved = [action for action in actions if action["Action"] == "migrate"]
    assert len(moved) == len(servers)
    assert {action["State"] for action in actions} == {"SUCCEEDED"}
    assert deployment.servers_on(source) == []
    services = deployment.nova("/os-services?binary=nova-compute")["services"]
    assert {s["status"] for s in services if s["host"] == source} == {"disabled"}


def test_servers_are_stopped_when_neither_migration_is_allowed(deployment):
    deployment.start().wait_until_active()
    source, servers = deployment.fullest_host()
    allowed = {"disable_live_migration": True, "disable_cold_migration": True}
    audit = deployment.create_audit(
        goal="cluster_maintaining",
        strategy="host_maintenance",
        parameters={"maintenance_node": source, **allowed},
        auto_trigger=True,
    )
    deployment.wait_state("audits", audit["uuid"], "SUCCEEDED")
    (plan,) = deployment.plans(audit["uuid"])
    deployment.wait_state("action_plans", plan["uuid"], "SUCCEEDED", timeout_s=240)
    actions = deployment.actions(plan["uuid"])
    assert {action["state"] for action in actions} == {"SUCCEEDED"}
    assert {action["action_type"] for action in actions} == {"change_nova_service_state", "stop"}
    assert deployment.servers_on(source) == servers
    found = deployment.nova("/servers/detail?all_tenants=True")["servers"]
    assert {item["status"] for item in found if item["id"] in servers} == {"SHUTOFF"}


def test_auto_triggered_plan_runs_by_itself(deployment):
    deployment.start().wait_until_active()
    audit = deployment.create_audit(auto_trigger=True, parameters={"para1": 1.0, "para2": "x"})
    deployment.wait_state("audits", audit["uuid"], "SUCCEEDED")
    (plan,) = deployment.plans(audit["uuid"])
    deployment.wait_state("action_plans", plan["uuid"], "SUCCEEDED")
    assert [a["state"] for a in deployment.actions(plan["uuid"])] == ["SUCCEEDED"] * 3


def test_a_running_plan_is_cancelled_between_actions(deployment):
    deployment.start().wait_until_active()
    actions = [
        {"action_type": "sleep", "input_parameters": {"duration": seconds}}
        for seconds in (15, 4, 5)
    ]
    audit = deployment.create_audit(
        goal="unclassified", strategy="actuator", parameters={"actions": actions}
    )
    deployment.wait_state("audits", audit["uuid"], "SUCCEEDED")
    (plan,) = deployment.plans(audit["uuid"])
    deployment.post(f"/v1/action_plans/{plan['uuid']}/start")
    wait_for(
        "the first action runs",
        lambda: "ONGOING" in [a["state"] for a in deployment.actions(plan["uuid"])],
    )
    body = [{"op": "replace", "path": "/state", "value": "CANCELLING"}]
    status, document = deployment.request("PATCH", f"/v1/action_plans/{plan['uuid']}", body)
    assert status == 200, document
    deployment.wait_state("action_plans", plan["uuid"], "CANCELLED")
    states = sorted(action["state"] for action in deployment.actions(plan["uuid"]))
    assert states == ["CANCELLED", "CANCELLED", "SUCCEEDED"]


def test_nova_is_told_whose_request_it_works_for(deployment):
    """The id that a client gives its request goes over the bus and on to Nova."""
    ours = "req-11111111-2222-3333-4444-555555555555"
    nova = Proxy(("127.0.0.1", deployment.cloud_port))
    nova.sent = bytearray()
    url = f"http://127.0.0.1:{nova.port}/compute/v2.1"
    deployment.extra = f"[nova]\nendpoint_override = {url}"
    try:
        deployment.start().wait_until_active()
        source, _servers = deployment.fullest_host()
        audit = deployment.create_audit(
            goal="cluster_maintaining",
            strategy="host_maintenance",
            parameters={"maintenance_node": source},
        )
        deployment.wait_state("audits", audit["uuid"], "SUCCEEDED")
        (plan,) = deployment.plans(audit["uuid"])
        status, document = deployment.request(
            "POST",
            f"/v1/action_plans/{plan['uuid']}/start",
            {},
            **{"X-OpenStack-Request-ID": ours},
        )
        assert status == 200, document
        deployment.wait_state("action_plans", plan["uuid"], "SUCCEEDED", timeout_s=240)
    finally:
        nova.close()
    moves = re.findall(
        rb"POST /compute/v2.1/servers/[^ ]*/action .*?\r\n\r\n", nova.sent, re.DOTALL
    )
    assert moves
    assert all(f"X-OpenStack-Request-ID: {ours}".encode() in move for move in moves)
