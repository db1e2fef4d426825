# SPDX-License-Identifier: Apache-2.0
"""The life of actions, against a real database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.lifecycle.conftest import PEER, Store
from watcher import objects
from watcher.common import exception
from watcher.lifecycle import OwnershipLost, action_plans, actions

LOST_TEXT = "stop working on it"


def _first(store: Store, plan: objects.ActionPlan) -> objects.Action:
    return actions.of_plan(store.context, plan)[0]


def _running(store: Store, **state: Any) -> objects.Action:
    """Return the first action of a plan that runs on this host."""
    plan = store.running()
    action = _first(store, plan)
    store.write("actions", action.uuid, **state)
    return _first(store, plan)


# -- users ----------------------------------------------------------------------------------------


def test_a_user_skips_an_action_and_gives_reasons(store: Store) -> None:
    action = _first(store, store.plan())
    skipped = actions.update_by_user(store.context, action, {"state": "SKIPPED"})
    assert (skipped.state, skipped.status_message) == ("SKIPPED", "Action skipped by user.")
    again = actions.update_by_user(
        store.context, skipped, {"state": "SKIPPED", "status_message": "because"}
    )
    assert again.status_message == "Action skipped by user. Reason: because"
    later = actions.update_by_user(store.context, again, {"status_message": "no, because"})
    assert later.status_message == "Action skipped by user. Reason: no, because"
    assert store.bus.story == ["action.update PENDING->SKIPPED"] + ["action.update None->None"] * 2
    assert store.bus.payload("action.update")["action_plan_uuid"] == action.action_plan.uuid


def test_a_reason_may_come_after_the_plan_has_ended(store: Store) -> None:
    plan = store.plan()
    skipped = actions.update_by_user(store.context, _first(store, plan), {"state": "SKIPPED"})
    store.write("action_plans", plan.uuid, state="SUCCEEDED")
    later = actions.update_by_user(store.context, skipped, {"status_message": "late"})
    assert later.status_message == "Action skipped by user. Reason: late"


BY_USER = "Action skipped by user."


def _skipped(store: Store, message: str | None) -> objects.Action:
    plan = store.plan()
    store.write("actions", _first(store, plan).uuid, state="SKIPPED", status_message=message)
    return _first(store, plan)


@pytest.mark.parametrize(
    "stored",
    [
        BY_USER,
        f"{BY_USER} Reason: because",
        f"{BY_USER} Reason: {'x' * actions.LONGEST_REASON}",
        f"{BY_USER} Reason: {BY_USER} Reason: wrapped by another release",
        "Action was skipped automatically: the server is gone",
        "y" * 255,
    ],
    ids=lambda text: text[:60],
)
def test_a_message_that_comes_back_as_it_was_read_stays_as_it_is(store: Store, stored: str) -> None:
    action = _skipped(store, stored)
    for changes in (
        {"status_message": stored},
        {"state": "SKIPPED", "status_message": stored},
    ):
        after = actions.update_by_user(store.context, action, changes)
        assert (after.status_message, after.updated_at) == (stored, action.updated_at)
    assert store.bus.events == []


@pytest.mark.parametrize("changes", [{}, {"state": "SKIPPED"}, {"status_message": None}])
def test_a_skip_without_a_reason_takes_the_reason_back(
    store: Store, changes: dict[str, Any]
) -> None:
    action = _skipped(store, f"{BY_USER} Reason: because")
    after = actions.update_by_user(store.context, action, changes)
    assert after.status_message == BY_USER
    assert actions.update_by_user(store.context, after, changes) is after


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (f"{BY_USER} Reason: better", f"{BY_USER} Reason: better"),
        (BY_USER, BY_USER),
        (f"{BY_USER} ", BY_USER),
        (f"{BY_USER} Reason:", BY_USER),
        ("", BY_USER),
        (None, BY_USER),
        ("Reason: x", f"{BY_USER} Reason: Reason: x"),
    ],
)
def test_a_message_gets_the_sentence_that_says_who_only_once(
    store: Store, given: str | None, kept: str
) -> None:
    for stored in (None, "Action was skipped automatically: gone", f"{BY_USER} Reason: first"):
        action = _skipped(store, stored)
        after = actions.update_by_user(store.context, action, {"status_message": given})
        assert after.status_message == kept
        again = actions.update_by_user(store.context, after, {"status_message": kept})
        assert again.status_message == kept


def test_a_reason_that_is_too_long_is_refused_however_it_is_given(store: Store) -> None:
    action = _skipped(store, BY_USER)
    reason = "x" * (actions.LONGEST_REASON + 1)
    for given in (reason, f"{BY_USER} Reason: {reason}"):
        with pytest.raises(exception.PatchError, match="at most"):
            actions.update_by_user(store.context, action, {"status_message": given})


@pytest.mark.parametrize("changes", [{}, {"state": "PENDING"}])
def test_a_patch_that_changes_nothing_leaves_the_action_alone(
    store: Store, changes: dict[str, str]
) -> None:
    action = _first(store, store.plan())
    assert actions.update_by_user(store.context, action, changes).status_message is None
    assert store.bus.events == []


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "ONGOING"},
        {"state": "SUCCEEDED"},
        {"state": "FAILED"},
        {"state": "CANCELLED"},
        {"state": "DELETED"},
        {"status_message": "only a reason"},
        {"state": "PENDING", "status_message": "only a reason"},
    ],
    ids=str,
)
def test_what_users_may_not_do_is_a_conflict(store: Store, changes: dict[str, str]) -> None:
    with pytest.raises(exception.Conflict) as raised:
        actions.update_by_user(store.context, _first(store, store.plan()), changes)
    assert raised.value.code == 409
    assert changes.get("state", "") in str(raised.value)


@pytest.mark.parametrize("changes", [{"state": "NONSENSE"}, {"state": None}, {"color": "red"}])
def test_what_makes_no_sense_is_a_bad_request(store: Store, changes: dict[str, str]) -> None:
    with pytest.raises(exception.PatchError) as raised:
        actions.update_by_user(store.context, _first(store, store.plan()), changes)
    assert raised.value.code == 400


@pytest.mark.parametrize("state", ["ONGOING", "SUCCEEDED", "CANCELLED"])
def test_no_action_is_skipped_once_its_plan_was_taken(store: Store, state: str) -> None:
    action = _first(store, store.plan(state=state))
    with pytest.raises(exception.Conflict):
        actions.update_by_user(store.context, action, {"state": "SKIPPED"})
    assert store.actions(action.action_plan)[0] == ("PENDING", None)


def test_skipping_what_changed_meanwhile_is_a_conflict(store: Store) -> None:
    action = _first(store, store.plan())
    store.write("actions", action.uuid, state="CANCELLED")
    with pytest.raises(exception.Conflict):
        actions.update_by_user(store.context, action, {"state": "SKIPPED"})


# -- appliers -------------------------------------------------------------------------------------


def test_an_action_succeeds(store: Store) -> None:
    action = _running(store)
    assert actions.started(store.context, action)
    assert action.state == "ONGOING"
    assert actions.succeeded(store.context, action)
    assert action.state == "SUCCEEDED"
    assert store.bus.story == [
        "action.execution.start PENDING",
        "action.update PENDING->ONGOING",
        "action.update ONGOING->SUCCEEDED",
        "action.execution.end SUCCEEDED",
    ]


def test_a_step_of_an_action_costs_three_statements(store: Store) -> None:
    action = _running(store)
    store.statements.clear()
    actions.started(store.context, action)
    assert len([one for one in store.statements if "BEGIN" not in one]) == 3


def test_an_action_that_a_user_skipped_is_not_started(store: Store) -> None:
    action = _running(store)
    store.write("actions", action.uuid, state="SKIPPED", status_message="by user")
    assert not actions.started(store.context, action)
    assert (action.state, action.status_message) == ("SKIPPED", "by user")
    assert action.action_plan.state == "ONGOING"
    assert store.bus.events == []


@pytest.mark.parametrize(
    ("state", "phase"),
    [("PENDING", "pre_condition"), ("ONGOING", "execute"), ("SUCCEEDED", "post_condition")],
)
def test_an_action_fails_in_each_phase(store: Store, state: str, phase: str) -> None:
    action = _running(store, state=state)
    assert actions.failed(store.context, action, phase, KeyError("secret"))
    assert action.status_message == f"Action failed in {phase}: KeyError"
    assert store.bus.story == [f"action.update {state}->FAILED", "action.execution.error FAILED"]
    fault = store.bus.payload("action.execution.error")["fault"]["watcher_object.data"]
    assert fault["exception"] == "KeyError"


def test_a_failure_of_ours_is_told_in_full_within_the_column(store: Store) -> None:
    action = _running(store, state="ONGOING")
    actions.failed(store.context, action, "execute", exception.WatcherException("y" * 300))
    assert action.status_message is not None
    assert action.status_message.startswith("Action failed in execute: yyy")
    assert len(action.status_message) == 255


def test_a_failure_may_be_told_in_words(store: Store) -> None:
    action = _running(store, state="ONGOING")
    actions.failed(store.context, action, "execute", "The action x execution failed.")
    assert action.status_message == "Action failed in execute: The action x execution failed."
    assert store.bus.payload("action.execution.error")["fault"] is None


def test_the_first_failure_of_an_action_stays(store: Store) -> None:
    action = _running(store, state="FAILED", status_message="first")
    assert not actions.failed(store.context, action, "post_condition", KeyError("later"))
    assert action.status_message == "first"
    assert store.bus.events == []


def test_an_action_skips_itself(store: Store) -> None:
    action = _running(store)
    assert actions.skipped(store.context, action, exception.ActionSkipped("already there"))
    assert action.status_message == "Action was skipped automatically: already there"
    assert store.bus.story == ["action.update PENDING->SKIPPED"]
    assert not actions.skipped(store.context, action, "again")


def test_an_action_that_was_not_begun_is_cancelled(store: Store) -> None:
    action = _running(store)
    assert actions.cancelled(store.context, action)
    assert store.bus.story == [
        "action.cancel.start PENDING",
        "action.update PENDING->CANCELLED",
        "action.cancel.end CANCELLED",
    ]
    assert not actions.cancelled(store.context, action)


def test_an_action_is_aborted(store: Store) -> None:
    action = _running(store, state="ONGOING")
    assert actions.abort_started(store.context, action)
    assert actions.cancelled(store.context, action)
    assert store.bus.story == [
        "action.update ONGOING->CANCELLING",
        "action.cancel.start CANCELLING",
        "action.update CANCELLING->CANCELLED",
        "action.cancel.end CANCELLED",
    ]
    assert not actions.abort_started(store.context, action)


def test_an_action_that_is_too_far_for_an_abort_succeeds(store: Store) -> None:
    action = _running(store, state="CANCELLING")
    assert actions.succeeded(store.context, action)
    assert not actions.succeeded(store.context, action)


VERBS: list[Callable[[Any, objects.Action], object]] = [
    actions.started,
    actions.succeeded,
    actions.cancelled,
    actions.abort_started,
    lambda context, action: actions.failed(context, action, "execute", "x"),
    lambda context, action: actions.skipped(context, action, "x"),
]


@pytest.mark.parametrize("verb", VERBS)
def test_whoever_was_declared_dead_writes_no_action(
    store: Store, verb: Callable[[Any, objects.Action], object]
) -> None:
    action = _running(store)
    action_plans.take_over(store.context, action.action_plan, action.action_plan.hostname, PEER)
    store.bus.clear()
    with pytest.raises(OwnershipLost, match=LOST_TEXT):
        verb(store.context, action)
    assert store.actions(action.action_plan) == [("PENDING", None)] * 2
    assert store.bus.events == []
