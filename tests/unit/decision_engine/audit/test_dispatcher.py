# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from tests.unit.decision_engine.conftest import ME, NOW, PEER
from watcher.decision_engine.audit import backlog
from watcher.domain.draft import Draft
from watcher.lifecycle import action_plans, audits

RAN = ("SUCCEEDED", ME)


def an_ongoing_plan(engine) -> None:
    audit = engine.run(engine.audit())
    (plan,) = engine.plans(audit)
    engine.write("action_plans", plan.uuid, state="ONGOING")


def state(engine, audit) -> tuple[str, str | None]:
    found = engine.read(audit.uuid)
    return found.state, found.hostname


def test_the_sweep_finds_what_no_message_brought(engine):
    oneshot = engine.audit()
    triggered = engine.audit(audit_type="EVENT", next_run_time=NOW)
    again = engine.audit(audit_type="EVENT", state="SUCCEEDED", next_run_time=NOW)
    engine.dispatcher.sweep()
    engine.pool.run_all()
    assert [state(engine, one) for one in (oneshot, triggered, again)] == [RAN] * 3


def test_the_sweep_leaves_everything_else_alone(engine):
    left = [
        engine.audit(audit_type="EVENT"),
        engine.audit(audit_type="CONTINUOUS", interval="60"),
        engine.audit(state="CANCELLED"),
        engine.audit(state="ONGOING", hostname=PEER),
    ]
    before = [state(engine, one) for one in left]
    engine.dispatcher.sweep()
    engine.pool.run_all()
    assert [state(engine, one) for one in left] == before


def test_a_sweep_costs_two_statements_whatever_it_finds(engine):
    for _ in range(20):
        engine.audit()
    engine.statements.clear()
    engine.dispatcher.sweep()
    assert len([one for one in engine.statements if one.startswith("SELECT")]) == 2


def test_a_doubled_message_runs_an_audit_once(engine):
    audit = engine.audit()
    for _ in range(2):
        engine.dispatcher.trigger(engine.context, audit.uuid, told=True)
    engine.pool.run_all()
    engine.dispatcher.trigger(engine.context, audit.uuid, told=True)
    engine.pool.run_all()
    assert len(engine.plans(audit)) == 1


def test_a_message_about_an_unknown_audit_does_nothing(engine):
    engine.dispatcher.trigger(engine.context, "00000000-0000-4000-8000-000000000000")
    engine.pool.run_all()


def test_a_message_makes_an_event_audit_run_that_is_not_marked(engine):
    audit = engine.audit(audit_type="EVENT")
    engine.dispatcher.trigger(engine.context, audit.uuid, told=True)
    engine.pool.run_all()
    assert state(engine, audit) == RAN


def test_a_triggered_event_audit_runs_once_for_its_webhook(engine):
    audit = audits.trigger(engine.context, engine.audit(audit_type="EVENT"))
    assert engine.run(audit).state == "SUCCEEDED"
    engine.dispatcher.sweep()
    engine.pool.run_all()
    assert len(engine.plans(audit)) == 1


def test_an_ongoing_plan_cancels_a_oneshot_audit(engine):
    an_ongoing_plan(engine)
    audit = engine.run(engine.audit())
    assert (audit.state, audit.status_message) == ("CANCELLED", None)


def test_force_runs_beside_an_ongoing_plan(engine):
    an_ongoing_plan(engine)
    assert engine.run(engine.audit(force=True)).state == "SUCCEEDED"


def test_an_event_audit_waits_for_the_end_of_an_ongoing_plan(engine):
    an_ongoing_plan(engine)
    audit = audits.trigger(engine.context, engine.audit(audit_type="EVENT"))
    assert engine.run(audit).state == "PENDING"
    engine.write("action_plans", action_plan_of(engine), state="SUCCEEDED")
    engine.dispatcher.sweep()
    engine.pool.run_all()
    assert state(engine, audit) == RAN


def action_plan_of(engine) -> str:
    found = backlog.ongoing_plan()
    assert found is not None
    return found


@pytest.mark.parametrize("audit_type", ["ONESHOT", "EVENT"])
def test_an_audit_that_this_host_left_behind_runs_again(engine, audit_type):
    audit = engine.audit(audit_type=audit_type, state="ONGOING", hostname=ME)
    engine.dispatcher.sweep()
    engine.pool.run_all()
    assert state(engine, audit) == RAN
    assert len(engine.plans(audit)) == 1


def test_an_audit_that_stopped_the_engine_twice_fails(engine):
    audit = engine.audit(state="ONGOING", hostname=ME)
    audits.take_over(engine.context, audit, ME)
    engine.dispatcher.sweep()
    engine.pool.run_all()
    found = engine.read(audit.uuid)
    assert found.state == "FAILED"
    assert ME in found.status_message


def test_an_audit_that_has_its_plan_already_is_only_finished(engine, own_strategy):
    audit = engine.audit()
    claimed = audits.claim(engine.context, audit.uuid, ME)
    plan = action_plans.create(engine.context, claimed.id, ME, Draft("dummy"))
    own_strategy(lambda self: self.no_such_attribute)
    engine.dispatcher.sweep()
    engine.pool.run_all()
    assert state(engine, audit) == RAN
    assert [one.uuid for one in engine.plans(audit)] == [plan.uuid]


def test_the_audits_of_a_dead_peer_are_taken_over(engine):
    audit = engine.audit(state="ONGOING", hostname=PEER)
    assert engine.dispatcher.take_over(engine.context, PEER) == 1
    engine.pool.run_all()
    assert state(engine, audit) == RAN
    assert engine.dispatcher.take_over(engine.context, PEER) == 0


def test_an_audit_that_runs_here_is_not_taken_over(engine, own_strategy):
    audit = engine.audit()
    own_strategy(lambda self: engine.dispatcher.sweep())
    assert engine.run(audit).state == "SUCCEEDED"
    assert "audit.update ONGOING->FAILED" not in engine.bus.story


@pytest.mark.parametrize("audit_type", ["ONESHOT", "EVENT"])
def test_an_audit_that_a_user_made_ongoing_is_left_alone(engine, audit_type):
    audit = engine.audit(audit_type=audit_type)
    made = audits.update(engine.context, audit, {"state": "ONGOING"})
    suspended = audits.update(engine.context, made, {"state": "SUSPENDED"})
    for seen in (made, audits.update(engine.context, suspended, {"state": "ONGOING"})):
        engine.dispatcher.sweep()
        engine.dispatcher.trigger(engine.context, audit.uuid, told=True)
        engine.pool.run_all()
        found = engine.read(audit.uuid)
        assert (found.state, found.hostname, engine.plans(audit)) == (seen.state, None, [])


def test_a_oneshot_audit_that_a_user_suspends_and_resumes_is_run_to_its_end(engine, own_strategy):
    audit = engine.audit()

    def suspend(_strategy):
        audits.update(engine.context, engine.read(audit.uuid), {"state": "SUSPENDED"})

    own_strategy(suspend)
    assert engine.run(audit).state == "SUSPENDED"
    own_strategy(lambda self: None)
    audits.update(engine.context, engine.read(audit.uuid), {"state": "ONGOING"})
    engine.dispatcher.sweep()
    engine.pool.run_all()
    assert state(engine, audit) == RAN
    assert len(engine.plans(audit)) == 1


@pytest.mark.parametrize("new", ["EVENT", "ONESHOT"])
def test_a_continuous_audit_that_becomes_another_while_it_waits_is_not_run(engine, new):
    waiting = {"state": "ONGOING", "hostname": ME, "next_run_time": NOW.replace(tzinfo=None)}
    audit = engine.audit(audit_type="CONTINUOUS", interval="60", **waiting)
    audits.update(engine.context, audit, {"audit_type": new})
    engine.dispatcher.sweep()
    engine.pool.run_all()
    assert engine.plans(audit) == []


def test_a_continuous_audit_that_becomes_another_during_its_run_ends_with_it(engine, own_strategy):
    audit = engine.audit(audit_type="CONTINUOUS", interval="60")

    def change(_strategy):
        audits.update(engine.context, engine.read(audit.uuid), {"audit_type": "ONESHOT"})

    own_strategy(change)
    engine.dispatcher.run_due(engine.context, audit)
    engine.pool.run_all()
    assert state(engine, audit) == RAN
    assert len(engine.plans(audit)) == 1
