# SPDX-License-Identifier: Apache-2.0
"""Brings goals, strategies and scoring engines of the database in line with what is installed.

A row never changes: a plug-in that differs from its row gets a new one, and the old one is
soft-deleted. What pointed to the old row is moved to the new one, and work that was begun with
the old plug-in is cancelled. Audits and plans that have ended keep their state: history is not
rewritten.

First everything is read and compared, then stale work is cancelled, then the rows are replaced in
one transaction; a sync that is interrupted is repeated as a whole by the next one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Generic, TypeVar

from oslo_log import log
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from watcher import objects
from watcher.common import exception
from watcher.common.context import RequestContext, make_admin_context
from watcher.db import limits, models, repository
from watcher.db import session as db
from watcher.decision_engine import catalogue
from watcher.domain.states import ActionPlanState, AuditState
from watcher.lifecycle import action_plans, audits

LOG = log.getLogger(__name__)

ATTEMPTS = 3  # engines that start at the same time meet at the unique names
LIVE_AUDITS = (AuditState.PENDING, AuditState.ONGOING, AuditState.SUSPENDED)
LIVE_PLANS = (ActionPlanState.RECOMMENDED, ActionPlanState.PENDING)

R = TypeVar("R", bound=models.Row)
E = TypeVar("E")


@dataclass(slots=True)
class Difference(Generic[R, E]):
    """What is to be done with the rows of one table.

    :ivar changed: rows that an entry replaces, with that entry.
    :ivar gone: rows without an entry.
    :ivar new: entries without a row.
    """

    changed: list[tuple[R, E]] = field(default_factory=list)
    gone: list[R] = field(default_factory=list)
    new: list[E] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.changed or self.gone or self.new)

    def replaced_ids(self) -> list[int]:
        """Return the ids of the rows that get a successor."""
        return [row.id for row, _ in self.changed]

    def gone_ids(self) -> list[int]:
        """Return the ids of the rows that get none."""
        return [row.id for row in self.gone]


@dataclass(frozen=True, slots=True)
class Differences:
    """What is to be done in all tables."""

    goals: Difference[models.Goal, catalogue.GoalEntry]
    strategies: Difference[models.Strategy, catalogue.StrategyEntry]
    scoring_engines: Difference[models.ScoringEngine, catalogue.ScoringEngineEntry]

    def __bool__(self) -> bool:
        return bool(self.goals or self.strategies or self.scoring_engines)


def sync(
    context: RequestContext | None = None, installed: catalogue.Catalogue | None = None
) -> None:
    """Bring the database in line with what is installed. Safe to run at the same time elsewhere."""
    context = context or make_admin_context()
    installed = installed or catalogue.installed()
    for attempt in range(1, ATTEMPTS + 1):
        differences = compare(installed)
        if not differences:
            LOG.debug("Goals, strategies and scoring engines are as installed")
            return
        cancel_stale_work(context, differences)
        try:
            exchange(differences)
        except exception.Conflict as error:
            if attempt == ATTEMPTS:
                raise
            LOG.info("Another engine is synchronising at the same time: %s", error)
        else:
            _tell(differences)
            return


@db.retried
def compare(installed: catalogue.Catalogue) -> Differences:
    """Compare the rows with what is installed; three statements."""
    with db.read() as session:
        goals = repository.list_rows(session, models.Goal)
        strategies = repository.list_rows(session, models.Strategy)
        engines = repository.list_rows(session, models.ScoringEngine)
        installed = _as_stored(session, installed)
    goal_difference = _differ(
        goals,
        installed.goals,
        lambda row: catalogue.goal_identity(row.display_name, row.efficacy_specification),
    )
    kept = {row.id for row in goals} - {*goal_difference.replaced_ids()}
    names = {row.id: row.name for row in goals if row.id in kept}
    return Differences(
        goal_difference,
        # The goal of a row that is replaced has no name here, so its strategies differ too.
        _differ(
            strategies,
            installed.strategies,
            lambda row: catalogue.strategy_identity(
                row.display_name, names.get(row.goal_id), row.parameters_spec
            ),
        ),
        _differ(engines, installed.scoring_engines, lambda row: (row.description, row.metainfo)),
    )


def cancel_stale_work(context: RequestContext, differences: Differences) -> None:
    """Cancel audits and plans that were begun with plug-ins that changed or are gone."""
    goals, strategies = differences.goals, differences.strategies
    old_strategies = [*strategies.replaced_ids(), *strategies.gone_ids()]
    touched_goals = [*goals.replaced_ids(), *goals.gone_ids()]
    if not old_strategies and not touched_goals:
        return
    stale, plans = _stale_work(context, old_strategies, goals.gone_ids(), touched_goals)
    for uuid in plans:
        action_plans.cancel_stale(context, uuid)
    for audit in stale:
        audits.cancel_stale(context, audit)
    if stale or plans:
        LOG.warning(
            "Cancelled %d audits and %d action plans whose goal or strategy has changed or is gone",
            len(stale),
            len(plans),
        )


@db.retried
def exchange(differences: Differences) -> None:
    """Replace, remove and add rows, and move what points to them; one transaction.

    :raises Conflict: another engine added a row of the same name.
    """
    with db.write() as session:
        _exchange_goals(session, differences.goals)
        goals = {row.name: row.id for row in repository.list_rows(session, models.Goal)}
        _exchange_strategies(session, differences.strategies, goals)
        _exchange_scoring_engines(session, differences.scoring_engines)


def _as_stored(session: Session, installed: catalogue.Catalogue) -> catalogue.Catalogue:
    """Return what is installed as the columns keep it; else every sync would find it changed."""
    goals = _fitting(session, models.Goal, installed.goals)
    strategies = _fitting(session, models.Strategy, installed.strategies)
    return catalogue.Catalogue(
        goals,
        {name: entry for name, entry in strategies.items() if entry.goal_name in goals},
        _fitting(session, models.ScoringEngine, installed.scoring_engines),
    )


def _fitting(
    session: Session, model: type[models.Row], entries: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the entries without those whose name or parameters no column can keep."""
    found = {}
    for name, entry in entries.items():
        values = {each.name: getattr(entry, each.name) for each in fields(entry)}
        try:
            found[name] = replace(entry, **limits.fitted(session, model, values))
        except exception.Invalid as error:
            LOG.warning("%s is left out: %s", name, error)
    return found


def _differ(rows: Sequence[R], entries: Mapping[str, Any], identity: Any) -> Difference[R, Any]:
    found: Difference[R, Any] = Difference()
    names = set()
    for row in rows:
        name: str = getattr(row, "name")  # noqa: B009 - every table here has it, the base has not
        names.add(name)
        entry = entries.get(name)
        if entry is None:
            found.gone.append(row)
        elif entry.identity != identity(row):
            found.changed.append((row, entry))
    found.new.extend(entry for name, entry in entries.items() if name not in names)
    return found


@db.retried
def _stale_work(
    context: RequestContext,
    old_strategies: Sequence[int],
    gone_goals: Sequence[int],
    touched_goals: Sequence[int],
) -> tuple[list[objects.Audit], list[str]]:
    """Return the audits and the uuids of the plans to cancel; two statements."""
    audit, plan = models.Audit, models.ActionPlan
    stale = or_(audit.strategy_id.in_(old_strategies), audit.goal_id.in_(gone_goals))
    audit_rows = (
        select(audit).where(stale, audit.state.in_(LIVE_AUDITS)).where(repository.is_live(audit))
    )
    touched = or_(
        plan.strategy_id.in_(old_strategies),
        audit.strategy_id.in_(old_strategies),
        audit.goal_id.in_(touched_goals),
    )
    plan_uuids = (
        select(plan.uuid)
        .join(audit, audit.id == plan.audit_id)
        .where(touched, plan.state.in_(LIVE_PLANS))
        .where(repository.is_live(plan))
    )
    with db.read() as session:
        found = [objects.Audit.from_row(context, row) for row in session.scalars(audit_rows)]
        return found, [uuid for uuid in session.scalars(plan_uuids) if uuid is not None]


def _exchange_goals(session: Session, goals: Difference[models.Goal, catalogue.GoalEntry]) -> None:
    for row in goals.gone:
        repository.soft_delete(session, models.Goal, row.id)
        _warn_of_templates(session, row)
    for row, entry in goals.changed:
        repository.soft_delete(session, models.Goal, row.id)
        successor = repository.create(session, models.Goal, _goal_columns(entry))
        for table in (models.AuditTemplate, models.Audit):
            _repoint(session, table, "goal_id", row.id, successor.id)
    for entry in goals.new:
        repository.create(session, models.Goal, _goal_columns(entry))


def _exchange_strategies(
    session: Session,
    strategies: Difference[models.Strategy, catalogue.StrategyEntry],
    goals: Mapping[str, int],
) -> None:
    for row in strategies.gone:
        repository.soft_delete(session, models.Strategy, row.id)
        _repoint(session, models.AuditTemplate, "strategy_id", row.id, None)
    for row, entry in strategies.changed:
        repository.soft_delete(session, models.Strategy, row.id)
        successor = repository.create(session, models.Strategy, _strategy_columns(entry, goals))
        for table in (models.AuditTemplate, models.Audit, models.ActionPlan):
            _repoint(session, table, "strategy_id", row.id, successor.id)
    for entry in strategies.new:
        repository.create(session, models.Strategy, _strategy_columns(entry, goals))


def _exchange_scoring_engines(
    session: Session,
    engines: Difference[models.ScoringEngine, catalogue.ScoringEngineEntry],
) -> None:
    for row in (*engines.gone, *(row for row, _ in engines.changed)):
        repository.soft_delete(session, models.ScoringEngine, row.id)
    for entry in (*engines.new, *(entry for _, entry in engines.changed)):
        columns = {
            "name": entry.name,
            "description": entry.description,
            "metainfo": entry.metainfo,
        }
        repository.create(session, models.ScoringEngine, columns)


def _repoint(
    session: Session, table: type[models.Row], column: str, old: int, new: int | None
) -> None:
    """Move live rows of *table* from one goal or strategy to another; ``updated_at`` stays."""
    found = (getattr(table, column) == old, repository.is_live(table))
    repository.update_all(session, table, found, {column: new, "updated_at": table.updated_at})


def _warn_of_templates(session: Session, goal: models.Goal) -> None:
    """Report that audit templates lose their goal: they cannot be used any more."""
    template = models.AuditTemplate
    names = select(template.name).where(template.goal_id == goal.id, repository.is_live(template))
    if found := sorted(str(name) for name in session.scalars(names)):
        LOG.warning("Goal %s is gone; its audit templates stay: %s", goal.name, ", ".join(found))


def _goal_columns(entry: catalogue.GoalEntry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "display_name": entry.display_name,
        "efficacy_specification": entry.efficacy_specification,
    }


def _strategy_columns(entry: catalogue.StrategyEntry, goals: Mapping[str, int]) -> dict[str, Any]:
    return {
        "name": entry.name,
        "display_name": entry.display_name,
        "goal_id": goals[entry.goal_name],
        "parameters_spec": entry.parameters_spec,
    }


def _tell(differences: Differences) -> None:
    for what, found in (
        ("goals", differences.goals),
        ("strategies", differences.strategies),
        ("scoring engines", differences.scoring_engines),
    ):
        if found:
            LOG.info(
                "%s: %d new, %d replaced, %d removed",
                what.capitalize(),
                len(found.new),
                len(found.changed),
                len(found.gone),
            )
