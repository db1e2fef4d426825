# SPDX-License-Identifier: Apache-2.0
"""Which rows a purge may remove, as SQL conditions.

Everything follows from one table: which column of which table refers to which parent.

- A row is *chosen* when it is soft-deleted and old enough, or when it is soft-deleted and one of
  its parents is chosen (whatever its own age: it could not stay without that parent).
- A chosen row is *purgeable* when every row that refers to it is purgeable too. So nothing that a
  live row needs is ever removed.
- Live rows are never chosen, except on request: an *orphan* is a live row, not in use, with a
  parent that is chosen or missing.

A row that refers to a chosen one is chosen too, unless it must stay: that keeps the conditions
short. Goals and strategies are few, so those that are chosen are looked up once.

Conditions are true or false, never NULL, because they are negated.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, not_, or_, select, true
from sqlalchemy.orm import aliased

from watcher.db import models
from watcher.domain.states import ActionPlanState, ActionState, AuditState

Model = type[models.Row]
Condition = ColumnElement[bool]

ORDER: tuple[Model, ...] = (
    models.Action,
    models.ActionPlan,
    models.Audit,
    models.AuditTemplate,
    models.Strategy,
    models.Goal,
)
"""The tables of a purge, each before those that it refers to. Efficacy indicators are not among
them: they are a part of their action plan."""

_GOAL_AND_STRATEGY: tuple[tuple[str, Model], ...] = (
    ("goal_id", models.Goal),
    ("strategy_id", models.Strategy),
)
PARENTS: Mapping[Model, tuple[tuple[str, Model], ...]] = {
    models.Action: (("action_plan_id", models.ActionPlan),),
    models.ActionPlan: (("audit_id", models.Audit), ("strategy_id", models.Strategy)),
    models.Audit: _GOAL_AND_STRATEGY,
    models.AuditTemplate: _GOAL_AND_STRATEGY,
    models.Strategy: (("goal_id", models.Goal),),
    models.Goal: (),
}

AT_WORK: Mapping[Model, tuple[str, ...]] = {
    models.Audit: (AuditState.PENDING, AuditState.ONGOING, AuditState.SUSPENDED),
    models.ActionPlan: (
        ActionPlanState.PENDING,
        ActionPlanState.ONGOING,
        ActionPlanState.CANCELLING,
    ),
    models.Action: (ActionState.ONGOING,),
}
"""States in which a daemon may be using a live row: such a row is no orphan."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """What an operator wants to be rid of.

    :ivar before: only rows soft-deleted before this moment (naive UTC); None: of any age.
    :ivar goal_ids: only these goals and what belongs to them; None: everything.
    :ivar orphans: live orphans too.
    :ivar chosen_ids: of goals and strategies, those that are chosen; needed unless each
        soft-deleted row is chosen for itself.
    """

    before: datetime.datetime | None = None
    goal_ids: tuple[int, ...] | None = None
    orphans: bool = False
    chosen_ids: Mapping[Model, Sequence[int]] = field(default_factory=dict)

    @property
    def is_every_deleted_row(self) -> bool:
        """Whether each soft-deleted row is chosen for itself, and no other."""
        return self.before is None and self.goal_ids is None and not self.orphans


def chosen(criteria: Criteria, model: Model, row: Any) -> Condition:
    """Return the condition that a row of a table (or alias) is chosen."""
    by_itself = _by_itself(criteria, model, row)
    if criteria.is_every_deleted_row or not PARENTS[model]:
        return by_itself
    parents = [
        _parent_is_chosen(criteria, getattr(row, column), parent)
        for column, parent in PARENTS[model]
    ]
    return or_(by_itself, and_(not_(stays(criteria, model, row)), or_(*parents)))


def purgeable(criteria: Criteria, model: Model, row: Any) -> Condition:
    """Return the condition that a row is chosen and that no row stays that refers to it."""
    return and_(chosen(criteria, model, row), not_(is_needed(criteria, model, row)))


def is_needed(criteria: Criteria, model: Model, row: Any) -> Condition:
    """Return the condition that a chosen row must stay, because one that refers to it must."""
    found = [needs(criteria, referrer, column, row) for referrer, column in referrers(model)]
    return or_(false(), *found)


def needs(criteria: Criteria, referrer: Model, column: str, row: Any) -> Condition:
    """Return the condition that a row of another table must stay and refers to this one."""
    other: Any = aliased(referrer)
    must = or_(stays(criteria, referrer, other), is_needed(criteria, referrer, other))
    return exists(select(other.id).where(getattr(other, column) == row.id, must))


def stays(criteria: Criteria, model: Model, row: Any) -> Condition:
    """Return the condition that a row may not go, whatever its parents do: it is live.

    Where orphans were asked for: it is live and in use.
    """
    live: Condition = row.deleted_at.is_(None)
    if not criteria.orphans:
        return live
    if model not in AT_WORK:
        return false()
    return and_(live, func.coalesce(row.state, "").in_([str(state) for state in AT_WORK[model]]))


def unreferenced(model: Model, row: Any) -> Condition:
    """Return the condition that no row refers to this one."""
    found = []
    for referrer, column in referrers(model):
        other: Any = aliased(referrer)
        found.append(exists(select(other.id).where(getattr(other, column) == row.id)))
    return and_(true(), *map(not_, found))


def referrers(model: Model) -> Sequence[tuple[Model, str]]:
    """Return the tables that refer to this one, with the column that does."""
    return [
        (referrer, column)
        for referrer, parents in PARENTS.items()
        for column, parent in parents
        if parent is model
    ]


def of_goal(model: Model, row: Any, goal_id: int) -> Condition:
    """Return the condition that a row belongs to a goal."""
    if model is models.Action:
        plan: Any = aliased(models.ActionPlan)
        inner = of_goal(models.ActionPlan, plan, goal_id)
        return exists(select(plan.id).where(plan.id == row.action_plan_id, inner))
    if model is models.ActionPlan:
        audit: Any = aliased(models.Audit)
        return exists(select(audit.id).where(audit.id == row.audit_id, audit.goal_id == goal_id))
    key: Condition = (row.id if model is models.Goal else row.goal_id) == goal_id
    return key


def parent_stays(criteria: Criteria, model: Model, row: Any) -> Condition:
    """Return the condition that the row's first parent is not purgeable."""
    column, parent = PARENTS[model][0]
    other: Any = aliased(parent)
    goes = purgeable(criteria, parent, other)
    return not_(exists(select(other.id).where(other.id == getattr(row, column), goes)))


def _by_itself(criteria: Criteria, model: Model, row: Any) -> Condition:
    if criteria.goal_ids is not None and model is not models.Goal:
        return false()
    conditions = [row.deleted_at.is_not(None)]
    if criteria.before is not None:
        conditions.append(row.deleted_at < criteria.before)
    if criteria.goal_ids is not None:
        conditions.append(row.id.in_(criteria.goal_ids))
    return and_(*conditions)


def _parent_is_chosen(criteria: Criteria, key: Any, parent: Model) -> Condition:
    if parent in (models.Goal, models.Strategy):
        goes = and_(key.is_not(None), key.in_(criteria.chosen_ids[parent]))
    else:
        other: Any = aliased(parent)
        goes = exists(select(other.id).where(other.id == key, chosen(criteria, parent, other)))
    if not criteria.orphans:
        return goes
    missing: Any = aliased(parent)
    gone = and_(key.is_not(None), not_(exists(select(missing.id).where(missing.id == key))))
    return or_(goes, gone)
