# SPDX-License-Identifier: Apache-2.0
"""What an owner notes about its work in the table of runs, in addition to the published row.

Except for :func:`forget_ended`, call every function here in the transaction that changes the row
of the work itself, after that change: the row's lock makes writers of the same run queue up.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import sqlalchemy
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from watcher.db import limits, models, repository
from watcher.db import session as db
from watcher.domain.states import AuditState

_Run = models.Run


@dataclasses.dataclass(frozen=True, slots=True)
class StoredRun:
    """What the table of runs says about work in progress.

    :ivar attempt: how often it was begun; no two owners of a run have the same number.
    :ivar interruptions: how often its owner stopped in the middle of it.
    :ivar plan_uuid: the action plan that it has made.
    """

    attempt: int
    interruptions: int = 0
    plan_uuid: str | None = None


def begin(session: Session, object_uuid: str, host: str) -> bool:
    """Note that a host begins work from the start; always returns True."""
    if not _change(session, object_uuid, host=host, interruptions=0, plan_uuid=None):
        _insert(session, object_uuid, host, interruptions=0)
    return True


def take_over(
    session: Session, object_uuid: str, known: StoredRun | None, host: str, *, interrupted: bool
) -> bool:
    """Note that a host continues work; False if the run is no longer the ``known`` one.

    :param known: None for the work of a daemon that keeps no such notes.
    :param interrupted: whether its last owner stopped in the middle of it.
    """
    count = int(interrupted)
    if known is not None:
        values = {"host": host, "interruptions": known.interruptions + count}
        return _change(session, object_uuid, attempt=known.attempt, **values)
    if not _change(session, object_uuid, host=host, interruptions=count, plan_uuid=None):
        _insert(session, object_uuid, host, interruptions=count)
    return True


def note_plan(session: Session, object_uuid: str, known: StoredRun, plan_uuid: str) -> bool:
    """Note the plan of this run; False if it already has one, or has another owner now."""
    statement = (
        update(_Run)
        .where(_Run.object_uuid == object_uuid, _Run.attempt == known.attempt)
        .where(_Run.plan_uuid.is_(None))
        .values(plan_uuid=plan_uuid)
    )
    return _rows(session, statement) == 1


def end(session: Session, object_uuid: str, known: StoredRun | None = None) -> bool:
    """Forget a run; False if it is no longer the ``known`` one."""
    statement = delete(_Run).where(_Run.object_uuid == object_uuid)
    if known is None:
        _rows(session, statement)
        return True
    return _rows(session, statement.where(_Run.attempt == known.attempt)) == 1


@db.retried
def forget_ended() -> None:
    """Remove the notes of runs that no audit is in: a service of another release ended them.

    A database that was not upgraded yet has none.
    """
    if not sqlalchemy.inspect(db.engine()).has_table(_Run.__tablename__):
        return
    audit = models.Audit
    running = select(audit.uuid).where(
        audit.uuid == _Run.object_uuid,
        audit.state.in_([AuditState.ONGOING, AuditState.SUSPENDED]),
        repository.is_live(audit),
    )
    with db.write() as unit:
        unit.execute(delete(_Run).where(~running.exists()))


def _change(session: Session, object_uuid: str, attempt: int | None = None, **values: Any) -> bool:
    statement = update(_Run).where(_Run.object_uuid == object_uuid)
    if attempt is not None:
        statement = statement.where(_Run.attempt == attempt)
    fitted = limits.fitted(session, _Run, values)
    return _rows(session, statement.values(attempt=_Run.attempt + 1, **fitted)) == 1


def _insert(session: Session, object_uuid: str, host: str, *, interruptions: int) -> None:
    session.add(_Run(object_uuid=object_uuid, host=host, attempt=1, interruptions=interruptions))
    session.flush()


def _rows(session: Session, statement: Any) -> int:
    done: Any = session.execute(statement.execution_options(synchronize_session=False))
    return int(done.rowcount)
