# SPDX-License-Identifier: Apache-2.0
"""A cloud that accepts connections and does not answer: everything has an end, told truthfully."""

from __future__ import annotations

import signal
import time

import pytest

from tests.functional.deployment import wait_for
from tests.functional.test_crash import drain, moves_of

CLOUD = "watcher-simulator"
#: What the clients wait for an answer: enough for a cloud that is merely slow.
TIMEOUT_S = 5
#: Longer than that, and shorter than what actions wait for a Nova that is away.
HANG_S = 12
LATE_S = 7
LONGEST_S = 240

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def impatient(deployment):
    """A deployment whose clients wait a few seconds for an answer."""
    deployment.authentication = False
    limit = f"timeout = {TIMEOUT_S}"
    deployment.extra = f"{limit}\n[nova]\n{limit}\n[placement]\n{limit}"
    deployment.cloud_arguments += ["--migration-seconds", "2"]
    return deployment.start()


def begun(deployment, plan):
    """Wait until a migration of a plan runs."""
    wait_for(
        "a migration runs",
        lambda: any(
            action["state"] == "ONGOING" and action["action_type"] == "migrate"
            for action in deployment.actions(plan["uuid"])
        ),
        every_s=0.05,
    )


def a_drain_begun(deployment):
    """Start a drain; return its plan, the host and its servers."""
    audit, source, servers = drain(deployment)
    deployment.wait_state("audits", audit["uuid"], "SUCCEEDED")
    (plan,) = deployment.plans(audit["uuid"])
    deployment.post(f"/v1/action_plans/{plan['uuid']}/start")
    return plan, source, servers


def test_audit_fails_readably_while_nova_hangs(impatient):
    impatient.wait_until_active()
    source, _servers = impatient.fullest_host()
    impatient.signal(CLOUD, signal.SIGSTOP)
    try:
        audit = impatient.create_audit(
            goal="cluster_maintaining",
            strategy="host_maintenance",
            parameters={"maintenance_node": source},
        )
        failed = impatient.wait_state("audits", audit["uuid"], "FAILED", timeout_s=LONGEST_S)
        assert failed["status_message"]
        assert impatient.terminate("watcher-decision-engine") in (0, -signal.SIGTERM)
    finally:
        impatient.signal(CLOUD, signal.SIGCONT)


def test_plan_goes_on_when_nova_hangs_for_a_while(impatient):
    impatient.wait_until_active()
    plan, source, servers = a_drain_begun(impatient)
    begun(impatient, plan)
    impatient.signal(CLOUD, signal.SIGSTOP)
    time.sleep(HANG_S)
    impatient.signal(CLOUD, signal.SIGCONT)
    impatient.wait_state("action_plans", plan["uuid"], "SUCCEEDED", timeout_s=LONGEST_S)
    assert impatient.servers_on(source) == []
    assert [len(moves_of(impatient, server)) for server in servers] == [1] * len(servers)


def test_migration_that_nova_begins_without_answering_is_followed(impatient):
    impatient.wait_until_active()
    source, _servers = impatient.fullest_host()
    impatient.fault(kind="latency", path="/action", seconds=LATE_S, count=2)
    plan, source, servers = a_drain_begun(impatient)
    ended = impatient.wait_state(
        "action_plans", plan["uuid"], "SUCCEEDED", "FAILED", timeout_s=LONGEST_S
    )
    assert ended["state"] == "SUCCEEDED", impatient.actions(plan["uuid"])
    assert impatient.servers_on(source) == []
    assert [len(moves_of(impatient, server)) for server in servers] == [1] * len(servers)


def test_applier_stops_in_time_while_nova_hangs_and_tells_the_truth_afterwards(impatient):
    impatient.wait_until_active()
    plan, _source, _servers = a_drain_begun(impatient)
    begun(impatient, plan)
    impatient.signal(CLOUD, signal.SIGSTOP)
    try:
        assert impatient.terminate("watcher-applier") in (0, -signal.SIGTERM)
    finally:
        impatient.signal(CLOUD, signal.SIGCONT)
    impatient.start("watcher-applier")
    impatient.wait_state("action_plans", plan["uuid"], "SUCCEEDED", "FAILED", timeout_s=LONGEST_S)
    for action in impatient.actions(plan["uuid"]):
        if action["action_type"] == "migrate":
            moves = moves_of(impatient, action["input_parameters"]["resource_id"])
            assert len(moves) == (action["state"] == "SUCCEEDED"), action
