# SPDX-License-Identifier: Apache-2.0
"""Removes soft-deleted rows for good, while the services run.

``watcher.db.purgeable`` says which rows may go; this module says how they go: tables in the
order of their references, ids read in pages (keyset), and a short transaction for each page; pages
shrink where the database is slow. An interrupted purge leaves nothing inconsistent behind, and
the next one continues. Memory does not grow with the number of rows.

Under a maximum, rows go in whole groups: first everything of a goal, for each goal where all of
it fits; then, of the other goals, whole audits (with plans and actions) and single rows.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from oslo_db.exception import DBReferenceError
from oslo_utils import uuidutils
from sqlalchemy import Select, delete, func, select, true
from sqlalchemy.orm import Session

from watcher.common import exception
from watcher.db import clock, limits, models, purgeable, session
from watcher.db.purgeable import ORDER, Condition, Criteria, Model

BATCH_ROWS = 1000
"""Rows that one transaction removes at most."""
LONG_S = 0.5
"""A transaction that takes longer halves the number of rows of the next one."""
SHORT_S = 0.2
"""A transaction that takes less doubles it again."""
LEAST_ROWS = 10
PAGE_GROUPS = 200
"""Groups that are weighed with one statement."""

Counts = dict[Model, int]
Told = Callable[[Model, int], None]
"""Receives how many rows of a table the last step removed."""
Visit = Callable[[Model, Sequence[Condition], int | None], None]
"""Does its work with the rows of a table that meet the conditions, some number of them at most, and
counts them in the outcome."""


@dataclass(slots=True)
class Outcome:
    """What a purge did, or would do.

    :ivar rows: number of rows, by table.
    :ivar smallest_left: rows of the smallest group that did not fit under the maximum; None when
        all did.
    :ivar transactions: number of writing transactions.
    :ivar longest_s: seconds that the longest of them took.
    """

    rows: Counts = field(default_factory=lambda: dict.fromkeys(ORDER, 0))
    smallest_left: int | None = None
    transactions: int = 0
    longest_s: float = 0.0

    @property
    def total(self) -> int:
        """Number of rows in all tables."""
        return sum(self.rows.values())

    def add(self, model: Model, number: int) -> None:
        """Count rows of a table."""
        self.rows[model] += number

    def leave(self, size: int) -> None:
        """Note a group that did not fit."""
        self.smallest_left = min(size, self.smallest_left or size)


@session.retried
def criteria(
    *, age_days: int | None = None, goal: str | None = None, orphans: bool = False
) -> Criteria:
    """Turn what an operator asks for into criteria; ages are measured with the database's clock.

    :param age_days: only what was soft-deleted longer ago; None and 0 mean any age.
    :param goal: uuid or name of a soft-deleted goal. Several soft-deleted goals can have had the
        same name; all of them are meant.
    :raises GoalNotFound: no goal, live or soft-deleted, is called so.
    :raises NotSoftDeletedStateError: only a live goal is called so.
    :raises ValueError: for a negative age, and one longer than the calendar.
    """
    if age_days is not None and age_days < 0:
        raise ValueError("Age should not be negative")
    with session.read() as unit:
        before = None
        if age_days:
            try:
                before = clock.utc_now(unit) - datetime.timedelta(days=age_days)
            except OverflowError as error:
                raise ValueError(f"Age of {age_days} days is too large") from error
        goal_ids = None if goal is None else _deleted_goals(unit, goal)
        return _with_chosen_ids(unit, Criteria(before, goal_ids, orphans))


def _with_chosen_ids(unit: Session, wanted: Criteria) -> Criteria:
    if wanted.is_every_deleted_row:
        return wanted
    found: dict[Model, list[int]] = {}
    for model in (models.Goal, models.Strategy):
        wanted = dataclasses.replace(wanted, chosen_ids=found)
        goes = purgeable.chosen(wanted, model, model)
        found[model] = list(unit.scalars(select(model.id).where(goes)))
    return wanted


def count(wanted: Criteria) -> Outcome:
    """Tell how many rows could be removed now; one statement a table."""
    return rehearse(wanted)


def rehearse(wanted: Criteria, limit: int | None = None) -> Outcome:
    """Tell what :func:`purge` would remove now."""
    outcome = Outcome()
    _walk(wanted, limit, outcome, _Rehearsal(wanted, outcome).visit)
    return outcome


def purge(
    wanted: Criteria,
    limit: int | None = None,
    *,
    outcome: Outcome | None = None,
    told: Told | None = None,
    batch_rows: int = BATCH_ROWS,
) -> Outcome:
    """Remove rows for good and tell how many.

    :param limit: number of rows to remove at most.
    :param outcome: filled while it goes on, for a caller who wants to know after an interrupt.
    """
    outcome = outcome or Outcome()
    _walk(wanted, limit, outcome, _Removal(wanted, outcome, told, batch_rows).visit)
    return outcome


def _walk(wanted: Criteria, limit: int | None, outcome: Outcome, visit: Visit) -> None:
    """Visit everything, or whole groups of ``limit`` rows at most."""
    if limit is None or count(wanted).total <= limit:
        for model in ORDER:
            visit(model, (), None)
        return
    not_whole = []
    for goal_id in _goal_ids():
        if _rows_of_goal(wanted, goal_id) > limit - outcome.total:
            not_whole.append(goal_id)
            continue
        for model in ORDER:
            visit(model, (purgeable.of_goal(model, model, goal_id),), None)
    for goal_id in not_whole:
        _walk_parts(wanted, goal_id, limit, outcome, visit)


def _walk_parts(wanted: Criteria, goal_id: int, limit: int, outcome: Outcome, visit: Visit) -> None:
    """Visit groups of a goal that does not fit as a whole: its audits, plans and single rows."""

    action, plan, audit = models.Action, models.ActionPlan, models.Audit

    def singles(model: Model, *where: Condition) -> None:
        of_goal = purgeable.of_goal(model, model, goal_id)
        visit(model, (of_goal, *where), limit - outcome.total)

    def plans(which: Condition) -> None:
        visit(action, (action.action_plan_id.in_(select(plan.id).where(which)),), None)
        visit(plan, (which,), None)

    singles(action, purgeable.parent_stays(wanted, action, action))
    for taken in _fitting(wanted, plan, goal_id, limit, outcome):
        plans(plan.id.in_(taken))
    for taken in _fitting(wanted, audit, goal_id, limit, outcome):
        plans(plan.audit_id.in_(taken))
        visit(audit, (audit.id.in_(taken),), None)
    singles(models.AuditTemplate)


def _fitting(
    wanted: Criteria, model: Model, goal_id: int, limit: int, outcome: Outcome
) -> Iterator[list[int]]:
    """Yield pages of ids of groups that fit; a page must be visited before the next is asked for.

    A group is an audit with its plans and actions, or, where the audit stays, a plan with its
    actions.
    """
    after = 0
    while groups := _groups(wanted, model, goal_id, after):
        after = groups[-1][0]
        rest, taken = limit - outcome.total, []
        for ident, size in groups:
            if size <= rest:
                taken.append(ident)
                rest -= size
            else:
                outcome.leave(size)
        if taken:
            yield taken


@session.retried
def _groups(wanted: Criteria, model: Model, goal_id: int, after: int) -> list[tuple[int, int]]:
    """Return ids and numbers of rows of the next groups of a goal."""
    row: Any = model
    action, plan = models.Action, models.ActionPlan
    actions = select(func.count(action.id))
    if model is models.Audit:
        plans = select(func.count(plan.id)).where(plan.audit_id == row.id).scalar_subquery()
        actions = actions.join(plan, plan.id == action.action_plan_id)
        parts = plans + actions.where(plan.audit_id == row.id).scalar_subquery()
        is_top: Condition = true()
    else:
        parts = actions.where(action.action_plan_id == row.id).scalar_subquery()
        is_top = purgeable.parent_stays(wanted, model, row)
    statement = (
        select(row.id, 1 + parts)
        .where(row.id > after, purgeable.purgeable(wanted, model, row))
        .where(purgeable.of_goal(model, row, goal_id), is_top)
        .order_by(row.id)
        .limit(PAGE_GROUPS)
    )
    with session.read() as unit:
        return [(ident, int(size)) for ident, size in unit.execute(statement)]


@session.retried
def _goal_ids() -> list[int]:
    with session.read() as unit:
        return list(unit.scalars(select(models.Goal.id).order_by(models.Goal.id)))


def _rows_of_goal(wanted: Criteria, goal_id: int) -> int:
    return sum(
        _count(wanted, model, (purgeable.of_goal(model, model, goal_id),)) for model in ORDER
    )


@session.retried
def _count(wanted: Criteria, model: Model, where: Sequence[Condition]) -> int:
    goes = purgeable.purgeable(wanted, model, model)
    first = select(model.id).where(purgeable.chosen(wanted, model, model), *where).limit(1)
    with session.read() as unit:
        if unit.scalars(first).first() is None:
            # PostgreSQL would look at every row that refers to this table before it finds out.
            return 0
        return unit.scalars(select(func.count()).select_from(model).where(goes, *where)).one()


@dataclass(frozen=True, slots=True)
class _Rehearsal:
    """Counts what would be removed."""

    wanted: Criteria
    outcome: Outcome

    def visit(self, model: Model, where: Sequence[Condition], limit: int | None) -> None:
        """Count purgeable rows."""
        found = _count(self.wanted, model, where)
        self.outcome.add(model, found if limit is None else min(found, limit))


@dataclass(slots=True)
class _Removal:
    """Removes rows whose referrers were visited before."""

    wanted: Criteria
    outcome: Outcome
    told: Told | None
    most_rows: int
    sizes: Counts = field(default_factory=dict)

    def visit(self, model: Model, where: Sequence[Condition], limit: int | None) -> None:
        """Remove chosen rows that nothing refers to any more."""
        after = 0
        rest = limit
        while rest is None or rest > 0:
            size = self._size(model) if rest is None else min(self._size(model), rest)
            ids = self._next(model, where, after, size)
            if not ids:
                return
            after = ids[-1]
            if model is models.ActionPlan:
                self._remove_indicators(ids)
            removed = self._remove(model, ids, purgeable.unreferenced(model, model))
            self.outcome.add(model, removed)
            rest = None if rest is None else rest - removed
            if self.told:
                self.told(model, removed)

    @session.retried
    def _next(self, model: Model, where: Sequence[Condition], after: int, size: int) -> list[int]:
        goes = purgeable.chosen(self.wanted, model, model)
        statement = (
            select(model.id)
            .where(model.id > after, goes, purgeable.unreferenced(model, model), *where)
            .order_by(model.id)
            .limit(size)
        )
        with session.read() as unit:
            return list(unit.scalars(statement))

    def _remove_indicators(self, plan_ids: Sequence[int]) -> None:
        indicator = models.EfficacyIndicator
        statement = (
            select(indicator.id).where(indicator.action_plan_id.in_(plan_ids)).limit(self.most_rows)
        )
        while ids := _read_ids(statement):
            self._remove(indicator, ids)

    def _remove(self, model: Model, ids: Sequence[int], *where: Condition) -> int:
        """Remove rows in one transaction, without those that somebody began to refer to."""
        begun = monotonic()
        try:
            return _delete(model, ids, where)
        except DBReferenceError:
            if len(ids) == 1:
                return 0
            half = len(ids) // 2
            return self._remove(model, ids[:half], *where) + self._remove(model, ids[half:], *where)
        finally:
            self._note(model, monotonic() - begun)

    def _size(self, model: Model) -> int:
        return self.sizes.get(model, self.most_rows)

    def _note(self, model: Model, took_s: float) -> None:
        """Count a transaction, and choose the size of the table's next one by the time it took."""
        self.outcome.transactions += 1
        self.outcome.longest_s = max(self.outcome.longest_s, took_s)
        if took_s > LONG_S:
            self.sizes[model] = max(min(LEAST_ROWS, self.most_rows), self._size(model) // 2)
        elif took_s < SHORT_S:
            self.sizes[model] = min(self.most_rows, self._size(model) * 2)


@session.retried
def _delete(model: Model, ids: Sequence[int], where: Sequence[Condition]) -> int:
    statement = delete(model).where(model.id.in_(ids), *where)
    with session.write() as unit:
        done: Any = unit.execute(statement.execution_options(synchronize_session=False))
        return int(done.rowcount)


@session.retried
def _read_ids(statement: Select[Any]) -> list[int]:
    with session.read() as unit:
        return list(unit.scalars(statement))


def _deleted_goals(unit: Session, ident: str) -> tuple[int, ...]:
    key = models.Goal.uuid if uuidutils.is_uuid_like(ident) else models.Goal.name
    known = select(models.Goal.id, models.Goal.deleted_at)
    found = unit.execute(known.where(key == limits.sought(unit, key, ident))).all()
    if not found:
        raise exception.GoalNotFound(goal=ident)
    deleted = tuple(row.id for row in found if row.deleted_at is not None)
    if not deleted:
        raise exception.NotSoftDeletedStateError(name="Goal", id=ident)
    return deleted
