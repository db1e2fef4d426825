# SPDX-License-Identifier: Apache-2.0
"""Daemons killed at the worst moments: between what was done and the row that says so.

A trigger in the database holds up the write of one state, until the kill has come.
"""

from __future__ import annotations

import contextlib
import json
import uuid

import kombu
import pytest
import sqlalchemy

from tests.functional.deployment import wait_for
from tests.functional.test_crash import drain, moves_of, wait_for_a_move

APPLIER, ENGINE = "watcher-applier", "watcher-decision-engine"
#: At most; less than the daemons wait for an answer of the database.
HELD_UP_S = 15


@contextlib.contextmanager
def held_up(database, table, state):
    """Make each write of a state into a table wait, until the block ends."""
    engine = sqlalchemy.create_engine(database, isolation_level="AUTOCOMMIT")
    condition = f"NEW.state = '{state}' AND OLD.state <> '{state}'"
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(
                f"CREATE TRIGGER held_up BEFORE UPDATE ON {table} FOR EACH ROW "
                f"BEGIN IF {condition} THEN DO SLEEP({HELD_UP_S}); END IF; END"
            )
        yield lambda: _is_sleeping(engine)
        with engine.connect() as connection:
            for number in _sleepers(connection):
                with contextlib.suppress(sqlalchemy.exc.DBAPIError):  # it has ended by itself
                    connection.exec_driver_sql(f"KILL {number}")
            connection.exec_driver_sql("DROP TRIGGER held_up")
    finally:
        engine.dispose()


def _is_sleeping(engine):
    with engine.connect() as connection:
        return _sleepers(connection)


def _sleepers(connection):
    """Return the connections whose write is held up."""
    found = connection.exec_driver_sql(
        "SELECT id FROM information_schema.processlist "
        "WHERE db = DATABASE() AND state = 'User sleep'"
    )
    return list(found.scalars())


def kill_when(deployment, name, is_held_up):
    """Kill a daemon as soon as its write is held up."""
    wait_for("a write is held up", is_held_up, every_s=0.02)
    deployment.kill(name)


def a_plan(deployment, **parameters):
    """Make a plan that drains the fullest host; return it, the host and its servers."""
    source, servers = deployment.fullest_host()
    audit = deployment.create_audit(
        goal="cluster_maintaining",
        strategy="host_maintenance",
        parameters={"maintenance_node": source, **parameters},
    )
    deployment.wait_state("audits", audit["uuid"], "SUCCEEDED")
    (plan,) = deployment.plans(audit["uuid"])
    return plan, source, servers


def moves(deployment, servers):
    """Return how often each server was moved."""
    return [len(moves_of(deployment, server)) for server in servers]


def test_engine_killed_between_the_plan_and_the_end_of_its_audit_makes_no_second_plan(deployment):
    deployment.start().wait_until_active()
    with held_up(deployment.database, "audits", "SUCCEEDED") as is_held_up:
        audit, source, servers = drain(deployment, auto_trigger=True)
        kill_when(deployment, ENGINE, is_held_up)
    assert deployment.get(f"/v1/audits/{audit['uuid']}")["state"] == "ONGOING"
    deployment.start(ENGINE)
    deployment.wait_state("audits", audit["uuid"], "SUCCEEDED")
    (plan,) = deployment.plans(audit["uuid"])
    deployment.wait_state("action_plans", plan["uuid"], "SUCCEEDED", timeout_s=240)
    assert deployment.servers_on(source) == []
    assert moves(deployment, servers) == [1] * len(servers)


@pytest.mark.parametrize("table", ["actions", "action_plans"])
def test_applier_killed_before_it_could_write_a_success_repeats_nothing(deployment, table):
    deployment.start().wait_until_active()
    plan, source, servers = a_plan(deployment)
    with held_up(deployment.database, table, "SUCCEEDED") as is_held_up:
        deployment.post(f"/v1/action_plans/{plan['uuid']}/start")
        kill_when(deployment, APPLIER, is_held_up)
    assert deployment.get(f"/v1/action_plans/{plan['uuid']}")["state"] == "ONGOING"
    deployment.start(APPLIER)
    deployment.wait_state("action_plans", plan["uuid"], "SUCCEEDED", timeout_s=240)
    assert deployment.servers_on(source) == []
    assert moves(deployment, servers) == [1] * len(servers)
    assert {one["state"] for one in deployment.actions(plan["uuid"])} == {"SUCCEEDED"}


def test_applier_killed_while_its_request_is_on_the_way_moves_no_server_twice(deployment):
    deployment.start().wait_until_active()
    plan, source, servers = a_plan(deployment)
    # Shorter than the applier that is started looks for a request that is still on its way.
    late = deployment.fault(kind="latency", path="/action", seconds=6, count=2)
    deployment.post(f"/v1/action_plans/{plan['uuid']}/start")
    deployment.wait_until_met(late)
    deployment.kill(APPLIER)
    deployment.start(APPLIER)
    deployment.wait_state("action_plans", plan["uuid"], "SUCCEEDED", timeout_s=240)
    assert deployment.servers_on(source) == []
    assert moves(deployment, servers) == [1] * len(servers)


def ongoing(deployment, plan, action_type):
    """Tell whether an action of a type runs."""
    return any(
        one["state"] == "ONGOING" and one["action_type"] == action_type
        for one in deployment.actions(plan["uuid"])
    )


def test_cold_migrations_are_confirmed_by_the_applier_that_was_started_again(deployment):
    # Few servers that take long: the kill comes before the first one could be confirmed.
    deployment.cloud_arguments += ["--servers", "8", "--migration-seconds", "6"]
    deployment.start().wait_until_active()
    plan, source, servers = a_plan(deployment, disable_live_migration=True)
    with held_up(deployment.database, "actions", "SUCCEEDED"):
        deployment.post(f"/v1/action_plans/{plan['uuid']}/start")
        wait_for_a_move(deployment, servers)
        deployment.kill(APPLIER)
    verified = {"status": "VERIFY_RESIZE"}
    wait_for("Nova waits for a confirmation", lambda: in_nova(deployment, servers, verified))
    deployment.start(APPLIER)
    deployment.wait_state("action_plans", plan["uuid"], "SUCCEEDED", timeout_s=240)
    assert deployment.servers_on(source) == []
    assert moves(deployment, servers) == [1] * len(servers)
    assert not in_nova(deployment, servers, verified)


def in_nova(deployment, servers, values):
    """Return those of the servers that have these values in Nova."""
    found = deployment.nova("/servers/detail?all_tenants=True")["servers"]
    return [one["id"] for one in found if one["id"] in servers and values.items() <= one.items()]


def test_plan_that_is_cancelled_while_its_applier_is_down_starts_nothing_more(deployment):
    deployment.cloud_arguments += ["--migration-seconds", "4"]
    deployment.start().wait_until_active()
    plan, _source, servers = a_plan(deployment)
    deployment.post(f"/v1/action_plans/{plan['uuid']}/start")
    wait_for_a_move(deployment, servers)
    deployment.kill(APPLIER)
    body = [{"op": "replace", "path": "/state", "value": "CANCELLING"}]
    status, document = deployment.request("PATCH", f"/v1/action_plans/{plan['uuid']}", body)
    assert status == 200, document
    deployment.start(APPLIER)
    deployment.wait_state("action_plans", plan["uuid"], "CANCELLED", timeout_s=240)
    for action in deployment.actions(plan["uuid"]):
        if action["action_type"] == "migrate":
            done = len(moves_of(deployment, action["input_parameters"]["resource_id"]))
            assert (action["state"], done) in (("SUCCEEDED", 1), ("CANCELLED", 0)), action
    assert 0 < sum(moves(deployment, servers)) < len(servers)


def test_plan_cancelled_before_an_applier_came_is_not_run(deployment):
    deployment.start().wait_until_active()
    plan, _source, servers = a_plan(deployment)
    deployment.kill(APPLIER)
    deployment.post(f"/v1/action_plans/{plan['uuid']}/start")
    body = [{"op": "replace", "path": "/state", "value": "CANCELLED"}]
    status, document = deployment.request("PATCH", f"/v1/action_plans/{plan['uuid']}", body)
    assert status == 200, document
    deployment.start(APPLIER)
    # The applier takes what waits in its order: when a later plan has run, it has seen this one.
    later = deployment.create_audit(auto_trigger=True)
    deployment.wait_state("audits", later["uuid"], "SUCCEEDED")
    (its,) = deployment.plans(later["uuid"])
    deployment.wait_state("action_plans", its["uuid"], "SUCCEEDED")
    assert deployment.get(f"/v1/action_plans/{plan['uuid']}")["state"] == "CANCELLED"
    assert moves(deployment, servers) == [0] * len(servers)


def ring(deployment, topic, method, **arguments):
    """Send a doorbell three times as another release would: without marks of our own."""
    topic = f"{deployment.exchange}.{topic}"
    message = {"method": method, "args": arguments, "version": "1.0"}
    with kombu.Connection(deployment.transport.replace("rabbit:", "amqp:")) as connection:
        exchange = kombu.Exchange(deployment.exchange, "topic", durable=False)
        producer = connection.Producer(exchange=exchange, routing_key=topic)
        for _ in range(3):
            body = json.dumps(message | {"_unique_id": uuid.uuid4().hex})
            producer.publish({"oslo.version": "2.0", "oslo.message": body})


def test_doubled_and_late_doorbells_run_nothing_twice(deployment):
    deployment.cloud_arguments += ["--migration-seconds", "2"]
    deployment.start().wait_until_active()
    plan, source, servers = a_plan(deployment)
    audit = deployment.get("/v1/audits/detail")["audits"][0]
    launch, trigger = ("applier", "launch_action_plan"), ("decision", "trigger_audit")

    def heard():
        # Another release launches plans that are RECOMMENDED: no sweep does, so this one is heard.
        # Nothing is kept for an applier that does not listen yet.
        ring(deployment, *launch, action_plan_uuid=plan["uuid"])
        return ongoing(deployment, plan, "migrate")

    wait_for("a move runs", heard, every_s=1)
    ring(deployment, *launch, action_plan_uuid=plan["uuid"])
    ring(deployment, *trigger, audit_uuid=audit["uuid"])
    ring(deployment, *launch, action_plan_uuid=str(uuid.uuid4()))
    deployment.wait_state("action_plans", plan["uuid"], "SUCCEEDED", timeout_s=240)
    ring(deployment, *launch, action_plan_uuid=plan["uuid"])
    # What is rung later is also heard later, so that everything before it has been heard.
    last = deployment.create_audit(auto_trigger=True)
    deployment.wait_state("audits", last["uuid"], "SUCCEEDED")
    (its,) = deployment.plans(last["uuid"])
    deployment.wait_state("action_plans", its["uuid"], "SUCCEEDED")
    assert deployment.get(f"/v1/action_plans/{plan['uuid']}")["state"] == "SUCCEEDED"
    assert len(deployment.plans(audit["uuid"])) == 1
    assert deployment.servers_on(source) == []
    assert moves(deployment, servers) == [1] * len(servers)
