# SPDX-License-Identifier: Apache-2.0
"""Actions: skipped by users before the plan runs, done by the applier that owns the plan.

An applier's verb writes only while its plan runs on the host that ``action.action_plan`` names,
checked in the same transaction. The object passed in is brought up to date: after True it shows
the new state, after False the state that the row has instead (a user skipped it, say).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from watcher.common import exception
from watcher.common.context import RequestContext
from watcher.db import limits, models, repository
from watcher.db import session as db
from watcher.domain import states
from watcher.domain.states import ActionPlanState, ActionState
from watcher.lifecycle import plan_rows, transitions
from watcher.lifecycle.ownership import Outdated
from watcher.lifecycle.transitions import Change, Transition
from watcher.notifications import emit
from watcher.objects.action import Action
from watcher.objects.action_plan import ActionPlan

_S = ActionState

_SKIPPED_BY_USER: Final = "Action skipped by user."
_WITH_REASON: Final = f"{_SKIPPED_BY_USER} Reason: "
_SKIPPABLE: Final = (ActionPlanState.RECOMMENDED, ActionPlanState.PENDING)

LONGEST_REASON: Final = limits.characters(models.Action.status_message) - len(_WITH_REASON)
"""The most characters of a user's reason; the whole message must fit in its column."""

# -- users ----------------------------------------------------------------------------------------


def update_by_user(context: RequestContext, action: Action, changes: Mapping[str, Any]) -> Action:
    """Apply a user's PATCH of ``state`` (to SKIPPED) and ``status_message`` (the reason).

    A message sent back as it was read stays unchanged, and nothing is written.

    :raises PatchError: (400) for an unknown state, for other columns, or for too long a reason.
    :raises Conflict: (409) when the action cannot be skipped, or is not skipped and gets a reason.
    :raises Outdated: (409) when the action left the state that the user saw.
    :raises Invalid: (400) for a reason with characters that the database cannot store.
    """
    if unknown := sorted(set(changes) - {"state", "status_message"}):
        raise exception.PatchError(patch=dict(changes), reason=f"{unknown} cannot be changed")
    new = changes.get("state", action.state)
    if new not in set(_S):
        raise exception.PatchError(patch=dict(changes), reason=f"{new} is not a state of an action")
    message = _message(action, changes)
    _check_skip(action, new, changes)
    if new != _S.SKIPPED or (new, message) == (action.state, action.status_message):
        return action
    transition = Transition(
        (action.state,),
        None if action.state == new else new,
        values={"status_message": message},
    )
    made = _write_by_user(context, action, transition, message or "")
    if made is None:
        raise Outdated(noun="Action", uuid=action.uuid, state=action.state)
    emit(context, "action.update", made.record, state_update=transitions.delta(made))
    return made.record


# -- appliers -------------------------------------------------------------------------------------


@db.retried
def of_plan(context: RequestContext, plan: ActionPlan) -> list[Action]:
    """Return the actions of a plan in plan order, each with the plan itself. One statement."""
    with db.read() as session:
        filters = {"action_plan_id": plan.id}
        rows = repository.list_rows(session, models.Action, filters=filters)
    actions = [Action.from_row(context, row) for row in rows]
    for action in actions:
        action.action_plan = plan
    return actions


def started(context: RequestContext, action: Action) -> bool:
    """Record that pre_condition passed and execute begins: PENDING -> ONGOING.

    :returns: False when the action is not PENDING any more.
    :raises OwnershipLost: when its plan does not run on this host any more.
    """
    made = _write(context, action, Transition((_S.PENDING,), _S.ONGOING))
    if made is None:
        return False
    # Published: the start is announced with the state that the action had.
    action.state = made.old_state
    emit(context, "action.execution.start", action)
    _announce(context, action, made)
    return True


def succeeded(context: RequestContext, action: Action) -> bool:
    """Record that the outcome was observed: ONGOING (or too late to abort) -> SUCCEEDED.

    :returns: False when the action is neither ONGOING nor CANCELLING any more.
    :raises OwnershipLost: when its plan does not run on this host any more.
    """
    made = _write(context, action, Transition((_S.ONGOING, _S.CANCELLING), _S.SUCCEEDED))
    if made is None:
        return False
    _announce(context, action, made)
    emit(context, "action.execution.end", action)
    return True


def failed(
    context: RequestContext, action: Action, phase: str, reason: BaseException | str
) -> bool:
    """Record that an action failed in ``pre_condition``, ``execute`` or ``post_condition``.

    :param reason: the error (see :func:`failure_reason`), or the text itself.
    :returns: False when the action has ended already, other than with SUCCEEDED.
    :raises OwnershipLost: when its plan does not run on this host any more.
    """
    fault = reason if isinstance(reason, BaseException) else None
    text = reason if isinstance(reason, str) else failure_reason(reason)
    message = f"Action failed in {phase}: {text}"
    from_states = (_S.PENDING, _S.ONGOING, _S.SUCCEEDED, _S.CANCELLING)
    transition = Transition(from_states, _S.FAILED, values={"status_message": message})
    made = _write(context, action, transition)
    if made is None:
        return False
    _announce(context, action, made)
    emit(context, "action.execution.error", action, fault=fault)
    return True


def failure_reason(error: BaseException) -> str:
    """Return what a status message says about an error: the text, or a foreign class's name.

    >>> failure_reason(KeyError("secret"))
    'KeyError'
    """
    if isinstance(error, exception.WatcherException):
        return str(error)
    return type(error).__name__


def skipped(context: RequestContext, action: Action, reason: object) -> bool:
    """Record that there is nothing to do, as pre_condition found out.

    :param reason: the ActionSkipped error, or its text.
    :returns: False when the action is neither PENDING nor, resumed after a crash, ONGOING.
    :raises OwnershipLost: when its plan does not run on this host any more.
    """
    message = f"Action was skipped automatically: {reason}"
    transition = Transition(
        (_S.PENDING, _S.ONGOING), _S.SKIPPED, values={"status_message": message}
    )
    return _update(context, action, transition)


def cancelled(context: RequestContext, action: Action) -> bool:
    """Record that an action is not going to run, or was aborted: -> CANCELLED.

    :returns: False when it is neither PENDING nor CANCELLING any more.
    :raises OwnershipLost: when its plan does not run on this host any more.
    """
    made = _write(context, action, Transition((_S.PENDING, _S.CANCELLING), _S.CANCELLED))
    if made is None:
        return False
    if made.old_state == _S.PENDING:
        action.state = made.old_state
        emit(context, "action.cancel.start", action)
    _announce(context, action, made)
    emit(context, "action.cancel.end", action)
    return True


def abort_started(context: RequestContext, action: Action) -> bool:
    """Record that an ONGOING action is asked to stop: ONGOING -> CANCELLING.

    It ends with :func:`cancelled` or, too late, :func:`succeeded`.

    :returns: False when it is not ONGOING any more.
    :raises OwnershipLost: when its plan does not run on this host any more.
    """
    if not _update(context, action, Transition((_S.ONGOING,), _S.CANCELLING)):
        return False
    emit(context, "action.cancel.start", action)
    return True


# -- units of work --------------------------------------------------------------------------------


def _message(action: Action, changes: Mapping[str, Any]) -> str | None:
    """Return the message of a skipped action: who skipped it, then the reason.

    Published, and so kept: a change without a reason withdraws the previous one. A text that
    already says who was read from an action, and does not get that sentence twice.
    """
    stored: str | None = action.status_message
    text = changes.get("status_message")
    if text and text == stored:
        return stored
    reason = (text or "").removeprefix(_WITH_REASON)
    if len(reason) > LONGEST_REASON:
        raise exception.PatchError(
            patch=dict(changes),
            reason=f"Expected a reason of at most {LONGEST_REASON} characters, got {len(reason)}",
        )
    is_bare = reason.strip() in ("", _SKIPPED_BY_USER, _WITH_REASON.strip())
    return _SKIPPED_BY_USER if is_bare else f"{_WITH_REASON}{reason}"


def _check_skip(action: Action, new: str, changes: Mapping[str, Any]) -> None:
    """Refuse what the published API refuses with 409."""
    if new != action.state and not states.is_allowed(states.ACTIONS_BY_USER, action.state, new):
        raise exception.Conflict(str(states.TransitionNotAllowed(action.state, new)))
    if new != action.state and new != _S.SKIPPED:
        raise exception.Conflict(f"Users may only skip an action, not make it {new}")
    if new != _S.SKIPPED and "status_message" in changes:
        raise exception.Conflict(
            f"Only a SKIPPED action can be given a status message, this one is {new}"
        )


@db.retried
def _write_by_user(
    context: RequestContext, action: Action, transition: Transition, message: str
) -> Change[Action] | None:
    with db.write() as session:
        limits.check(session, models.Action.status_message, message)
        if transition.to_state is not None:
            plan = select(models.ActionPlan.state).where(
                models.ActionPlan.id == action.action_plan_id,
                models.ActionPlan.deleted_at.is_(None),
            )
            state = session.scalar(plan.with_for_update(read=True))
            if state not in _SKIPPABLE:
                raise exception.Conflict(f"Actions of a plan that is {state} cannot be skipped")
        old = transitions.try_transition(
            session, models.Action, action.uuid, states.ACTIONS_BY_USER, transition
        )
        if old is None:
            return None
        return Change(old, transitions.read_action(session, context, action.uuid))


@db.retried
def _write(
    context: RequestContext, action: Action, transition: Transition
) -> Change[Action] | None:
    """Make a transition of this host's action and bring the object up to date with the row."""
    with db.write() as session:
        _hold(session, action.action_plan)
        table = states.ACTIONS_BY_APPLIER
        likely_first = sorted(transition.from_states, key=lambda state: state != action.state)
        transition = dataclasses.replace(transition, from_states=likely_first)
        old = transitions.try_transition(session, models.Action, action.uuid, table, transition)
        row = repository.get(session, models.Action, uuid=action.uuid, show_deleted=True)
        action.obj_refresh(Action.from_row(context, row))
        return None if old is None else Change(old, Action.from_row(context, row))


def _hold(session: Session, plan: ActionPlan) -> None:
    """Keep the plan from being taken over until the transaction ends.

    :raises OwnershipLost: when it does not run on its host any more.
    """
    table = models.ActionPlan
    held = session.scalar(
        select(table.id)
        .where(table.id == plan.id, table.hostname == plan.hostname)
        .where(table.state.in_(states.RUNNING_PLANS), table.deleted_at.is_(None))
        .with_for_update(read=True)
    )
    if held is None:
        raise plan_rows.lost(plan)


def _update(context: RequestContext, action: Action, transition: Transition) -> bool:
    made = _write(context, action, transition)
    if made is None:
        return False
    _announce(context, action, made)
    return True


def _announce(context: RequestContext, action: Action, made: Change[Action]) -> None:
    action.state = made.record.state
    emit(context, "action.update", action, state_update=transitions.delta(made))
