# SPDX-License-Identifier: Apache-2.0
"""Which soft-deleted rows a purge has to leave, and because of what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from watcher.db import purgeable, session
from watcher.db.purgeable import ORDER, Condition, Criteria, Model


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows that were chosen but must stay.

    :ivar number: how many rows of the table.
    :ivar needed_by: tables whose remaining rows refer to them.
    """

    model: Model
    number: int
    needed_by: tuple[Model, ...]


@session.retried
def kept(wanted: Criteria) -> list[Kept]:
    """Say which chosen rows cannot be removed, and because of which tables."""
    with session.read() as unit:
        found = (_kept_of(unit, wanted, model) for model in reversed(ORDER))
        return [each for each in found if each is not None]


def _kept_of(unit: Session, wanted: Criteria, model: Model) -> Kept | None:
    row: Any = model
    chosen = purgeable.chosen(wanted, model, row)
    if not _is_there(unit, row, chosen):
        return None
    staying = select(row.id).where(chosen, purgeable.is_needed(wanted, model, row))
    number = unit.scalars(select(func.count()).select_from(staying.subquery())).one()
    if not number:
        return None
    needed_by = tuple(
        referrer
        for referrer, column in purgeable.referrers(model)
        if _is_there(unit, row, chosen, purgeable.needs(wanted, referrer, column, row))
    )
    return Kept(model, number, needed_by)


def _is_there(unit: Session, row: Any, *where: Condition) -> bool:
    return unit.scalars(select(row.id).where(*where).limit(1)).first() is not None
