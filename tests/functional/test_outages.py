# SPDX-License-Identifier: Apache-2.0
"""The broker, Nova or Keystone down at start or in the middle: a defined outcome for each."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import pytest

from tests.functional.deployment import wait_for
from tests.functional.proxy import Proxy

#: An answer that waits for a broker would take minutes.
PROMPT_S = 30


@pytest.fixture
def broker(deployment, rabbit):
    """Put a forwarder between the deployment and RabbitMQ that the test can cut."""
    parts = urlsplit(rabbit)
    proxy = Proxy((parts.hostname, parts.port))
    address = f"{parts.username}:{parts.password}@127.0.0.1:{proxy.port}{parts.path}"
    deployment.transport = f"rabbit://{address}"
    yield proxy
    proxy.close()


def test_audit_accepted_while_the_broker_was_down_runs(deployment, broker):
    deployment.start().wait_until_active()
    broker.cut()
    began = time.monotonic()
    audit = deployment.create_audit()
    assert time.monotonic() - began < PROMPT_S
    deployment.wait_state("audits", audit["uuid"], "SUCCEEDED")
    (plan,) = deployment.plans(audit["uuid"])
    deployment.post(f"/v1/action_plans/{plan['uuid']}/start")
    deployment.wait_state("action_plans", plan["uuid"], "SUCCEEDED")
    event = deployment.create_audit(audit_type="EVENT")
    deployment.post(f"/v1/webhooks/{event['uuid']}")
    deployment.wait_state("audits", event["uuid"], "SUCCEEDED")


def test_daemons_started_without_a_broker_work_and_answer_when_it_is_back(deployment, broker):
    broker.cut()
    deployment.start().wait_until_active()
    audit = deployment.create_audit()
    deployment.wait_state("audits", audit["uuid"], "SUCCEEDED")
    broker.mend()
    deployment.wait_until_engine_answers()


def test_audit_fails_readably_while_nova_is_down_and_the_next_one_succeeds(deployment):
    deployment.start().wait_until_active()
    deployment.fault(kind="error", path="/compute", status=503)
    audit = deployment.create_audit(
        goal="cluster_maintaining",
        strategy="host_maintenance",
        parameters={"maintenance_node": "nobody"},
    )
    failed = deployment.wait_state("audits", audit["uuid"], "FAILED")
    assert "503" in failed["status_message"]
    assert deployment.alive("watcher-decision-engine")


def test_daemons_started_without_a_cloud_report_in_and_fail_what_needs_it(deployment):
    deployment.authentication = False
    deployment.upgrade_database()
    deployment.start("watcher-api", "watcher-decision-engine", "watcher-applier")
    deployment.wait_until_active()
    values = {"goal": "cluster_maintaining", "strategy": "host_maintenance"}
    audit = deployment.create_audit(**values, parameters={"maintenance_node": "host-001"})
    failed = deployment.wait_state("audits", audit["uuid"], "FAILED")
    assert failed["status_message"]
    dummy = deployment.create_audit()
    deployment.wait_state("audits", dummy["uuid"], "SUCCEEDED", "FAILED")

    deployment.start_cloud()
    host, _servers = deployment.fullest_host()
    again = deployment.create_audit(**values, parameters={"maintenance_node": host})
    deployment.wait_state("audits", again["uuid"], "SUCCEEDED")


def test_action_fails_with_novas_reason_when_nova_goes_down_in_the_middle(deployment):
    # Still under way when the cloud ends.
    deployment.cloud_arguments += ["--migration-seconds", "600"]
    deployment.start().wait_until_active()
    source, _servers = deployment.fullest_host()
    audit = deployment.create_audit(
        goal="cluster_maintaining",
        strategy="host_maintenance",
        parameters={"maintenance_node": source},
    )
    deployment.wait_state("audits", audit["uuid"], "SUCCEEDED")
    (plan,) = deployment.plans(audit["uuid"])
    deployment.post(f"/v1/action_plans/{plan['uuid']}/start")
    wait_for(
        "a migration runs",
        lambda: any(
            a["state"] == "ONGOING" and a["action_type"] == "migrate"
            for a in deployment.actions(plan["uuid"])
        ),
    )
    deployment.kill("watcher-simulator")
    deployment.authentication = False
    deployment.terminate("watcher-api")
    deployment.start("watcher-api")
    ended = deployment.wait_state("action_plans", plan["uuid"], "FAILED", timeout_s=300)
    assert ended["state"] == "FAILED"
    failed = [a for a in deployment.actions(plan["uuid"]) if a["state"] == "FAILED"]
    assert failed
    assert all(action["status_message"] for action in failed)
