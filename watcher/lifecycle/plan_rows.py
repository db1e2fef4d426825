# SPDX-License-Identifier: Apache-2.0
"""The transactions behind :mod:`watcher.lifecycle.action_plans`; they announce nothing.

A plan changes together with its actions: one statement for all of them, whatever their number.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from oslo_utils import uuidutils
from sqlalchemy import select
from sqlalchemy.orm import Session

from watcher.common import exception
from watcher.common.context import RequestContext
from watcher.db import limits, models, queries, repository, runs
from watcher.db import session as db
from watcher.db.types import machine_utc_now
from watcher.domain import states
from watcher.domain.draft import Draft, PlannedAction
from watcher.domain.states import ActionPlanState, ActionState, AuditState
from watcher.lifecycle import audits, transitions
from watcher.lifecycle.ownership import OwnershipLost
from watcher.lifecycle.transitions import Change, Transition
from watcher.notifications import StateUpdate
from watcher.objects.action import Action
from watcher.objects.action_plan import ActionPlan
from watcher.objects.audit import Audit
from watcher.objects.strategy import Strategy

_UNFINISHED: Final = "The run of the action plan ended without the outcome of this action."

ActionChange = tuple[Action, str]
"""An action as it is now, and the state that it had."""

Table = Collection[tuple[str, str]]


@dataclasses.dataclass(frozen=True, slots=True)
class ChangedPlan:
    """A plan as it is now, the state that it really had, and the actions that changed with it."""

    plan: ActionPlan
    old_state: str
    actions: Sequence[ActionChange] = ()

    @property
    def delta(self) -> StateUpdate | None:
        """What the update notification of the plan says about states."""
        return transitions.delta(Change(self.old_state, self.plan))


@dataclasses.dataclass(frozen=True, slots=True)
class CreatedPlan:
    """A plan that was inserted with its actions."""

    plan: ActionPlan
    actions: Sequence[Action]


def lost(plan: ActionPlan) -> OwnershipLost:
    """Return the error for a plan that is not what its applier believes."""
    return OwnershipLost(noun="Action plan", uuid=plan.uuid, state=plan.state, host=plan.hostname)


def create(context: RequestContext, audit_id: int, host: str, draft: Draft) -> CreatedPlan:
    """Insert a plan, its actions and its indicators: three statements, while the audit is owned."""
    audit, strategy = _read(context, audit_id, draft.strategy)
    if audit.hostname != host or of_run(context, audit) is not None:
        raise OwnershipLost(noun="Audit", uuid=audit.uuid, state=audit.state, host=host)
    state = ActionPlanState.RECOMMENDED if draft.actions else ActionPlanState.SUCCEEDED
    columns = {
        # Made here, so that a transaction tried again cannot leave two plans.
        "uuid": uuidutils.generate_uuid(),
        "audit_id": audit.id,
        "strategy_id": strategy.id,
        "state": state.value,
        "global_efficacy": [dict(figure) for figure in draft.global_efficacy],
    }
    actions = _new_actions(draft.actions, machine_utc_now())
    try:
        row = _insert(audit, columns, actions, draft.indicators)
    except OwnershipLost:
        # Perhaps by an earlier attempt, whose commit succeeded but was not confirmed.
        found = _inserted(str(columns["uuid"]))
        if found is None:
            raise
        row = found
    plan = ActionPlan.from_row(context, row)
    plan.audit, plan.strategy = audit, strategy
    unset = {"updated_at": None, "deleted_at": None, "status_message": None}
    made = [Action(context, action_plan=plan, **unset, **action) for action in actions]
    return CreatedPlan(plan, made)


@db.retried
def _read(context: RequestContext, audit_id: int, strategy: str) -> tuple[Audit, Strategy]:
    with db.read() as session:
        row = repository.get(session, models.Strategy, name=strategy)
        audit = transitions.read_audit(session, context, audit_id)
        return audit, Strategy.from_row(context, row)


@db.retried
def of_run(context: RequestContext, audit: Audit) -> ActionPlan | None:
    """Return the plan that the audit's run, as read with it, has made."""
    if audit.run is None or audit.run.plan_uuid is None:
        return None
    with db.read() as session:
        try:
            return transitions.read_plan(session, context, audit.run.plan_uuid, show_deleted=True)
        except exception.ActionPlanNotFound:
            return None


def recommended_of(audit: Audit) -> list[str]:
    """Return the uuids of an audit's RECOMMENDED plans."""
    return _recommended({"audit_id": audit.id})


@db.retried
def recommended_before(age_h: float) -> list[str]:
    """Return the uuids of the RECOMMENDED plans older than some hours by the database's clock."""
    with db.read() as session:
        limit = queries.utc_now(session) - datetime.timedelta(hours=age_h)
    return _recommended({"created_at__lt": limit})


def change(
    context: RequestContext, uuid: str, table: Table, transition: Transition
) -> ChangedPlan | None:
    """Move a plan alone."""
    made = transitions.change(context, transitions.PLAN, uuid, table, transition)
    return None if made is None else ChangedPlan(made.record, made.old_state)


@db.retried
def cancel(
    context: RequestContext,
    uuid: str,
    table: Table,
    transition: Transition,
    *,
    ongoing_actions: bool = False,
    action_message: str | None = None,
) -> ChangedPlan | None:
    """Move a plan towards CANCELLED; when it gets there its unfinished actions go with it.

    :param ongoing_actions: cancel ONGOING actions too, not only PENDING ones.
    """
    with db.write() as session:
        old = transitions.try_transition(session, models.ActionPlan, uuid, table, transition)
        if old is None:
            return None
        plan = transitions.read_plan(session, context, uuid)
        if plan.state != ActionPlanState.CANCELLED:
            return ChangedPlan(plan, old)
        unfinished = [ActionState.PENDING]
        if ongoing_actions:
            unfinished += [ActionState.ONGOING, ActionState.CANCELLING]
        values = {"status_message": action_message} if action_message else {}
        actions = cancel_actions(session, context, plan, unfinished, values)
        return ChangedPlan(plan, old, actions)


@db.retried
def finish(
    context: RequestContext,
    plan: ActionPlan,
    end_states: Mapping[ActionPlanState, ActionPlanState],
    status_message: str | None,
) -> ChangedPlan | None:
    """Move an own plan from the running state that it has to the end state that belongs to it.

    Nothing works on its actions any more, so none of them stays as if it were being done.
    """
    wanted = end_states[ActionPlanState.ONGOING]
    with db.write() as session:
        for running, end in end_states.items():
            # The message is about the outcome that was requested.
            message = status_message if end is wanted else None
            values = {} if message is None else {"status_message": message}
            transition = Transition(
                (running,), end, where={"hostname": plan.hostname}, values=values
            )
            table = states.PLANS_BY_ENGINE
            if transitions.try_transition(session, models.ActionPlan, plan.uuid, table, transition):
                ended = transitions.read_plan(session, context, plan.uuid)
                actions = _fail_unfinished(session, context, ended)
                if end is ActionPlanState.CANCELLED:
                    actions += cancel_actions(session, context, ended, [ActionState.PENDING])
                return ChangedPlan(ended, running.value, actions)
    return None


@db.retried
def soft_delete(context: RequestContext, plan: ActionPlan) -> ChangedPlan | None:
    """Delete a plan with its actions and indicators."""
    now = machine_utc_now()
    marks = {"deleted": plan.id, "deleted_at": now}
    transition = Transition((plan.state,), ActionPlanState.DELETED, values=marks)
    table = states.PLANS_BY_USER
    with db.write() as session:
        old = transitions.try_transition(session, models.ActionPlan, plan.uuid, table, transition)
        if old is None:
            return None
        deleted = transitions.read_plan(session, context, plan.uuid, show_deleted=True)
        actions = _move_actions(
            session,
            context,
            deleted,
            states.ACTIONS_BY_USER,
            Transition(
                [state for state in ActionState if state is not ActionState.DELETED],
                ActionState.DELETED,
                values={"deleted": models.Action.id, "deleted_at": now},
            ),
        )
        indicators = models.EfficacyIndicator
        of_plan = (indicators.action_plan_id == plan.id, repository.is_live(indicators))
        marks = {"deleted": indicators.id, "deleted_at": now}
        repository.update_all(session, indicators, of_plan, marks)
        return ChangedPlan(deleted, old, actions)


@db.retried
def running_state(plan: ActionPlan) -> ActionPlanState:
    """Return the state of this host's running plan.

    :raises OwnershipLost: when it does not run on its host any more.
    """
    with db.read() as session:
        try:
            row = queries.fetch_one(
                session, models.ActionPlan, ("state", "hostname"), uuid=plan.uuid
            )
        except exception.ActionPlanNotFound as error:
            raise lost(plan) from error
    if row.state not in states.RUNNING_PLANS or row.hostname != plan.hostname:
        raise lost(plan)
    return ActionPlanState(row.state)


def cancel_actions(
    session: Session,
    context: RequestContext,
    plan: ActionPlan,
    from_states: Sequence[ActionState],
    values: Mapping[str, Any] | None = None,
) -> list[ActionChange]:
    """Cancel the actions of a plan that are in one of these states."""
    transition = Transition(from_states, ActionState.CANCELLED, values=values or {})
    return _move_actions(session, context, plan, states.ACTIONS_BY_APPLIER, transition)


def _fail_unfinished(
    session: Session, context: RequestContext, plan: ActionPlan
) -> list[ActionChange]:
    transition = Transition(
        (ActionState.ONGOING, ActionState.CANCELLING),
        ActionState.FAILED,
        values={"status_message": _UNFINISHED},
    )
    return _move_actions(session, context, plan, states.ACTIONS_BY_APPLIER, transition)


@db.retried
def _insert(
    audit: Audit,
    columns: Mapping[str, Any],
    steps: Sequence[Mapping[str, Any]],
    indicators: Sequence[Mapping[str, Any]],
) -> models.ActionPlan:
    owned = Transition((AuditState.ONGOING,), where={"hostname": audit.hostname})
    table, plan_uuid = states.AUDITS_BY_ENGINE, str(columns["uuid"])
    with db.write() as session:
        # Check the run too: of two processes of one host in the same run, only one makes its plan.
        if (
            audit.run is None
            or not transitions.try_transition(session, models.Audit, audit.uuid, table, owned)
            or not runs.note_plan(session, audit.uuid, audit.run, plan_uuid)
        ):
            raise audits.lost(audit)
        row = repository.create(session, models.ActionPlan, columns)
        plan = {"action_plan_id": row.id}
        repository.create_many(session, models.Action, [{**step, **plan} for step in steps])
        repository.create_many(
            session, models.EfficacyIndicator, [{**one, **plan} for one in indicators]
        )
        return row


@db.retried
def _inserted(uuid: str) -> models.ActionPlan | None:
    with db.read() as session:
        rows = repository.list_rows(session, models.ActionPlan, filters={"uuid": uuid})
        return rows[0] if rows else None


def _new_actions(planned: Sequence[PlannedAction], now: datetime.datetime) -> list[dict[str, Any]]:
    """Return the columns of the actions of a new plan."""
    uuids = [uuidutils.generate_uuid() for _ in planned]
    return [
        {
            "uuid": uuid,
            "action_type": action.action_type,
            "input_parameters": dict(action.input_parameters),
            "parents": [uuids[position] for position in action.parents],
            "state": ActionState.PENDING.value,
            "created_at": now,
        }
        for uuid, action in zip(uuids, planned, strict=True)
    ]


@db.retried
def _recommended(filters: Mapping[str, Any]) -> list[str]:
    state = {"state": ActionPlanState.RECOMMENDED.value}
    with db.read() as session:
        rows = repository.list_rows(session, models.ActionPlan, filters={**filters, **state})
        return [str(row.uuid) for row in rows]


def _move_actions(
    session: Session,
    context: RequestContext,
    plan: ActionPlan,
    table: Table,
    transition: Transition,
) -> list[ActionChange]:
    """Move all live actions of a plan that have one of the states, with two statements."""
    for old in transition.from_states:
        states.check(table, old, str(transition.to_state))
    found = (
        models.Action.action_plan_id == plan.id,
        models.Action.deleted_at.is_(None),
        models.Action.state.in_([str(state) for state in transition.from_states]),
    )
    rows = session.scalars(
        select(models.Action).where(*found).order_by(models.Action.id).with_for_update()
    ).all()
    if not rows:
        return []
    values = {
        "state": str(transition.to_state),
        "updated_at": machine_utc_now(),
        **transition.values,
    }
    values = limits.fitted(session, models.Action, values)
    repository.update_all(session, models.Action, found, values)
    return [(_as_changed(context, plan, row, values), str(row.state)) for row in rows]


def _as_changed(
    context: RequestContext, plan: ActionPlan, row: models.Action, values: Mapping[str, Any]
) -> Action:
    """Return the object of a row as it is after the update that it does not know of."""
    action = Action.from_row(context, row)
    action.action_plan = plan
    for name, value in values.items():
        if name in action.fields:
            setattr(action, name, value)
    return action
