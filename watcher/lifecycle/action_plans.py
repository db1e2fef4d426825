# SPDX-License-Identifier: Apache-2.0
"""Action plans: made by decision engines, started and cancelled by users, run by appliers.

A plan belongs to the applier in its ``hostname`` while it is ONGOING or CANCELLING. A user's
cancel of a running plan cannot be lost: whatever the applier wants to write at the end, a plan that
was CANCELLING by then ends CANCELLED.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from watcher.common import exception
from watcher.common.context import RequestContext
from watcher.domain import states
from watcher.domain.states import ActionPlanState
from watcher.lifecycle import plan_rows
from watcher.lifecycle.ownership import Outdated, OwnershipLost
from watcher.lifecycle.plan_rows import Changed
from watcher.lifecycle.records import Move
from watcher.notifications import StateUpdate, emit
from watcher.objects.action_plan import ActionPlan
from watcher.objects.audit import Audit
from watcher.rpc import doorbell

_P = ActionPlanState

_RUNNING: Final = (_P.ONGOING, _P.CANCELLING)
_INTERRUPTED: Final = (
    "{} was cancelled because Applier {} was stopped while the action plan was ongoing."
)

# -- decision engines -----------------------------------------------------------------------------


def create(
    context: RequestContext,
    audit: Audit,
    strategy: Any,
    actions: Sequence[Mapping[str, Any]],
    indicators: Sequence[Mapping[str, Any]],
    global_efficacy: Sequence[Mapping[str, Any]],
) -> ActionPlan:
    """Insert the plan of this host's audit with its actions and indicators, all or nothing.

    :param strategy: row or object of the strategy that was run.
    :param actions: ``{"uuid", "action_type", "input_parameters", "parents"}`` in plan order; none
        makes a plan that has SUCCEEDED from the start.
    :param indicators: ``{"name", "description", "unit", "value"}`` each.
    :raises OwnershipLost: when the audit is not ONGOING on its host any more; nothing is written.
    """
    made = plan_rows.create(context, audit, strategy, actions, indicators, global_efficacy)
    plan, final_state = made.plan, made.plan.state
    plan.state = _P.RECOMMENDED.value
    emit(context, "action_plan.create", plan)
    for action in made.actions:
        emit(context, "action.create", action)
    if final_state != plan.state:
        plan.state = final_state
        update = StateUpdate(_P.RECOMMENDED, final_state)
        emit(context, "action_plan.update", plan, state_update=update)
    return plan


def of_run(context: RequestContext, audit: Audit) -> ActionPlan | None:
    """Return the plan that the present run of an ONGOING audit has already made.

    There is one when the engine stopped after it made the plan and before it ended the audit.
    """
    return plan_rows.of_run(context, audit)


def start_automatically(context: RequestContext, plan: ActionPlan) -> bool:
    """Start a plan for its audit's ``auto_trigger``; False when it is not RECOMMENDED."""
    return _start(context, plan, states.PLANS_BY_ENGINE) is not None


def cancel_recommended_of(context: RequestContext, audit: Audit) -> int:
    """Cancel the RECOMMENDED plans of an audit, before its next plan; return how many."""
    # Not a PENDING one: a user has started it since it was looked for.
    move = Move((_P.RECOMMENDED,), _P.CANCELLED)
    return sum(_cancelled(context, uuid, move) for uuid in plan_rows.recommended_of(audit))


def cancel_stale(context: RequestContext, plan_uuid: str, reason: str | None = None) -> bool:
    """Cancel a plan that was not begun, with its actions; False when it was begun, or is gone."""
    values = {"status_message": reason}
    move = Move((_P.RECOMMENDED, _P.PENDING), _P.CANCELLED, values=values)
    return _cancelled(context, plan_uuid, move)


def supersede_expired(context: RequestContext, age_h: float) -> int:
    """Mark RECOMMENDED plans older than some hours (database's clock); return how many."""
    count = 0
    for uuid in plan_rows.recommended_before(age_h):
        move = Move((_P.RECOMMENDED,), _P.SUPERSEDED)
        changed = plan_rows.change(context, uuid, states.PLANS_BY_ENGINE, move)
        count += _announced(context, changed) is not None
    return count


# -- users ----------------------------------------------------------------------------------------


def start(context: RequestContext, plan: ActionPlan) -> ActionPlan:
    """Start a RECOMMENDED plan: it becomes PENDING and the appliers are rung.

    :raises StartError: (400) in another state.
    :raises Outdated: (409) when the plan left the state that the user saw.
    """
    if plan.state != _P.RECOMMENDED:
        raise exception.StartError(state=plan.state)
    started = _start(context, plan, states.PLANS_BY_USER)
    if started is None:
        raise _outdated(plan)
    return started


def cancel_by_user(context: RequestContext, plan: ActionPlan) -> ActionPlan:
    """Cancel a plan: at once with its actions before an applier took it, else CANCELLING.

    :raises PatchError: (400) when the plan has ended or is being cancelled.
    :raises Outdated: (409) when the plan left the state that the user saw.
    """
    target = _P.CANCELLING if plan.state == _P.ONGOING else _P.CANCELLED
    return update_by_user(context, plan, {"state": target.value})


def update_by_user(
    context: RequestContext, plan: ActionPlan, changes: Mapping[str, Any]
) -> ActionPlan:
    """Apply a user's PATCH, which must change the state and may change other columns with it.

    :raises PatchError: (400) when users may not make this change of state, or none is made.
    :raises Outdated: (409) when the plan left the state that the user saw.
    """
    values = dict(changes)
    new = values.pop("state", plan.state)
    allowed = states.is_allowed(states.PLANS_BY_USER, plan.state, new)
    if new == _P.DELETED or not allowed:
        reason = f"State transition not allowed: ({plan.state} -> {new})"
        raise exception.PatchError(patch=dict(changes), reason=reason)
    if new == _P.PENDING:
        changed = _start(context, plan, states.PLANS_BY_USER, values)
    else:
        move = Move((plan.state,), new, values=values)
        made = plan_rows.cancel(context, plan.uuid, states.PLANS_BY_USER, move)
        changed = _announced(context, made)
    if changed is None:
        raise _outdated(plan)
    return changed


def soft_delete(context: RequestContext, plan: ActionPlan) -> None:
    """Delete a plan for a user, with its actions and efficacy indicators.

    :raises DeleteError: (400) in a state in which plans cannot be deleted.
    :raises Outdated: (409) when the plan left the state that the user saw.
    """
    if not states.is_allowed(states.PLANS_BY_USER, plan.state, _P.DELETED):
        raise exception.DeleteError(state=plan.state)
    deleted = plan_rows.soft_delete(context, plan)
    if deleted is None:
        raise _outdated(plan)
    for action, old in deleted.actions:
        _emit_deleted(context, "action", action, old)
    _emit_deleted(context, "action_plan", deleted.plan, deleted.old_state)


# -- appliers -------------------------------------------------------------------------------------


def claim(
    context: RequestContext,
    plan_uuid: str,
    host: str,
    *,
    from_states: Iterable[ActionPlanState] = (_P.PENDING, _P.RECOMMENDED),
) -> ActionPlan | None:
    """Take a plan to run it; None when there is nothing to take.

    RECOMMENDED is for messages of other releases, whose decision engines launch plans of
    auto-triggered audits in that state; a sweep passes ``from_states=(PENDING,)``.
    """
    move = Move(tuple(from_states), _P.ONGOING, values={"hostname": host, "status_message": None})
    changed = plan_rows.change(context, plan_uuid, states.PLANS_BY_ENGINE, move)
    plan = _announced(context, changed)
    if plan is not None:
        emit(context, "action_plan.execution.start", plan)
    return plan


def current_state(plan: ActionPlan) -> ActionPlanState:
    """Return ONGOING or CANCELLING: what this host's plan is now, before its next action.

    :raises OwnershipLost: when the plan does not run on its host any more.
    """
    return plan_rows.running_state(plan)


def cancel_noticed(context: RequestContext, plan: ActionPlan) -> None:
    """Announce, once per run, that a plan starts no more actions since it is CANCELLING."""
    emit(context, "action_plan.cancel.start", plan)


def finish(
    context: RequestContext,
    plan: ActionPlan,
    state: ActionPlanState,
    status_message: str | None = None,
    *,
    fault: BaseException | None = None,
) -> ActionPlan:
    """End the run of this host's plan and return it with the state it really got.

    A plan that a user cancelled meanwhile ends CANCELLED whatever its actions came to; PENDING
    actions of a plan that ends CANCELLED are cancelled with it.

    :param state: SUCCEEDED, FAILED or CANCELLED.
    :param fault: what broke the workflow itself. The plan is then FAILED, cancelled or not.
    :raises OwnershipLost: when the plan does not run on its host any more.
    """
    end_states = {
        _P.ONGOING: state,
        _P.CANCELLING: _P.FAILED if fault is not None else _P.CANCELLED,
    }
    made = plan_rows.finish(context, plan, end_states, status_message)
    if made is None:
        raise plan_rows.lost(plan)
    _announce_actions(context, made)
    emit(context, "action_plan.update", made.plan, state_update=made.delta)
    emit(context, _END_EVENTS[_P(made.old_state), _P(made.plan.state)], made.plan, fault=fault)
    return made.plan


_END_EVENTS: Final = {
    (_P.ONGOING, _P.SUCCEEDED): "action_plan.execution.end",
    (_P.ONGOING, _P.FAILED): "action_plan.execution.error",
    (_P.ONGOING, _P.CANCELLED): "action_plan.cancel.end",
    (_P.CANCELLING, _P.CANCELLED): "action_plan.cancel.end",
    (_P.CANCELLING, _P.FAILED): "action_plan.cancel.error",
}


def take_over(
    context: RequestContext, plan: ActionPlan, dead_host: str, host: str
) -> ActionPlan | None:
    """Take over a running plan from the applier that stopped, perhaps this one, to resume it.

    :returns: None when another applier was faster, or the plan does not run there any more.
    """
    move = Move(_RUNNING, where={"hostname": dead_host}, values={"hostname": host})
    changed = plan_rows.change(context, plan.uuid, states.PLANS_BY_ENGINE, move)
    return _announced(context, changed)


def release(context: RequestContext, plan: ActionPlan) -> ActionPlan | None:
    """Clear the owner of a PENDING plan whose applier stopped, and ring the appliers again."""
    move = Move((_P.PENDING,), where={"hostname": plan.hostname}, values={"hostname": None})
    changed = plan_rows.change(context, plan.uuid, states.PLANS_BY_ENGINE, move)
    released = _announced(context, changed)
    if released is not None:
        doorbell.launch_action_plan(context, released.uuid)
    return released


def interrupted(context: RequestContext, plan: ActionPlan, dead_host: str) -> ActionPlan | None:
    """Cancel a plan whose applier stopped, with its unfinished actions; not resuming is published.

    :returns: None when the plan does not run on that host any more.
    """
    move = Move(
        _RUNNING,
        _P.CANCELLED,
        where={"hostname": dead_host},
        values={"status_message": _INTERRUPTED.format("Action plan", dead_host)},
    )
    made = plan_rows.cancel(
        context,
        plan.uuid,
        states.PLANS_BY_ENGINE,
        move,
        ongoing_actions=True,
        action_message=_INTERRUPTED.format("Action", dead_host),
    )
    return _announced(context, made)


# -- announcements --------------------------------------------------------------------------------


def _start(
    context: RequestContext,
    plan: ActionPlan,
    table: frozenset[tuple[ActionPlanState, ActionPlanState]],
    values: Mapping[str, Any] | None = None,
) -> ActionPlan | None:
    move = Move((_P.RECOMMENDED,), _P.PENDING, values=values or {})
    started = _announced(context, plan_rows.change(context, plan.uuid, table, move))
    if started is not None:
        doorbell.launch_action_plan(context, started.uuid)
    return started


def _cancelled(context: RequestContext, plan_uuid: str, move: Move) -> bool:
    changed = plan_rows.cancel(context, plan_uuid, states.PLANS_BY_ENGINE, move)
    return _announced(context, changed) is not None


def _announced(context: RequestContext, made: Changed | None) -> ActionPlan | None:
    """Emit the updates of a change, the plan's before its actions' as published."""
    if made is None:
        return None
    emit(context, "action_plan.update", made.plan, state_update=made.delta)
    _announce_actions(context, made)
    return made.plan


def _announce_actions(context: RequestContext, made: Changed) -> None:
    for action, old in made.actions:
        update = StateUpdate(old, action.state, action.status_message)
        emit(context, "action.update", action, state_update=update)


def _emit_deleted(context: RequestContext, noun: str, record: Any, old_state: str) -> None:
    """Emit update and delete; published: the date of deletion is in the second one only."""
    deleted_at, record.deleted_at = record.deleted_at, None
    update = StateUpdate(old_state, record.state, record.status_message)
    emit(context, f"{noun}.update", record, state_update=update)
    record.deleted_at = deleted_at
    emit(context, f"{noun}.delete", record)


def _outdated(plan: ActionPlan) -> Outdated:
    return Outdated(noun="Action plan", uuid=plan.uuid, state=plan.state)


__all__ = [
    "Outdated",
    "OwnershipLost",
    "cancel_by_user",
    "cancel_noticed",
    "cancel_recommended_of",
    "cancel_stale",
    "claim",
    "create",
    "current_state",
    "finish",
    "interrupted",
    "of_run",
    "release",
    "soft_delete",
    "start",
    "start_automatically",
    "supersede_expired",
    "take_over",
    "update_by_user",
]
