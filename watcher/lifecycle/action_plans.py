# SPDX-License-Identifier: Apache-2.0
"""Action plans: made by decision engines, started and cancelled by users, run by appliers.

A plan belongs to the applier in its ``hostname`` while it is ONGOING or CANCELLING. A user's
cancel of a running plan cannot be lost: whatever the applier wants to write at the end, a plan that
was CANCELLING by then ends CANCELLED.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from watcher.common import exception
from watcher.common.context import RequestContext
from watcher.domain import states
from watcher.domain.draft import Draft
from watcher.domain.states import ActionPlanState
from watcher.lifecycle import plan_rows, transitions
from watcher.lifecycle.ownership import Outdated, OwnershipLost
from watcher.lifecycle.plan_rows import ChangedPlan
from watcher.lifecycle.transitions import Transition
from watcher.notifications import StateUpdate, emit
from watcher.objects.action_plan import ActionPlan
from watcher.objects.audit import Audit
from watcher.rpc import doorbell

_P = ActionPlanState

#: A plan is deleted by DELETE only.
_PATCHES: Final = frozenset(pair for pair in states.PLANS_BY_USER if pair[1] is not _P.DELETED)
_INTERRUPTED: Final = (
    "{} was cancelled because Applier {} was stopped while the action plan was ongoing."
)

# -- decision engines -----------------------------------------------------------------------------


def create(context: RequestContext, audit_id: int, host: str, draft: Draft) -> ActionPlan:
    """Insert the plan of an audit with its actions and efficacy indicators, all or nothing.

    :param host: where the audit runs: this host.
    :raises OwnershipLost: when the audit is no longer ONGOING there, or this run of it already has
        a plan; nothing is written.
    """
    made = plan_rows.create(context, audit_id, host, draft)
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
    transition = Transition((_P.RECOMMENDED,), _P.CANCELLED)
    return sum(_cancelled(context, uuid, transition) for uuid in plan_rows.recommended_of(audit))


def cancel_stale(context: RequestContext, plan_uuid: str, reason: str | None = None) -> bool:
    """Cancel a plan that was not begun, with its actions; False when it was begun, or is gone."""
    values = {"status_message": reason}
    transition = Transition((_P.RECOMMENDED, _P.PENDING), _P.CANCELLED, values=values)
    return _cancelled(context, plan_uuid, transition)


def supersede_expired(context: RequestContext, age_h: float) -> int:
    """Mark RECOMMENDED plans older than some hours (database's clock); return how many."""
    count = 0
    for uuid in plan_rows.recommended_before(age_h):
        transition = Transition((_P.RECOMMENDED,), _P.SUPERSEDED)
        changed = plan_rows.change(context, uuid, states.PLANS_BY_ENGINE, transition)
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


def update_by_user(
    context: RequestContext, plan: ActionPlan, changes: Mapping[str, Any]
) -> ActionPlan:
    """Apply a user's PATCH, which must change the state and may change other columns with it.

    :raises PatchError: (400) when users may not make this change of state, or none is made.
    :raises Outdated: (409) when the plan left the state that the user saw.
    """
    values = dict(changes)
    new = values.pop("state", plan.state)
    transitions.check_patch(_PATCHES, plan.state, new, changes)
    if new == _P.PENDING:
        changed = _start(context, plan, states.PLANS_BY_USER, values)
    else:
        transition = Transition((plan.state,), new, values=values)
        made = plan_rows.cancel(context, plan.uuid, states.PLANS_BY_USER, transition)
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
        transitions.announce_deleted(context, "action", action, old)
    transitions.announce_deleted(context, "action_plan", deleted.plan, deleted.old_state)


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
    transition = Transition(
        tuple(from_states), _P.ONGOING, values={"hostname": host, "status_message": None}
    )
    changed = plan_rows.change(context, plan_uuid, states.PLANS_BY_ENGINE, transition)
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
    transition = Transition(
        states.RUNNING_PLANS, where={"hostname": dead_host}, values={"hostname": host}
    )
    changed = plan_rows.change(context, plan.uuid, states.PLANS_BY_ENGINE, transition)
    return _announced(context, changed)


def release(context: RequestContext, plan: ActionPlan) -> ActionPlan | None:
    """Clear the owner of a PENDING plan whose applier stopped, and ring the appliers again."""
    transition = Transition(
        (_P.PENDING,), where={"hostname": plan.hostname}, values={"hostname": None}
    )
    changed = plan_rows.change(context, plan.uuid, states.PLANS_BY_ENGINE, transition)
    released = _announced(context, changed)
    if released is not None:
        doorbell.launch_action_plan(context, released.uuid)
    return released


def interrupted(context: RequestContext, plan: ActionPlan, dead_host: str) -> ActionPlan | None:
    """Cancel a plan whose applier stopped, with its unfinished actions; not resuming is published.

    :returns: None when the plan does not run on that host any more.
    """
    transition = Transition(
        states.RUNNING_PLANS,
        _P.CANCELLED,
        where={"hostname": dead_host},
        values={"status_message": _INTERRUPTED.format("Action plan", dead_host)},
    )
    made = plan_rows.cancel(
        context,
        plan.uuid,
        states.PLANS_BY_ENGINE,
        transition,
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
    transition = Transition((_P.RECOMMENDED,), _P.PENDING, values=values or {})
    started = _announced(context, plan_rows.change(context, plan.uuid, table, transition))
    if started is not None:
        doorbell.launch_action_plan(context, started.uuid)
    return started


def _cancelled(context: RequestContext, plan_uuid: str, transition: Transition) -> bool:
    changed = plan_rows.cancel(context, plan_uuid, states.PLANS_BY_ENGINE, transition)
    return _announced(context, changed) is not None


def _announced(context: RequestContext, made: ChangedPlan | None) -> ActionPlan | None:
    """Emit the updates of a change, the plan's before its actions' as published."""
    if made is None:
        return None
    emit(context, "action_plan.update", made.plan, state_update=made.delta)
    _announce_actions(context, made)
    return made.plan


def _announce_actions(context: RequestContext, made: ChangedPlan) -> None:
    for action, old in made.actions:
        update = StateUpdate(old, action.state, action.status_message)
        emit(context, "action.update", action, state_update=update)


def _outdated(plan: ActionPlan) -> Outdated:
    return Outdated(noun="Action plan", uuid=plan.uuid, state=plan.state)


__all__ = [
    "Outdated",
    "OwnershipLost",
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
