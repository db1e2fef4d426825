# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import datetime

import pytest

from tests.unit.decision_engine.conftest import ME, NOW, PEER
from watcher.decision_engine.audit.continuous import ContinuousAudits

LATER = datetime.timedelta(hours=1)


@pytest.fixture
def continuous(engine):
    return ContinuousAudits(
        engine.dispatcher, lambda _: [ME, PEER], lambda: 10.0, now=lambda: engine.now
    )


def look(engine, continuous) -> None:
    continuous.look()
    engine.pool.run_all()


def naive(moment: datetime.datetime) -> datetime.datetime:
    return moment.replace(tzinfo=None)


def an_audit(engine, **values):
    return engine.audit(**{"audit_type": "CONTINUOUS", "interval": "60", **values})


def test_an_interval_audit_runs_at_the_first_look_and_waits_for_the_next_time(engine, continuous):
    audit = an_audit(engine)
    look(engine, continuous)
    found = engine.read(audit.uuid)
    assert (found.state, found.hostname) == ("ONGOING", ME)
    assert found.next_run_time == naive(NOW + datetime.timedelta(seconds=60))
    assert [plan.state for plan in engine.plans(audit)] == ["RECOMMENDED"]
    look(engine, continuous)
    assert len(engine.plans(audit)) == 1


def test_the_next_run_cancels_the_recommended_plan_of_the_one_before(engine, continuous):
    audit = an_audit(engine)
    look(engine, continuous)
    engine.now += datetime.timedelta(seconds=61)
    look(engine, continuous)
    assert [plan.state for plan in engine.plans(audit)] == ["CANCELLED", "RECOMMENDED"]


def test_a_cron_audit_waits_pending_with_a_time_and_a_host(engine, continuous):
    audit = an_audit(engine, interval="0 4 * * *")
    look(engine, continuous)
    found = engine.read(audit.uuid)
    assert (found.state, found.hostname) == ("PENDING", ME)
    assert found.next_run_time == datetime.datetime(2030, 1, 2, 4)
    engine.now = datetime.datetime(2030, 1, 2, 4, 0, 5, tzinfo=datetime.UTC)
    look(engine, continuous)
    assert engine.read(audit.uuid).state == "ONGOING"
    assert len(engine.plans(audit)) == 1


def test_a_changed_interval_takes_effect_at_the_next_look(engine, continuous):
    audit = an_audit(engine, interval="7200")
    look(engine, continuous)
    engine.write("audits", audit.uuid, interval="20")
    look(engine, continuous)
    expected = naive(NOW + datetime.timedelta(seconds=20))
    assert engine.read(audit.uuid).next_run_time == expected


def test_a_failure_ends_it(engine, continuous, own_strategy):
    own_strategy(lambda self: self.no_such_attribute)
    audit = an_audit(engine)
    look(engine, continuous)
    found = engine.read(audit.uuid)
    assert (found.state, found.next_run_time) == ("FAILED", None)
    assert found.status_message.startswith("Strategy failed")


def test_an_unreadable_interval_ends_it_and_spares_the_others(engine, continuous):
    bad, good = an_audit(engine, interval="soon"), an_audit(engine)
    look(engine, continuous)
    assert engine.read(bad.uuid).state == "FAILED"
    assert "soon" in engine.read(bad.uuid).status_message
    assert engine.read(good.uuid).state == "ONGOING"


def test_it_waits_for_its_start_time(engine, continuous):
    audit = an_audit(engine, start_time=naive(NOW + LATER))
    look(engine, continuous)
    assert (engine.read(audit.uuid).state, engine.plans(audit)) == ("PENDING", [])
    engine.now += 2 * LATER
    look(engine, continuous)
    assert engine.read(audit.uuid).state == "ONGOING"


def test_its_end_time_ends_it_with_success(engine, continuous):
    never_ran = an_audit(engine, end_time=naive(NOW - LATER))
    ran = an_audit(engine, end_time=naive(NOW + LATER))
    look(engine, continuous)
    engine.now += 2 * LATER
    look(engine, continuous)
    assert engine.read(never_ran.uuid).state == "SUCCEEDED"
    assert engine.plans(never_ran) == []
    assert engine.read(ran.uuid).state == "SUCCEEDED"
    assert len(engine.plans(ran)) == 1


def test_an_ongoing_plan_makes_it_wait_for_the_next_time(engine, continuous):
    (plan,) = engine.plans(engine.run(engine.audit()))
    engine.write("action_plans", plan.uuid, state="ONGOING")
    audit = an_audit(engine)
    look(engine, continuous)
    found = engine.read(audit.uuid)
    assert (found.state, found.hostname, engine.plans(audit)) == ("PENDING", ME, [])
    assert found.next_run_time == naive(NOW + datetime.timedelta(seconds=60))


def test_audits_of_a_living_peer_are_left_alone(engine, continuous):
    audit = an_audit(engine, hostname=PEER)
    look(engine, continuous)
    assert (engine.read(audit.uuid).hostname, engine.plans(audit)) == (PEER, [])


@pytest.mark.parametrize("state", ["PENDING", "ONGOING"])
def test_audits_of_a_host_that_is_not_alive_are_taken(engine, continuous, state):
    audit = an_audit(
        engine, hostname="gone", state=state, next_run_time=naive(NOW - datetime.timedelta(0, 5))
    )
    look(engine, continuous)
    assert engine.read(audit.uuid).hostname == ME
    assert len(engine.plans(audit)) == 1


@pytest.mark.parametrize("host", [ME, "gone"])
def test_a_run_that_was_broken_off_begins_again(engine, continuous, host):
    audit = an_audit(engine, hostname=host, state="ONGOING")
    look(engine, continuous)
    found = engine.read(audit.uuid)
    assert (found.state, found.hostname) == ("ONGOING", ME)
    assert found.next_run_time is not None
    assert len(engine.plans(audit)) == 1


def test_a_suspend_during_the_run_keeps_the_time_of_the_next_one(engine, continuous, own_strategy):
    audit = an_audit(engine)
    own_strategy(lambda self: engine.write("audits", audit.uuid, state="SUSPENDED"))
    look(engine, continuous)
    found = engine.read(audit.uuid)
    assert found.state == "SUSPENDED"
    assert found.next_run_time is not None
    assert engine.plans(audit) == []
    look(engine, continuous)
    assert engine.plans(audit) == []


def test_the_next_look_comes_in_time_for_the_next_run(engine, continuous):
    an_audit(engine, interval="3")
    look(engine, continuous)
    look(engine, continuous)
    assert continuous.pause_s() == pytest.approx(3.0)
    assert ContinuousAudits(engine.dispatcher, lambda _: [], lambda: 10.0).pause_s() == 0.0


def test_without_audits_the_pause_is_the_configured_one(engine, continuous):
    look(engine, continuous)
    assert continuous.pause_s() == 10.0


def test_a_run_that_ends_during_a_look_is_not_taken_for_one_that_was_broken_off(
    engine, continuous, own_strategy
):
    audit = an_audit(engine)
    held = []
    own_strategy(lambda self: held.append(engine.read(audit.uuid)))
    look(engine, continuous)
    # What a look has read during the run, and acts on when the run is over.
    engine.dispatcher.resume(engine.context, held[0])
    engine.pool.run_all()
    assert len(held) == 1
    assert len(engine.plans(audit)) == 1


#: An instant at 04:00 on the second of January 2030, and none after it.
LAST = "0 4 2 1 * 0 2030"
AT_LAST = datetime.datetime(2030, 1, 2, 4, 0, 5, tzinfo=datetime.UTC)


def test_the_last_instant_of_a_cron_expression_runs_and_ends_the_audit_with_success(
    engine, continuous
):
    audit = an_audit(engine, interval=LAST)
    look(engine, continuous)
    assert engine.read(audit.uuid).next_run_time == datetime.datetime(2030, 1, 2, 4)
    engine.now = AT_LAST
    look(engine, continuous)
    ended = engine.read(audit.uuid)
    assert (ended.state, ended.next_run_time, ended.status_message) == ("SUCCEEDED", None, None)
    assert [plan.state for plan in engine.plans(audit)] == ["RECOMMENDED"]


def test_an_audit_whose_last_instant_was_missed_ends_as_one_past_its_end_time(engine, continuous):
    never_seen = an_audit(engine, interval=LAST)
    seen = an_audit(engine, interval=LAST, next_run_time=datetime.datetime(2030, 1, 2, 4))
    engine.now = AT_LAST + LATER
    look(engine, continuous)
    for audit in (never_seen, seen):
        ended = engine.read(audit.uuid)
        assert (ended.state, ended.next_run_time) == ("SUCCEEDED", None)
        assert engine.plans(audit) == []


def test_an_audit_made_just_before_its_last_instant_runs_although_it_is_seen_after_it(
    engine, continuous
):
    audit = an_audit(engine, interval=LAST)
    made = datetime.datetime(2030, 1, 2, 3, 59, 58)
    engine.write("audits", audit.uuid, created_at=made)
    engine.now = AT_LAST
    look(engine, continuous)
    assert len(engine.plans(audit)) == 1


def test_a_last_run_that_is_held_up_begins_when_the_plan_has_ended(engine, continuous):
    audit = an_audit(engine, interval=LAST, next_run_time=datetime.datetime(2030, 1, 2, 4))
    other = engine.audit()
    engine.run(other)
    (plan,) = engine.plans(other)
    engine.write("action_plans", plan.uuid, state="ONGOING")
    engine.now = AT_LAST
    look(engine, continuous)
    assert engine.read(audit.uuid).state == "PENDING"
    engine.write("action_plans", plan.uuid, state="SUCCEEDED")
    engine.now += datetime.timedelta(seconds=10)
    look(engine, continuous)
    assert len(engine.plans(audit)) == 1
    assert engine.read(audit.uuid).state == "SUCCEEDED"


def test_a_user_who_suspends_a_last_run_and_resumes_later_gets_the_end(engine, continuous):
    audit = an_audit(engine, interval=LAST, state="SUSPENDED", hostname=ME)
    engine.write("audits", audit.uuid, state="ONGOING", hostname=None)
    engine.now = AT_LAST + LATER
    look(engine, continuous)
    assert engine.read(audit.uuid).state == "SUCCEEDED"
