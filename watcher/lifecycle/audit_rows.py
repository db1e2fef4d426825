# SPDX-License-Identifier: Apache-2.0
"""The transactions behind :mod:`watcher.lifecycle.audits` that look before they write."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, Final

from oslo_utils import uuidutils
from sqlalchemy import select
from sqlalchemy.orm import Session

from watcher.common import exception
from watcher.common.context import RequestContext
from watcher.db import models, queries, repository, runs
from watcher.db import session as db
from watcher.domain import schedule, states
from watcher.domain.states import AuditState, AuditType
from watcher.lifecycle import transitions
from watcher.lifecycle.transitions import Change, Transition
from watcher.objects.audit import Audit

WriteRun = Callable[[Session], bool]
"""Writes the run of an audit in its transaction; False if the run is not as it was known."""

_SCHEDULE: Final = frozenset({"audit_type", "interval"})
"""Columns that decide when an audit runs next."""


def insert(columns: Mapping[str, Any]) -> models.Audit:
    """Insert an audit, once, even if the answer to the commit is lost.

    :raises AuditAlreadyExists: when a live audit has the name, or a uuid that was given is taken.
    """
    if columns.get("uuid"):
        return _insert(columns)
    uuid = uuidutils.generate_uuid()
    try:
        return _insert({**columns, "uuid": uuid})
    except exception.AuditAlreadyExists:
        # Perhaps by an earlier attempt, whose commit succeeded but was not confirmed.
        found = _find(uuid)
        if found is None:
            raise
        return found


@db.retried
def _insert(columns: Mapping[str, Any]) -> models.Audit:
    with db.write() as session:
        return repository.create(session, models.Audit, columns)


@db.retried
def _find(uuid: str) -> models.Audit | None:
    with db.read() as session:
        rows = repository.list_rows(session, models.Audit, filters={"uuid": uuid})
        return rows[0] if rows else None


@db.retried
def update_columns(context: RequestContext, uuid: str, values: Mapping[str, Any]) -> Audit:
    """Write columns of an audit whatever its state is; a new interval changes its next run."""
    with db.write() as session:
        if not _SCHEDULE.isdisjoint(values):
            held = select(models.Audit).where(models.Audit.uuid == uuid).with_for_update()
            row = session.scalars(held.execution_options(populate_existing=True)).first()
            if row is not None:
                values = {**values, **next_run(row, values, queries.utc_now(session))}
        repository.update(session, models.Audit, uuid, values)
        return transitions.read_audit(session, context, uuid)


class _RunIsAnothers(Exception):
    """Rolls a transaction back: the run is no longer the one that its owner knows."""


@db.retried
def change(
    context: RequestContext,
    uuid: str,
    table: Collection[tuple[str, str]],
    transition: Transition,
    write_run: WriteRun,
) -> Change[Audit] | None:
    """Make a transition of an audit together with its run; None if either has changed.

    :param write_run: as :func:`begins`, :func:`ends` or :func:`follows` returns it.
    """
    with contextlib.suppress(_RunIsAnothers), db.write() as session:
        old = transitions.try_transition(session, models.Audit, uuid, table, transition)
        if old is None:
            return None
        if not write_run(session):
            raise _RunIsAnothers
        return Change(old, transitions.read_audit(session, context, uuid, show_deleted=True))
    return None


def begins(audit: Audit, host: str) -> WriteRun:
    """Begin the run on a host."""
    return partial(runs.begin, object_uuid=audit.uuid, host=host)


def ends(audit: Audit) -> WriteRun:
    """Forget the run, unless it now belongs to another owner."""
    return partial(runs.end, object_uuid=audit.uuid, known=audit.run)


def follows(audit: Audit, transition: Transition) -> WriteRun:
    """Forget the run, whoever owns it, unless it could continue in the new state."""
    if transition.to_state in (None, AuditState.ONGOING, AuditState.SUSPENDED):
        return lambda _session: True
    return partial(runs.end, object_uuid=audit.uuid)


def next_run(audit: Any, values: Mapping[str, Any], now: datetime.datetime) -> dict[str, Any]:
    """Return what a change of the type or interval does to the next run of an audit that waits.

    Another type takes the time away: for an EVENT audit it would say that the audit is triggered.
    A CONTINUOUS audit that waits between two runs is then nobody's. Otherwise nothing changes,
    even if the interval cannot be read: the engine reports that.

    :param values: columns that change.
    :param now: naive UTC.
    """
    stored, interval = audit.next_run_time, values.get("interval", audit.interval)
    if stored is None:
        return {}
    if values.get("audit_type", audit.audit_type) != audit.audit_type:
        return {"next_run_time": None, "hostname": values.get("hostname")}
    if interval == audit.interval or audit.audit_type != AuditType.CONTINUOUS:
        return {}
    moment, aware_now = (each.replace(tzinfo=datetime.UTC) for each in (stored, now))
    try:
        following = schedule.after_change(interval, moment, aware_now, audit.uuid)
    except exception.InvalidIntervalOrCron:
        return {}
    return {} if following is None else {"next_run_time": following.replace(tzinfo=None)}


@db.retried
def claim(
    context: RequestContext, audit_uuid: str, host: str, *, triggered: bool
) -> Change[Audit] | None:
    """Make a ONESHOT or due EVENT audit ONGOING on a host."""
    with db.write() as session:
        try:
            row = repository.get(session, models.Audit, uuid=audit_uuid)
        except exception.AuditNotFound:
            return None
        from_states = [AuditState.PENDING]
        if row.audit_type == AuditType.EVENT and (triggered or row.next_run_time):
            from_states.append(AuditState.SUCCEEDED)
        elif row.audit_type != AuditType.ONESHOT:
            return None
        transition = Transition(
            from_states,
            AuditState.ONGOING,
            where={"audit_type": row.audit_type, "next_run_time": row.next_run_time},
            values={"hostname": host, "next_run_time": None, "status_message": None},
        )
        old = transitions.try_transition(
            session, models.Audit, audit_uuid, states.AUDITS_BY_ENGINE, transition
        )
        if old is None:
            return None
        runs.begin(session, audit_uuid, host)
        return Change(old, transitions.read_audit(session, context, audit_uuid))


@db.retried
def mark_due(context: RequestContext, uuid: str) -> Audit | None:
    """Write into an EVENT audit that it is to run now, by the database's clock."""
    with db.write() as session:
        transition = Transition(
            (AuditState.PENDING, AuditState.SUCCEEDED),
            where={"audit_type": AuditType.EVENT.value},
            values={"next_run_time": queries.utc_now(session)},
        )
        if (
            transitions.try_transition(
                session, models.Audit, uuid, states.AUDITS_BY_ENGINE, transition
            )
            is None
        ):
            return None
        return transitions.read_audit(session, context, uuid)
