# SPDX-License-Identifier: Apache-2.0
"""The life of action plans, against a real database."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from oslo_db import exception as db_exception

from tests.unit.lifecycle.conftest import ME, PEER, Store
from watcher import objects
from watcher.common import exception
from watcher.db import models, queries, repository
from watcher.db import session as db
from watcher.domain.draft import Draft, PlannedAction
from watcher.domain.states import ActionPlanState
from watcher.lifecycle import OwnershipLost, action_plans, actions, audits, plan_rows

ACTIONS = [
    PlannedAction("nop", {"message": "0"}),
    PlannedAction("nop", {"message": "1"}, parents=(0,)),
    PlannedAction("nop", {"message": "2"}, parents=(0, 1)),
]
INDICATORS = [{"name": "moves", "description": "d", "unit": "%", "value": 12.5}]
EMPTY = Draft("dummy")

# -- creation -------------------------------------------------------------------------------------


def test_a_plan_comes_with_its_actions_and_indicators(store: Store) -> None:
    audit = store.claimed()
    efficacy = [{"name": "e", "value": 1.0, "unit": "%", "description": None}]
    draft = Draft("dummy", ACTIONS, INDICATORS, efficacy)
    plan = action_plans.create(store.context, audit.id, ME, draft)
    assert (plan.state, plan.global_efficacy) == ("RECOMMENDED", efficacy)
    found = actions.of_plan(store.context, plan)
    assert [action.input_parameters["message"] for action in found] == ["0", "1", "2"]
    first, second, third = found
    assert (first.parents, second.parents) == ([], [first.uuid])
    assert third.parents == [first.uuid, second.uuid]
    with db.read() as session:
        indicators = queries.indicators_by_plan(session, [plan.id])
    assert [(one.name, one.value) for one in indicators[plan.id]] == [("moves", 12.5)]
    assert store.bus.story == ["action_plan.create RECOMMENDED"] + ["action.create PENDING"] * 3


def test_the_number_of_statements_does_not_depend_on_the_number_of_actions(store: Store) -> None:
    audit = store.claimed()
    store.statements.clear()
    draft = Draft("dummy", ACTIONS[:1] * 200, INDICATORS)
    action_plans.create(store.context, audit.id, ME, draft)
    inserts = [one for one in store.statements if one.startswith("INSERT")]
    assert len(inserts) == 3
    assert len(store.statements) <= 10


def test_a_plan_without_actions_has_succeeded(store: Store) -> None:
    plan = action_plans.create(store.context, store.claimed().id, ME, EMPTY)
    assert plan.state == store.read_plan(plan.uuid).state == "SUCCEEDED"
    assert store.bus.story == [
        "action_plan.create RECOMMENDED",
        "action_plan.update RECOMMENDED->SUCCEEDED",
    ]


def test_an_audit_that_was_taken_over_gets_no_plan_from_its_old_owner(store: Store) -> None:
    audit = store.claimed()
    audits.take_over(store.context, audit, PEER)
    with pytest.raises(OwnershipLost):
        action_plans.create(store.context, audit.id, ME, Draft("dummy", ACTIONS, INDICATORS))
    assert objects.ActionPlan.list(store.context) == []
    assert objects.Action.list(store.context) == []


def test_a_plan_of_another_run_is_not_taken_for_this_runs(store: Store) -> None:
    audit = store.claimed(audit_type="EVENT")
    action_plans.create(store.context, audit.id, ME, Draft("dummy", ACTIONS))
    ended = audits.succeed(store.context, audit)
    assert action_plans.of_run(store.context, ended) is None
    again = audits.claim(store.context, audit.uuid, ME, triggered=True)
    assert again is not None
    assert action_plans.of_run(store.context, again) is None


def test_a_plan_that_was_purged_is_no_plan_of_the_run(store: Store) -> None:
    audit = store.claimed()
    store.note_plan(audit.uuid, "00000000-0000-4000-8000-000000000000")
    assert action_plans.of_run(store.context, store.read_audit(audit.uuid)) is None


def test_two_processes_of_one_host_in_one_run_make_one_plan(store: Store) -> None:
    audit = store.claimed()
    action_plans.create(store.context, audit.id, ME, Draft("dummy", ACTIONS))
    with pytest.raises(OwnershipLost):
        action_plans.create(store.context, audit.id, ME, Draft("dummy", ACTIONS))
    assert len(objects.ActionPlan.list(store.context)) == 1


def test_an_audit_that_no_engine_took_gets_no_plan(store: Store) -> None:
    audit = store.audit()
    store.write("audits", audit.uuid, state="ONGOING", hostname=ME)
    with pytest.raises(OwnershipLost):
        action_plans.create(store.context, audit.id, ME, Draft("dummy", ACTIONS))


# -- start ----------------------------------------------------------------------------------------


def test_a_user_starts_a_plan(store: Store) -> None:
    plan = store.plan()
    started = action_plans.start(store.context, plan)
    assert started.state == "PENDING"
    assert store.bus.story == ["action_plan.update RECOMMENDED->PENDING"]
    assert store.bus.rings == [("plan", plan.uuid)]


@pytest.mark.parametrize("state", [s for s in ActionPlanState if s != "RECOMMENDED"])
def test_a_plan_in_another_state_cannot_be_started(store: Store, state: str) -> None:
    with pytest.raises(exception.StartError) as raised:
        action_plans.start(store.context, store.plan(state=state))
    assert raised.value.code == 400


def test_starting_twice_at_once_is_refused_once(store: Store) -> None:
    plan = store.plan()
    action_plans.start(store.context, plan)
    with pytest.raises(exception.Conflict):
        action_plans.start(store.context, plan)


def test_an_automatic_start_happens_once(store: Store) -> None:
    plan = store.plan()
    assert action_plans.start_automatically(store.context, plan)
    assert not action_plans.start_automatically(store.context, plan)
    assert store.bus.rings == [("plan", plan.uuid)]


# -- cancel ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["RECOMMENDED", "PENDING"])
def test_a_plan_cancelled_before_its_start_takes_its_actions_with_it(
    store: Store, state: str
) -> None:
    plan = store.plan(3, state=state)
    first = actions.of_plan(store.context, plan)[0]
    actions.update_by_user(store.context, first, {"state": "SKIPPED", "status_message": "no"})
    store.bus.clear()
    cancelled = store.cancel(plan)
    assert cancelled.state == "CANCELLED"
    assert store.actions(plan) == [
        ("SKIPPED", "Action skipped by user. Reason: no"),
        ("CANCELLED", None),
        ("CANCELLED", None),
    ]
    assert (
        store.bus.story
        == [f"action_plan.update {state}->CANCELLED"] + ["action.update PENDING->CANCELLED"] * 2
    )


def test_a_running_plan_is_cancelling_first(store: Store) -> None:
    plan = store.running()
    assert store.cancel(plan).state == "CANCELLING"
    assert store.actions(plan) == [("PENDING", None)] * 2
    assert store.bus.story == ["action_plan.update ONGOING->CANCELLING"]


@pytest.mark.parametrize("state", ["SUCCEEDED", "CANCELLING", "CANCELLED", "SUPERSEDED"])
def test_a_plan_that_has_ended_cannot_be_cancelled(store: Store, state: str) -> None:
    with pytest.raises(exception.PatchError):
        store.cancel(store.plan(state=state))


def test_a_cancel_that_comes_as_an_applier_claims_is_a_conflict(store: Store) -> None:
    plan = store.plan(state="PENDING")
    action_plans.claim(store.context, plan.uuid, ME)
    with pytest.raises(exception.Conflict):
        store.cancel(plan)


@pytest.mark.parametrize(
    "state", ["RECOMMENDED", "ONGOING", "SUCCEEDED", "CANCELLING", "DELETED", "NONSENSE", "", None]
)
def test_a_patch_to_another_state_is_refused(store: Store, state: object) -> None:
    with pytest.raises(exception.PatchError) as raised:
        action_plans.update_by_user(store.context, store.plan(), {"state": state})
    assert raised.value.code == 400


def test_a_patch_that_changes_no_state_is_refused(store: Store) -> None:
    plan = store.plan()
    for changes in ({}, {"hostname": "h"}):
        with pytest.raises(exception.PatchError):
            action_plans.update_by_user(store.context, plan, changes)


def test_a_patch_may_change_other_columns_with_the_state(store: Store) -> None:
    plan = store.plan()
    changes = {"state": "PENDING", "hostname": "h"}
    assert action_plans.update_by_user(store.context, plan, changes).hostname == "h"
    assert store.bus.rings == [("plan", plan.uuid)]


# -- the decision engine tidies up ----------------------------------------------------------------


def test_recommended_plans_of_the_last_run_are_cancelled(store: Store) -> None:
    plan, started = store.plan(1), store.plan(1)
    action_plans.start(store.context, started)
    assert action_plans.cancel_recommended_of(store.context, plan.audit) == 1
    assert action_plans.cancel_recommended_of(store.context, started.audit) == 0
    assert store.actions(plan) == [("CANCELLED", None)]


def test_stale_plans_are_cancelled_unless_they_began(store: Store) -> None:
    assert action_plans.cancel_stale(store.context, store.plan(state="PENDING").uuid, "new")
    assert not action_plans.cancel_stale(store.context, store.running().uuid)


def test_old_recommendations_are_superseded(store: Store) -> None:
    old, new = store.plan(), store.plan()
    with db.read() as session:
        before = queries.utc_now(session) - datetime.timedelta(hours=25)
    store.write("action_plans", old.uuid, created_at=before)
    assert action_plans.supersede_expired(store.context, 24) == 1
    assert store.read_plan(old.uuid).state == "SUPERSEDED"
    assert store.read_plan(new.uuid).state == "RECOMMENDED"
    assert store.bus.story == ["action_plan.update RECOMMENDED->SUPERSEDED"]


# -- delete ---------------------------------------------------------------------------------------


def test_a_deleted_plan_takes_its_parts_with_it(store: Store) -> None:
    audit = store.claimed()
    plan = action_plans.create(store.context, audit.id, ME, Draft("dummy", ACTIONS, INDICATORS))
    store.bus.clear()
    action_plans.soft_delete(store.context, plan)
    assert store.bus.story == [
        *["action.update PENDING->DELETED", "action.delete DELETED"] * 3,
        "action_plan.update RECOMMENDED->DELETED",
        "action_plan.delete DELETED",
    ]
    assert store.bus.payload("action.update")["deleted_at"] is None
    assert store.bus.payload("action.delete")["deleted_at"] is not None
    assert store.bus.payload("action_plan.delete")["deleted_at"] is not None
    assert {state for state, _ in store.actions(plan)} == {"DELETED"}
    with db.read() as session:
        assert repository.list_rows(session, models.ActionPlan) == []
        assert repository.list_rows(session, models.Action) == []
        assert repository.list_rows(session, models.EfficacyIndicator) == []
        gone = repository.list_rows(session, models.Action, show_deleted=True)
    assert all(row.deleted == row.id for row in gone)


@pytest.mark.parametrize("state", ["PENDING", "ONGOING", "CANCELLING"])
def test_a_plan_that_lives_cannot_be_deleted(store: Store, state: str) -> None:
    with pytest.raises(exception.DeleteError):
        action_plans.soft_delete(store.context, store.plan(state=state))


def test_deleting_what_was_started_meanwhile_is_a_conflict(store: Store) -> None:
    plan = store.plan()
    action_plans.start(store.context, plan)
    with pytest.raises(exception.Conflict):
        action_plans.soft_delete(store.context, plan)


# -- appliers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["PENDING", "RECOMMENDED"])
def test_of_two_appliers_one_gets_the_plan(store: Store, state: str) -> None:
    plan = store.plan(state=state)
    mine = action_plans.claim(store.context, plan.uuid, ME)
    assert mine is not None
    assert (mine.state, mine.hostname, mine.audit.goal.name) == ("ONGOING", ME, "dummy")
    assert action_plans.claim(store.context, plan.uuid, PEER) is None
    assert store.bus.story == [
        f"action_plan.update {state}->ONGOING",
        "action_plan.execution.start ONGOING",
    ]


def test_a_sweep_leaves_recommendations_alone(store: Store) -> None:
    pending = (ActionPlanState.PENDING,)
    plan = store.plan()
    assert action_plans.claim(store.context, plan.uuid, ME, from_states=pending) is None


@pytest.mark.parametrize(
    ("state", "event"), [("SUCCEEDED", "execution.end"), ("FAILED", "execution.error")]
)
def test_a_plan_ends(store: Store, state: str, event: str) -> None:
    plan = store.running()
    ended = action_plans.finish(store.context, plan, ActionPlanState(state), "some text")
    assert (ended.state, ended.status_message) == (state, "some text")
    assert store.bus.story == [
        f"action_plan.update ONGOING->{state}",
        f"action_plan.{event} {state}",
    ]
    assert store.bus.payload(f"action_plan.{event}")["fault"] is None


@pytest.mark.parametrize("state", ["SUCCEEDED", "FAILED", "CANCELLED"])
def test_a_cancel_is_never_lost(store: Store, state: str) -> None:
    plan = store.running()
    store.cancel(plan)
    store.bus.clear()
    assert action_plans.current_state(plan) is ActionPlanState.CANCELLING
    action_plans.cancel_noticed(store.context, plan)
    ended = action_plans.finish(store.context, plan, ActionPlanState(state))
    assert ended.state == "CANCELLED"
    assert store.actions(plan) == [("CANCELLED", None)] * 2
    assert store.bus.story == [
        "action_plan.cancel.start ONGOING",
        "action.update PENDING->CANCELLED",
        "action.update PENDING->CANCELLED",
        "action_plan.update CANCELLING->CANCELLED",
        "action_plan.cancel.end CANCELLED",
    ]


def test_a_workflow_that_breaks_while_cancelling_fails(store: Store) -> None:
    plan = store.running()
    store.cancel(plan)
    fault = exception.WorkflowExecutionException(error="KeyError")
    ended = action_plans.finish(store.context, plan, ActionPlanState.FAILED, fault=fault)
    assert ended.state == "FAILED"
    assert store.bus.names[-1] == "action_plan.cancel.error"
    assert store.bus.events[-1][1] == "error"
    shown = store.bus.payload("action_plan.cancel.error")["fault"]["watcher_object.data"]
    assert shown["exception"] == "WorkflowExecutionException"


def test_whoever_was_declared_dead_cannot_end_the_plan(store: Store) -> None:
    plan = store.running()
    taken = action_plans.take_over(store.context, plan, ME, PEER)
    assert taken is not None
    assert taken.hostname == PEER
    assert action_plans.take_over(store.context, plan, ME, "host-c") is None
    with pytest.raises(OwnershipLost):
        action_plans.finish(store.context, plan, ActionPlanState.SUCCEEDED)
    with pytest.raises(OwnershipLost):
        action_plans.current_state(plan)
    assert store.bus.story == ["action_plan.update None->None"]


def test_a_deleted_plan_is_nobodys(store: Store) -> None:
    plan = store.running()
    store.write("action_plans", plan.uuid, deleted=plan.id, deleted_at=plan.created_at)
    with pytest.raises(OwnershipLost):
        action_plans.current_state(plan)


def test_a_pending_plan_of_a_dead_applier_is_released(store: Store) -> None:
    plan = store.plan(state="PENDING", hostname=PEER)
    released = action_plans.release(store.context, plan)
    assert released is not None
    assert released.hostname is None
    assert store.bus.rings == [("plan", plan.uuid)]
    assert action_plans.release(store.context, plan) is None


@pytest.mark.parametrize("state", ["ONGOING", "CANCELLING"])
def test_a_plan_that_is_not_resumed_is_cancelled_with_the_published_texts(
    store: Store, state: str
) -> None:
    plan = store.plan(2, state=state, hostname=PEER)
    first = actions.of_plan(store.context, plan)[0]
    store.write("actions", first.uuid, state="ONGOING")
    ended = action_plans.interrupted(store.context, plan, PEER)
    assert ended is not None
    assert ended.status_message == (
        "Action plan was cancelled because Applier host-b was stopped while the action plan was "
        "ongoing."
    )
    text = (
        "Action was cancelled because Applier host-b was stopped while the action plan was ongoing."
    )
    assert store.actions(plan) == [("CANCELLED", text)] * 2
    assert store.bus.story == [
        f"action_plan.update {state}->CANCELLED",
        "action.update ONGOING->CANCELLED",
        "action.update PENDING->CANCELLED",
    ]
    assert action_plans.interrupted(store.context, plan, PEER) is None


def test_a_plan_that_a_user_starts_meanwhile_is_not_cancelled_by_the_next_run(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = store.plan()
    found = plan_rows.recommended_of(plan.audit)
    action_plans.start(store.context, plan)
    monkeypatch.setattr(plan_rows, "recommended_of", lambda _audit: found)
    assert action_plans.cancel_recommended_of(store.context, plan.audit) == 0
    assert store.read_plan(plan.uuid).state == "PENDING"


@pytest.mark.parametrize("state", ["ONGOING", "CANCELLING"])
def test_no_action_outlives_the_run_of_its_plan(store: Store, state: str) -> None:
    plan = store.running()
    store.write("actions", actions.of_plan(store.context, plan)[0].uuid, state=state)
    action_plans.finish(store.context, plan, ActionPlanState.FAILED)
    (failed, message), (pending, _) = store.actions(plan)
    assert (failed, pending) == ("FAILED", "PENDING")
    assert message == "The run of the action plan ended without the outcome of this action."
    assert f"action.update {state}->FAILED" in store.bus.story


def test_a_plan_whose_commit_was_not_heard_of_is_made_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = store.claimed()
    insert, calls = plan_rows._insert, []

    @db.retried
    def insert_and_lose_the_answer(*args: Any) -> Any:
        calls.append(args)
        row = insert(*args)
        if len(calls) == 1:
            raise db_exception.DBConnectionError
        return row

    monkeypatch.setattr(plan_rows, "_insert", insert_and_lose_the_answer)
    plan = action_plans.create(store.context, audit.id, ME, Draft("dummy", ACTIONS, INDICATORS))
    assert len(calls) == 2
    assert store.read_plan(plan.uuid).state == "RECOMMENDED"
    assert len(actions.of_plan(store.context, plan)) == len(ACTIONS)


def test_two_processes_of_one_host_make_one_plan_of_a_run(store: Store) -> None:
    audit = store.claimed()
    plan = action_plans.create(store.context, audit.id, ME, Draft("dummy", ACTIONS))
    with pytest.raises(OwnershipLost):
        action_plans.create(store.context, audit.id, ME, EMPTY)
    found = objects.ActionPlan.list(store.context, filters={"audit_id": audit.id})
    assert [one.uuid for one in found] == [plan.uuid]
