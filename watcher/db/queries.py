# SPDX-License-Identifier: Apache-2.0
"""The reads that are special: pages of plain columns for the API, and work for the daemons.

:func:`fetch_page` and :func:`fetch_one` return rows of values, never models: no identity map, no
object, one statement whatever the number of relations and rows.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Executable, Row, Select, bindparam, func, select
from sqlalchemy.orm import Session

from watcher.db import limits, models, repository
from watcher.db.clock import utc_now
from watcher.db.filtering import Order, Paths

__all__ = [
    "action_descriptions",
    "fetch_one",
    "fetch_page",
    "indicators_by_plan",
    "pending_action_plans",
    "utc_now",
]


def fetch_page(
    session: Session,
    model: type[models.Row],
    paths: Sequence[str],
    *,
    where: Mapping[str, Any] | None = None,
    sort: str = "id",
    direction: str = "asc",
    limit: int | None,
    marker: int | str | None = None,
    show_deleted: bool = False,
) -> list[Row[Any]]:
    """Return one page of rows, each with the values of ``paths`` in that order.

    One statement, and a second one with a marker. ``row.goal__name`` works too.

    :param paths: dotted: ``("uuid", "goal.name", "action_plan.audit.uuid")``.
    :param where: filters by dotted path or published name; see
        :meth:`watcher.db.filtering.Paths.add_filter`.
    :param sort: dotted path; ties are broken by id.
    :param limit: rows at most; None: all of them.
    :param marker: uuid of the row after which the page begins (id where there is no uuid).
    :raises ResourceNotFound: the model's own NotFound, for an unknown marker.
    """
    statement, order = _page(model, tuple(paths), sort, direction, show_deleted, bool(where))
    more = order.paths.extended()
    for key, value in (where or {}).items():
        more.add_filter(session, key, value)
    statement = more.apply(statement)
    if marker is not None:
        statement = order.after(statement, order.marker(session, marker, show_deleted=show_deleted))
    return _run(session, statement.limit(limit))


def fetch_one(
    session: Session,
    model: type[models.Row],
    paths: Sequence[str],
    ident: int | str | None = None,
    *,
    id: int | None = None,
    uuid: str | None = None,
    name: str | None = None,
    show_deleted: bool = False,
) -> Row[Any]:
    """Return the values of ``paths`` of one row, with one statement.

    :param ident: id, uuid or name, told apart as in :func:`watcher.db.repository.get`.
    :raises ResourceNotFound: the model's own NotFound.
    """
    key, value = repository.identity(model, ident, id=id, uuid=uuid, name=name)
    statement = _item(model, tuple(paths), key, show_deleted)
    sought = limits.sought(session, getattr(model, key), value)
    rows = _run(session, statement, {"wanted": sought})
    if not rows:
        wanted = next(value for value in (ident, id, uuid, name) if value is not None)
        raise repository.not_found(model, wanted)
    row: Row[Any] = rows[0]
    return row


def indicators_by_plan(
    session: Session, plan_ids: Iterable[int]
) -> dict[int, list[Row[tuple[int, str, str, str, float]]]]:
    """Return the live efficacy indicators of plans: plan id -> rows in order of creation.

    Each row has ``action_plan_id, name, description, unit, value``. One statement.
    """
    table = models.EfficacyIndicator
    found: dict[int, list[Any]] = {plan_id: [] for plan_id in plan_ids}
    if not found:
        return found
    # Rows from before revision 15f7375ca737 have their number in the old column only.
    number = func.coalesce(table.data, table.value).label("value")
    statement = (
        select(table.action_plan_id, table.name, table.description, table.unit, number)
        .where(_among(table.action_plan_id, list(found)), repository.is_live(table))
        .order_by(table.id)
    )
    for row in _run(session, statement):
        if row[0] in found:
            found[row[0]].append(row)
    return found


def _among(column: Any, ids: Sequence[int]) -> ColumnElement[bool]:
    """Return a condition that holds for these ids, and perhaps for some between them.

    The ids of a page are mostly neighbours, and a thousand parameters cost more than their rows.
    """
    first, last = min(ids), max(ids)
    dense = last - first < 2 * len(ids)
    found: ColumnElement[bool] = column.between(first, last) if dense else column.in_(ids)
    return found


def action_descriptions(session: Session) -> dict[str, str]:
    """Return the live descriptions: action type -> sentence."""
    table = models.ActionDescription
    statement = select(table.action_type, table.description).where(repository.is_live(table))
    return {row[0]: row[1] for row in _run(session, statement)}


def pending_action_plans(session: Session, *, limit: int = 100) -> list[models.ActionPlan]:
    """Return PENDING action plans, oldest first, that any applier may claim."""
    table = models.ActionPlan
    statement = select(table).where(table.state == "PENDING", repository.is_live(table))
    return list(session.scalars(statement.order_by(table.id).limit(limit)))


def _run(
    session: Session, statement: Executable, values: Mapping[str, Any] | None = None
) -> list[Any]:
    """Return the rows of a statement that selects columns.

    Past the ORM, which would look at each row again although there is nothing to load.
    """
    return list(session.connection().execute(statement, values).all())


@functools.lru_cache(maxsize=512)
def _item(
    model: type[models.Row], paths: tuple[str, ...], key: str, show_deleted: bool
) -> Select[Any]:
    """Return the statement that reads one row; to make one costs more than to run it."""
    used = Paths(model)
    statement = used.apply(select(*_columns(used, paths)))
    statement = statement.where(used.column(key) == bindparam("wanted"))
    statement = _live(statement, model, show_deleted=show_deleted)
    return statement.order_by(model.deleted, model.id).limit(1)


@functools.lru_cache(maxsize=512)
def _page(
    model: type[models.Row],
    paths: tuple[str, ...],
    sort: str,
    direction: str,
    show_deleted: bool,
    filtered: bool,
) -> tuple[Select[Any], Order]:
    """Return the statement that all pages of a list share, and its order."""
    used = Paths(model)
    columns = _columns(used, paths)
    order = Order.of(used, sort, direction)
    statement = order.sort(used.apply(select(*columns)))
    if not filtered:
        statement = order.along_index(statement)
    return _live(statement, model, show_deleted=show_deleted), order


def _columns(used: Paths, paths: Sequence[str]) -> list[Any]:
    return [used.column(path).label(path.replace(".", "__")) for path in paths]


def _live(statement: Select[Any], model: type[models.Row], *, show_deleted: bool) -> Select[Any]:
    return statement if show_deleted else statement.where(repository.is_live(model))
