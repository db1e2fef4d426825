# SPDX-License-Identifier: Apache-2.0
"""The life of audits, against a real database."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from oslo_db import exception as db_exception

from tests.unit.lifecycle.conftest import ME, PEER, Store
from watcher import objects
from watcher.common import exception
from watcher.db import session as db
from watcher.db.runs import StoredRun
from watcher.domain.draft import Draft
from watcher.lifecycle import OwnershipLost, action_plans, audit_phases, audit_rows, audits

# -- users ----------------------------------------------------------------------------------------


def test_a_new_oneshot_audit_is_pending_announced_and_rung_for(store: Store) -> None:
    values = {"name": "a", "audit_type": "ONESHOT", "scope": [], "parameters": {"x": 1}}
    audit = audits.create(store.context, values, goal=store.goal, strategy=store.strategy)
    assert (audit.state, audit.goal.name, audit.strategy.name) == ("PENDING", "dummy", "dummy")
    assert store.bus.story == ["audit.create PENDING"]
    assert store.bus.rings == [("audit", audit.uuid)]


def test_a_new_audit_costs_at_most_three_statements(store: Store) -> None:
    store.statements.clear()
    values = {"name": "a", "audit_type": "ONESHOT"}
    audits.create(store.context, values, goal=store.goal, strategy=store.strategy)
    assert len([one for one in store.statements if "BEGIN" not in one]) <= 3


@pytest.mark.parametrize("audit_type", ["CONTINUOUS", "EVENT"])
def test_only_oneshot_audits_are_rung_for_at_once(store: Store, audit_type: str) -> None:
    values = {"name": "a", "audit_type": audit_type}
    audit = audits.create(store.context, values, goal=store.goal)
    assert audit.strategy is None
    assert store.bus.payload("audit.create")["strategy"] is None
    assert store.bus.rings == []


def test_a_name_that_is_taken_is_refused(store: Store) -> None:
    store.audit(name="a")
    with pytest.raises(exception.AuditAlreadyExists):
        store.audit(name="a")


def test_a_uuid_that_was_given_is_kept_and_taken_once(store: Store) -> None:
    uuid = "11111111-2222-4333-8444-555555555555"
    assert store.audit(uuid=uuid, name="a").uuid == uuid
    with pytest.raises(exception.AuditAlreadyExists, match="already exists"):
        store.audit(uuid=uuid, name="b")


def test_a_user_cancels_an_audit(store: Store) -> None:
    audit = store.audit()
    changed = audits.update(store.context, audit, {"state": "CANCELLED", "name": "new"})
    assert (changed.state, changed.name) == ("CANCELLED", "new")
    assert store.bus.story == ["audit.update PENDING->CANCELLED"]


@pytest.mark.parametrize("state", ["PENDING", "SUCCEEDED", "DELETED", "NONSENSE", 5, None])
def test_a_state_that_users_may_not_set_is_a_bad_request(store: Store, state: object) -> None:
    audit = store.audit()
    with pytest.raises(exception.PatchError, match=str(state)) as raised:
        audits.update(store.context, audit, {"state": state})
    assert raised.value.code == 400
    assert store.bus.events == []


def test_a_user_who_saw_an_older_state_gets_a_conflict(store: Store) -> None:
    audit = store.audit()
    store.write("audits", audit.uuid, state="ONGOING", hostname=ME)
    with pytest.raises(exception.Conflict) as raised:
        audits.update(store.context, audit, {"state": "CANCELLED"})
    assert raised.value.code == 409
    assert store.read_audit(audit.uuid).state == "ONGOING"


def test_other_columns_change_without_a_change_of_state(store: Store) -> None:
    audit = store.audit()
    changed = audits.update(store.context, audit, {"name": "b", "interval": "60"})
    assert (changed.name, changed.interval, changed.goal.name) == ("b", "60", "dummy")
    assert store.bus.story == ["audit.update None->None"]


def test_nothing_to_change_is_no_event(store: Store) -> None:
    audit = store.audit()
    assert audits.update(store.context, audit, {}) is audit
    assert store.bus.events == []


def test_resuming_a_suspended_audit_disowns_a_run_that_still_goes_on(store: Store) -> None:
    audit = store.claimed(audit_type="CONTINUOUS", interval="60")
    suspended = audits.update(store.context, audit, {"state": "SUSPENDED"})
    assert suspended.hostname == ME
    resumed = audits.update(store.context, suspended, {"state": "ONGOING"})
    assert resumed.hostname is None
    with pytest.raises(OwnershipLost):
        audits.succeed(store.context, audit)


def test_a_deleted_audit_is_announced_twice_and_gone(store: Store) -> None:
    audit = store.audit(state="FAILED")
    audits.soft_delete(store.context, audit)
    assert store.bus.story == ["audit.update FAILED->DELETED", "audit.delete DELETED"]
    assert store.bus.payload("audit.update")["deleted_at"] is None
    assert store.bus.payload("audit.delete")["deleted_at"] is not None
    assert store.read_audit(audit.uuid).state == "DELETED"
    assert audits.claim(store.context, audit.uuid, ME) is None


@pytest.mark.parametrize("state", ["PENDING", "ONGOING"])
def test_an_audit_that_lives_cannot_be_deleted(store: Store, state: str) -> None:
    with pytest.raises(exception.DeleteError):
        audits.soft_delete(store.context, store.audit(state=state))


def test_deleting_what_changed_meanwhile_is_a_conflict(store: Store) -> None:
    audit = store.audit(state="SUSPENDED")
    store.write("audits", audit.uuid, state="ONGOING")
    with pytest.raises(exception.Conflict):
        audits.soft_delete(store.context, audit)


# -- webhooks -------------------------------------------------------------------------------------


def test_a_webhook_marks_the_audit_so_that_a_lost_message_loses_nothing(store: Store) -> None:
    audit = store.audit(audit_type="EVENT")
    assert audits.claim(store.context, audit.uuid, ME) is None
    marked = audits.trigger(store.context, audit)
    assert marked.next_run_time is not None
    assert store.bus.rings == [("audit", audit.uuid)]
    claimed = audits.claim(store.context, audit.uuid, ME)
    assert claimed is not None
    assert claimed.next_run_time is None
    assert audits.claim(store.context, audit.uuid, PEER) is None


def test_an_event_audit_runs_again_after_success(store: Store) -> None:
    audit = store.audit(audit_type="EVENT", state="SUCCEEDED")
    assert audits.claim(store.context, audit.uuid, ME) is None
    claimed = audits.claim(store.context, audit.uuid, ME, triggered=True)
    assert claimed is not None
    assert store.bus.story == ["audit.update SUCCEEDED->ONGOING"]
    assert audits.succeed(store.context, claimed).state == "SUCCEEDED"


def test_a_webhook_for_another_type_is_refused(store: Store) -> None:
    with pytest.raises(exception.AuditTypeNotAllowed):
        audits.trigger(store.context, store.audit())


@pytest.mark.parametrize("state", ["ONGOING", "FAILED", "CANCELLED"])
def test_a_webhook_in_another_state_is_refused(store: Store, state: str) -> None:
    with pytest.raises(exception.AuditStateNotAllowed):
        audits.trigger(store.context, store.audit(audit_type="EVENT", state=state))


def test_a_webhook_that_comes_too_late_is_refused(store: Store) -> None:
    audit = store.audit(audit_type="EVENT")
    store.write("audits", audit.uuid, state="CANCELLED")
    with pytest.raises(exception.AuditStateNotAllowed):
        audits.trigger(store.context, audit)


# -- whose audit it is ----------------------------------------------------------------------------


def test_of_two_engines_one_gets_the_audit(store: Store) -> None:
    audit = store.audit()
    mine = audits.claim(store.context, audit.uuid, ME)
    assert mine is not None
    assert (mine.state, mine.hostname, mine.strategy.name) == ("ONGOING", ME, "dummy")
    assert audits.claim(store.context, audit.uuid, PEER) is None
    assert store.bus.story == ["audit.update PENDING->ONGOING"]


def test_an_unknown_audit_cannot_be_claimed(store: Store) -> None:
    assert audits.claim(store.context, "00000000-0000-4000-8000-00000000dead", ME) is None


def test_a_continuous_audit_is_claimed_once_for_each_run(
    store: Store, tomorrow: datetime.datetime
) -> None:
    audit = store.audit(audit_type="CONTINUOUS", interval="60")
    assert audits.claim(store.context, audit.uuid, ME) is None
    mine = audits.claim_due(store.context, audit, ME)
    assert mine is not None
    assert audits.is_running(mine)
    assert audits.claim_due(store.context, audit, PEER) is None
    assert audits.claim_due(store.context, mine, PEER) is None
    waiting = audits.reschedule(store.context, mine, tomorrow)
    assert (waiting.next_run_time, waiting.state) == (tomorrow, "ONGOING")
    again = audits.claim_due(store.context, waiting, PEER)
    assert again is not None
    assert again.hostname == PEER
    assert audits.claim_due(store.context, waiting, ME) is None
    assert store.bus.story == ["audit.update PENDING->ONGOING", "audit.update None->None"]


def test_an_audit_that_waits_is_looked_after_by_one_engine(
    store: Store, tomorrow: datetime.datetime
) -> None:
    audit = store.audit(audit_type="CONTINUOUS", interval="0 0 * * *")
    waiting = audits.postpone(store.context, audit, ME, tomorrow)
    assert waiting is not None
    assert (waiting.state, waiting.hostname, waiting.next_run_time) == ("PENDING", ME, tomorrow)
    assert audits.postpone(store.context, audit, PEER, tomorrow) is None
    running = store.claimed(audit_type="CONTINUOUS")
    assert audits.postpone(store.context, running, ME, tomorrow) is None


def test_a_run_that_was_suspended_meanwhile_is_rescheduled(
    store: Store, tomorrow: datetime.datetime
) -> None:
    mine = store.claimed(audit_type="CONTINUOUS", interval="60")
    audits.update(store.context, mine, {"state": "SUSPENDED"})
    assert audits.reschedule(store.context, mine, tomorrow).state == "SUSPENDED"


def test_a_run_that_was_cancelled_meanwhile_is_not_rescheduled(
    store: Store, tomorrow: datetime.datetime
) -> None:
    mine = store.claimed(audit_type="CONTINUOUS", interval="60")
    audits.update(store.context, mine, {"state": "CANCELLED"})
    with pytest.raises(OwnershipLost):
        audits.reschedule(store.context, mine, tomorrow)


def test_an_audit_is_taken_over_once_and_then_fails(store: Store) -> None:
    audit = store.claimed()
    taken = audits.take_over(store.context, audit, PEER)
    assert taken is not None
    assert taken.hostname == PEER
    assert audits.take_over(store.context, audit, "host-c") is None
    assert audits.take_over(store.context, taken, ME) is None
    failed = store.read_audit(audit.uuid)
    assert (failed.state, failed.status_message) == (
        "FAILED",
        f"The decision engine stopped twice while it ran this audit, the second time on {PEER}.",
    )
    assert store.bus.story == ["audit.update None->None", "audit.update ONGOING->FAILED"]


def test_whoever_was_declared_dead_cannot_end_the_audit(store: Store) -> None:
    audit = store.claimed()
    audits.take_over(store.context, audit, PEER)
    for end in (audits.succeed, audits.check_owned):
        with pytest.raises(OwnershipLost):
            end(store.context, audit)
    with pytest.raises(OwnershipLost):
        audits.fail(store.context, audit, "too late")


def test_notes_of_a_run_are_no_message_to_users(store: Store) -> None:
    taken = audits.take_over(store.context, store.claimed(), ME)
    assert taken is not None
    action_plans.create(store.context, taken.id, ME, Draft("dummy"))
    current = audits.check_owned(store.context, taken)
    assert current.status_message is None
    assert audits.succeed(store.context, current).status_message is None


def _by_user(state: str) -> Callable[[Store, objects.Audit, datetime.datetime], object]:
    return lambda store, audit, _time: audits.update(store.context, audit, {"state": state})


ENDS: dict[str, Callable[[Store, objects.Audit, datetime.datetime], object]] = {
    "succeed": lambda store, audit, _time: audits.succeed(store.context, audit),
    "fail": lambda store, audit, _time: audits.fail(store.context, audit, "why"),
    "cancel": lambda store, audit, _time: audits.cancel(store.context, audit, None),
    "reschedule": lambda store, audit, time: audits.reschedule(store.context, audit, time),
    "cancel_stale": lambda store, audit, _time: audits.cancel_stale(store.context, audit),
    "FAILED by a user": _by_user("FAILED"),
    "SUCCEEDED by a user": _by_user("SUCCEEDED"),
    "CANCELLED by a user": _by_user("CANCELLED"),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_run_leaves_no_note_behind(
    store: Store,
    tomorrow: datetime.datetime,
    end: Callable[[Store, objects.Audit, datetime.datetime], object],
) -> None:
    audit = store.claimed(audit_type="CONTINUOUS", interval="60")
    assert store.runs() == [audit.uuid]
    end(store, audit, tomorrow)
    assert store.runs() == []


def test_an_audit_that_is_deleted_while_it_is_suspended_leaves_no_note(store: Store) -> None:
    suspended = audits.update(store.context, store.claimed(), {"state": "SUSPENDED"})
    assert store.runs() == [suspended.uuid]
    audits.soft_delete(store.context, suspended)
    assert store.runs() == []


def test_a_process_that_was_replaced_by_one_of_its_host_cannot_end_the_run(store: Store) -> None:
    audit = store.claimed()
    taken = audits.take_over(store.context, audit, ME)
    assert taken is not None
    for end in (audits.succeed, audits.check_owned):
        with pytest.raises(OwnershipLost):
            end(store.context, audit)
    assert store.runs() == [audit.uuid]
    assert audits.succeed(store.context, taken).state == "SUCCEEDED"


def test_of_two_processes_of_one_host_one_takes_a_run_over(store: Store) -> None:
    audit = store.claimed()
    assert audits.take_over(store.context, audit, ME) is not None
    assert audits.take_over(store.context, audit, ME) is None
    assert store.read_audit(audit.uuid).state == "ONGOING"


def test_suspending_and_resuming_is_no_interruption(store: Store) -> None:
    audit = store.claimed()
    for _ in range(3):
        suspended = audits.update(store.context, audit, {"state": "SUSPENDED"})
        resumed = audits.update(store.context, suspended, {"state": "ONGOING"})
        taken = audits.take_over(store.context, store.read_audit(resumed.uuid), ME)
        assert taken is not None
        audit = taken
    assert audit.run == StoredRun(attempt=4)


def test_a_run_of_an_engine_that_keeps_no_notes_is_taken_over_too(store: Store) -> None:
    audit = store.audit()
    store.write("audits", audit.uuid, state="ONGOING", hostname=PEER)
    taken = audits.take_over(store.context, store.read_audit(audit.uuid), ME)
    assert taken is not None
    assert taken.run == StoredRun(attempt=1, interruptions=1)


def test_a_note_of_another_owner_is_not_believed(store: Store) -> None:
    # A published engine has taken it over, and changes nothing but the owner.
    audit = store.claimed()
    store.write("audits", audit.uuid, hostname=PEER)
    found = store.read_audit(audit.uuid)
    assert found.run is None
    taken = audits.take_over(store.context, found, ME)
    assert taken is not None
    assert taken.run == StoredRun(attempt=2, interruptions=1)


def test_the_next_owner_of_an_audit_finds_the_plan_that_was_made(store: Store) -> None:
    audit = store.claimed()
    assert action_plans.of_run(store.context, audit) is None
    plan = action_plans.create(store.context, audit.id, ME, Draft("dummy"))
    taken = audits.take_over(store.context, audits.check_owned(store.context, audit), PEER)
    assert taken is not None
    found = action_plans.of_run(store.context, taken)
    assert found is not None
    assert found.uuid == plan.uuid


# -- the end --------------------------------------------------------------------------------------


def test_a_failure_says_why_within_the_column(store: Store) -> None:
    failed = audits.fail(store.context, store.claimed(), "x" * 300)
    assert (failed.state, len(failed.status_message or "")) == ("FAILED", 255)
    assert store.bus.story == ["audit.update ONGOING->FAILED"]
    update = store.bus.payload("audit.update")["state_update"]["watcher_object.data"]
    assert update["status_message"] == failed.status_message


def test_a_blocked_audit_is_cancelled_before_it_began(store: Store) -> None:
    cancelled = audits.cancel(store.context, store.audit(), "An action plan is ongoing.")
    assert (cancelled.state, cancelled.status_message) == (
        "CANCELLED",
        "An action plan is ongoing.",
    )


def test_the_user_who_cancels_wins_over_the_end_of_the_run(store: Store) -> None:
    audit = store.claimed()
    assert audits.check_owned(store.context, audit).state == "ONGOING"
    audits.update(store.context, audit, {"state": "CANCELLED"})
    with pytest.raises(OwnershipLost, match=audit.uuid):
        audits.succeed(store.context, audit)
    assert store.read_audit(audit.uuid).state == "CANCELLED"


def test_a_deleted_audit_is_nobodys(store: Store) -> None:
    audit = store.claimed()
    store.write("audits", audit.uuid, deleted=audit.id, deleted_at=audit.created_at)
    with pytest.raises(OwnershipLost):
        audits.check_owned(store.context, audit)


def test_a_continuous_audit_ends_at_its_time(store: Store, tomorrow: datetime.datetime) -> None:
    running = store.claimed(audit_type="CONTINUOUS")
    assert audits.expire(store.context, running) is None
    waiting = audits.reschedule(store.context, running, tomorrow)
    ended = audits.expire(store.context, waiting)
    assert ended is not None
    assert (ended.state, ended.next_run_time) == ("SUCCEEDED", None)
    assert audits.expire(store.context, store.audit(audit_type="CONTINUOUS")) is not None


@pytest.mark.parametrize("state", ["PENDING", "ONGOING", "SUSPENDED"])
def test_a_stale_audit_is_cancelled(store: Store, state: str) -> None:
    assert audits.cancel_stale(store.context, store.audit(state=state, hostname=PEER))
    assert store.bus.story == [f"audit.update {state}->CANCELLED"]


def test_history_is_not_rewritten(store: Store) -> None:
    assert not audits.cancel_stale(store.context, store.audit(state="SUCCEEDED"))
    assert store.bus.events == []


def test_the_phases_of_a_run_are_announced_with_the_true_state(store: Store) -> None:
    audit = store.claimed()
    audit_phases.strategy_started(store.context, audit)
    audit_phases.strategy_ended(store.context, audit)
    audit_phases.strategy_failed(store.context, audit, KeyError("x"))
    audit_phases.planner_started(store.context, audit)
    audit_phases.planner_ended(store.context, audit)
    audit_phases.planner_failed(store.context, audit, KeyError("y"))
    assert store.bus.story == [
        f"audit.{phase} ONGOING"
        for phase in (
            "strategy.start",
            "strategy.end",
            "strategy.error",
            "planner.start",
            "planner.end",
            "planner.error",
        )
    ]
    fault = store.bus.payload("audit.planner.error")["fault"]["watcher_object.data"]
    assert (fault["exception"], fault["exception_message"]) == ("KeyError", "'y'")
    assert store.bus.payload("audit.planner.end")["fault"] is None


@pytest.mark.parametrize("name", ["a", None])
def test_an_audit_whose_commit_was_not_heard_of_is_made_once(
    store: Store, monkeypatch: pytest.MonkeyPatch, name: str | None
) -> None:
    insert, calls = audit_rows._insert, []

    @db.retried
    def insert_and_lose_the_answer(columns: Any) -> Any:
        calls.append(columns)
        row = insert(columns)
        if len(calls) == 1:
            raise db_exception.DBConnectionError
        return row

    monkeypatch.setattr(audit_rows, "_insert", insert_and_lose_the_answer)
    values = {"name": name, "audit_type": "ONESHOT"}
    made = audits.create(store.context, values, goal=store.goal)
    assert len(calls) == 2
    assert [one.uuid for one in objects.Audit.list(store.context)] == [made.uuid]


# -- the next run ---------------------------------------------------------------------------------

TOMORROW = datetime.datetime(2035, 1, 2, 12, 34, 56)


def a_waiting_audit(store: Store, **values: object) -> Any:
    audit = store.audit(audit_type="CONTINUOUS", interval="0 0 1 1 *")
    store.write("audits", audit.uuid, **{"next_run_time": TOMORROW, **values})
    return store.read_audit(audit.uuid)


@pytest.mark.parametrize("state", ["PENDING", "ONGOING", "SUSPENDED"])
@pytest.mark.parametrize("interval", ["R R * * *", "H H * * *", "*/5 * * * *", "60"])
def test_a_new_interval_gives_a_waiting_audit_another_next_run(
    store: Store, interval: str, state: str
) -> None:
    audit = a_waiting_audit(store, state=state, hostname=ME)
    changed = audits.update(store.context, audit, {"interval": interval})
    assert changed.next_run_time < TOMORROW
    again = audits.update(store.context, changed, {"interval": interval, "name": "other"})
    assert again.next_run_time == changed.next_run_time


def test_a_new_interval_together_with_a_new_state_moves_the_next_run_too(store: Store) -> None:
    audit = a_waiting_audit(store, state="ONGOING", hostname=ME)
    changes = {"state": "SUSPENDED", "interval": "R R * * *"}
    assert audits.update(store.context, audit, changes).next_run_time < TOMORROW


def test_a_new_interval_leaves_a_run_that_goes_on_alone(store: Store) -> None:
    audit = store.claimed(audit_type="CONTINUOUS", interval="60")
    assert audits.is_running(audits.update(store.context, audit, {"interval": "R R * * *"}))
    store.write("audits", audit.uuid, next_run_time=None)
    seen_waiting = store.read_audit(audit.uuid)
    seen_waiting.next_run_time = TOMORROW
    changed = audits.update(store.context, seen_waiting, {"interval": "R * * * *"})
    assert changed.next_run_time is None


@pytest.mark.parametrize("new", ["EVENT", "ONESHOT"])
@pytest.mark.parametrize("state", ["PENDING", "ONGOING", "SUSPENDED"])
def test_a_waiting_audit_of_another_type_is_neither_due_nor_owned(
    store: Store, state: str, new: str
) -> None:
    audit = a_waiting_audit(store, state=state, hostname=ME)
    changed = audits.update(store.context, audit, {"audit_type": new})
    assert (changed.next_run_time, changed.hostname) == (None, None)


def test_a_new_type_with_a_new_state_takes_the_next_run_away_too(store: Store) -> None:
    audit = a_waiting_audit(store, state="ONGOING", hostname=ME)
    changes = {"audit_type": "EVENT", "state": "SUSPENDED", "hostname": "chosen"}
    changed = audits.update(store.context, audit, changes)
    assert (changed.next_run_time, changed.hostname) == (None, "chosen")


def test_a_new_type_leaves_the_owner_of_a_run_that_goes_on(store: Store) -> None:
    audit = store.claimed(audit_type="CONTINUOUS", interval="60")
    changed = audits.update(store.context, audit, {"audit_type": "ONESHOT"})
    assert changed.hostname == ME


def test_an_audit_that_was_purged_gets_no_interval(store: Store) -> None:
    audit = store.audit()
    audit.uuid = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(exception.AuditNotFound):
        audits.update(store.context, audit, {"interval": "60"})


def test_a_new_interval_that_nobody_can_read_changes_no_next_run(store: Store) -> None:
    audit = a_waiting_audit(store)
    for interval in ("often", None, "0 0 1 1 * 0 1999"):
        changed = audits.update(store.context, audit, {"interval": interval})
        assert changed.next_run_time == TOMORROW


@pytest.mark.parametrize(
    ("old", "new"),
    [("PENDING", "CANCELLED"), ("ONGOING", "CANCELLED"), ("ONGOING", "FAILED"),
     ("ONGOING", "SUCCEEDED"), ("SUSPENDED", "DELETED"), ("CANCELLED", "DELETED")],
)  # fmt: skip
def test_a_user_who_ends_an_audit_clears_its_next_run(store: Store, old: str, new: str) -> None:
    audit = a_waiting_audit(store, state=old)
    assert audits.update(store.context, audit, {"state": new}).next_run_time is None


@pytest.mark.parametrize("state", ["FAILED", "SUCCEEDED", "CANCELLED", "SUSPENDED"])
def test_a_deleted_audit_has_no_next_run(store: Store, state: str) -> None:
    audit = a_waiting_audit(store, state=state)
    audits.soft_delete(store.context, audit)
    assert store.read_audit(audit.uuid).next_run_time is None


@pytest.mark.parametrize("state", ["PENDING", "ONGOING"])
def test_an_audit_that_ends_by_any_other_way_has_no_next_run(store: Store, state: str) -> None:
    ways = (
        lambda audit: audits.expire(store.context, audit),
        lambda audit: audits.fail(store.context, audit, "no"),
        lambda audit: audits.cancel(store.context, audit, None),
        lambda audit: audits.cancel_stale(store.context, audit),
    )
    for end in ways:
        audit = a_waiting_audit(store, state=state, hostname=ME)
        end(audit)
        assert store.read_audit(audit.uuid).next_run_time is None
