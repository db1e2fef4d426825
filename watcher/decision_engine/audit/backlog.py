# SPDX-License-Identifier: Apache-2.0
"""What the decision engine asks the database: which audits wait, run, or were left behind.

One statement each, whatever the number of audits. Answers are only hints: whoever acts on them does
so through ``watcher.lifecycle``, which looks again.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from sqlalchemy import and_, or_, select

from watcher import objects
from watcher.common.context import RequestContext
from watcher.db import models, queries, repository
from watcher.db import session as db
from watcher.domain.states import ActionPlanState, AuditState, AuditType
from watcher.lifecycle import transitions

LIMIT = 1000  # the most waiting audits that one look returns; the next look finds the rest


@db.retried
def waiting_audits() -> list[str]:
    """Return the uuids of the audits that any engine may run now, oldest first.

    PENDING ONESHOT audits, and EVENT audits that were triggered.
    """
    audit = models.Audit
    oneshot = and_(audit.audit_type == AuditType.ONESHOT, audit.state == AuditState.PENDING)
    event = and_(
        audit.audit_type == AuditType.EVENT,
        audit.state.in_([AuditState.PENDING, AuditState.SUCCEEDED]),
        audit.next_run_time.is_not(None),
    )
    statement = select(audit.uuid).where(or_(oneshot, event), repository.is_live(audit))
    with db.read() as session:
        found = session.scalars(statement.order_by(audit.id).limit(LIMIT))
        return [uuid for uuid in found if uuid is not None]


def running_audits(context: RequestContext) -> list[objects.Audit]:
    """Return the ONESHOT and EVENT audits that some engine runs, or has left behind."""
    return _audits(context, (AuditType.ONESHOT, AuditType.EVENT), (AuditState.ONGOING,))


def continuous_audits(context: RequestContext) -> list[objects.Audit]:
    """Return the CONTINUOUS audits that have not ended and are not suspended."""
    states = (AuditState.PENDING, AuditState.ONGOING)
    return _audits(context, (AuditType.CONTINUOUS,), states)


@db.retried
def find_audit(context: RequestContext, uuid: str) -> objects.Audit | None:
    """Return an audit, or None if there is none (any more)."""
    with db.read() as session:
        rows = repository.list_rows(session, models.Audit, filters={"uuid": uuid}, limit=1)
        return objects.Audit.from_row(context, rows[0]) if rows else None


@db.retried
def goal_of_strategy(strategy_id: int) -> str | None:
    """Return the name of the goal that a strategy belongs to."""
    goal, strategy = models.Goal, models.Strategy
    statement = select(goal.name).join(strategy, strategy.goal_id == goal.id)
    with db.read() as session:
        return session.scalars(statement.where(strategy.id == strategy_id)).first()


@db.retried
def ongoing_plan() -> str | None:
    """Return the uuid of an action plan that runs now, anywhere in the deployment."""
    plan = models.ActionPlan
    statement = select(plan.uuid).where(plan.state == ActionPlanState.ONGOING)
    with db.read() as session:
        return session.scalars(statement.where(repository.is_live(plan)).limit(1)).first()


@db.retried
def utc_now() -> datetime.datetime:
    """Return the database's time, aware."""
    with db.read() as session:
        return queries.utc_now(session).replace(tzinfo=datetime.UTC)


@db.retried
def _audits(
    context: RequestContext, types: Iterable[AuditType], states: Iterable[AuditState]
) -> list[objects.Audit]:
    filters = {"audit_type__in": [*types], "state__in": [*states]}
    with db.read() as session:
        return transitions.read_audits(session, context, filters)
