# SPDX-License-Identifier: Apache-2.0
"""What the verbs share: compare-and-set over a transition table, and rows as objects.

Objects come with the relations that their notifications need, so that emitting costs no query.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Generic, Protocol, TypeVar

from sqlalchemy.orm import Session

from watcher.common import exception
from watcher.common.context import RequestContext
from watcher.db import models, repository
from watcher.db import session as db
from watcher.db.runs import StoredRun
from watcher.domain import states
from watcher.notifications import StateUpdate, emit
from watcher.objects.action import Action
from watcher.objects.action_plan import ActionPlan
from watcher.objects.audit import Audit

_AUDIT: Final = ("goal", "strategy")
_RUN: Final = "run"
_PLAN: Final = ("strategy", "audit", "audit.goal", "audit.strategy")
_ACTION: Final = ("action_plan", *(f"action_plan.{path}" for path in _PLAN))

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclasses.dataclass(frozen=True, slots=True)
class Transition:
    """A compare-and-set of one row.

    ``where`` and ``values`` are further columns to compare and to set. Without ``to_state`` the
    row keeps its state: columns are written only if the row still matches, and the row is locked.
    """

    from_states: Sequence[str]
    to_state: str | None = None
    where: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """A transition that was made: the previous state of the row, and the record as it is now."""

    old_state: str
    record: T


class Reader(Protocol[T_co]):
    """Reads one record, with relations, in a unit of work."""

    def __call__(
        self, session: Session, context: RequestContext, uuid: str, *, show_deleted: bool = ...
    ) -> T_co: ...


@dataclasses.dataclass(frozen=True, slots=True)
class Noun(Generic[T]):
    """A kind of record with a life cycle: its rows and how to read one."""

    model: type[models.Row]
    read: Reader[T]


def try_transition(
    session: Session,
    model: type[models.Row],
    uuid: str,
    table: Collection[tuple[str, str]],
    transition: Transition,
) -> str | None:
    """Make a transition and return the previous state; None if the row does not match.

    One statement for each state tried, so that the state returned is the true one.

    :raises TransitionNotAllowed: when ``table`` does not list a change.
    """
    for old in transition.from_states:
        if transition.to_state is not None:
            states.check(table, old, transition.to_state)
        if repository.transition(
            session,
            model,
            uuid,
            from_states=(old,),
            to_state=transition.to_state or old,
            where=transition.where,
            values=transition.values,
        ):
            return str(old)
    return None


@db.retried
def change(
    context: RequestContext,
    noun: Noun[T],
    uuid: str,
    table: Collection[tuple[str, str]],
    transition: Transition,
) -> Change[T] | None:
    """Make a transition in its own unit of work and read the record back; None if it was lost."""
    with db.write() as session:
        old = try_transition(session, noun.model, uuid, table, transition)
        if old is None:
            return None
        return Change(old, noun.read(session, context, uuid, show_deleted=True))


def delta(made: Change[Any]) -> StateUpdate | None:
    """Return what a notification says about states; None when the state did not change."""
    if made.old_state == made.record.state:
        return None
    return StateUpdate(made.old_state, made.record.state, made.record.status_message)


def check_patch(
    table: Collection[tuple[str, str]], old: str, new: str, changes: Mapping[str, Any]
) -> None:
    """Refuse a user's state change that ``table`` does not list.

    :raises PatchError: (400) with the whole patch and both states.
    """
    try:
        states.check(table, old, new)
    except states.TransitionNotAllowed as refused:
        raise exception.PatchError(patch=dict(changes), reason=str(refused)) from refused


def announce_deleted(
    context: RequestContext, noun: str, record: Audit | ActionPlan | Action, old_state: str
) -> None:
    """Emit update and delete; published: the date of deletion is in the second one only."""
    deleted_at, record.deleted_at = record.deleted_at, None
    update = StateUpdate(old_state, record.state, record.status_message)
    emit(context, f"{noun}.update", record, state_update=update)
    record.deleted_at = deleted_at
    emit(context, f"{noun}.delete", record)


def read_audit(
    session: Session, context: RequestContext, ident: int | str, *, show_deleted: bool = False
) -> Audit:
    """Return an audit, by its id or uuid, with goal, strategy and run."""
    key: dict[str, Any] = {"id" if isinstance(ident, int) else "uuid": ident}
    load = (*_AUDIT, _RUN)
    row = repository.get(session, models.Audit, **key, load=load, show_deleted=show_deleted)
    return as_owned(context, row)


def read_audits(
    session: Session, context: RequestContext, filters: Mapping[str, Any]
) -> list[Audit]:
    """Return the live audits that match, with their runs only. One statement."""
    rows = repository.list_rows(session, models.Audit, filters=filters, load=(_RUN,))
    return [as_owned(context, row, relations=()) for row in rows]


def read_plan(
    session: Session, context: RequestContext, uuid: str, *, show_deleted: bool = False
) -> ActionPlan:
    """Return an action plan with its strategy, and its audit with goal and strategy."""
    row = repository.get(
        session, models.ActionPlan, uuid=uuid, load=_PLAN, show_deleted=show_deleted
    )
    return as_plan(context, row)


def read_plans(
    session: Session, context: RequestContext, filters: Mapping[str, Any]
) -> list[ActionPlan]:
    """Return the live plans that match, each as :func:`read_plan` does. One statement."""
    rows = repository.list_rows(session, models.ActionPlan, filters=filters, load=_PLAN)
    return [as_plan(context, row) for row in rows]


def read_action(
    session: Session, context: RequestContext, uuid: str, *, show_deleted: bool = False
) -> Action:
    """Return an action with its plan, which has all its relations."""
    row = repository.get(session, models.Action, uuid=uuid, load=_ACTION, show_deleted=show_deleted)
    action = Action.from_row(context, row)
    action.action_plan = as_plan(context, row.action_plan)
    return action


PLAN: Final = Noun(models.ActionPlan, read_plan)


def as_audit(context: RequestContext, row: Any) -> Audit:
    """Return the object of an audit's row that has its relations loaded."""
    return Audit.from_row(context, row, relations=_AUDIT)


def as_owned(
    context: RequestContext, row: models.Audit, relations: Sequence[str] = _AUDIT
) -> Audit:
    """Return the object of an audit's row for an engine: with its run, which must be loaded."""
    audit = Audit.from_row(context, row, relations=relations)
    run = row.run
    # An owner other than the run's keeps no notes; an audit that a user resumed has no owner.
    if run is not None and row.hostname in (None, run.host):
        audit.run = StoredRun(run.attempt, run.interruptions, run.plan_uuid)
    return audit


def as_plan(context: RequestContext, row: Any) -> ActionPlan:
    """Return the object of a plan's row that has its relations, and its audit's, loaded."""
    plan = ActionPlan.from_row(context, row, relations=("strategy",))
    plan.audit = as_audit(context, row.audit)
    return plan


def as_object(cls: Any, context: RequestContext, record: Any) -> Any:
    """Return a relation as an object, whether the caller has its row, its object or nothing."""
    if isinstance(record, models.Base):
        return cls.from_row(context, record)
    return record
