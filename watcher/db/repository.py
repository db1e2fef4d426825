# SPDX-License-Identifier: Apache-2.0
"""What every table can do, written once: create, get, list, update, transition, delete.

The caller opens the unit of work (``watcher.db.session``) and decides what belongs together.
Functions return rows of ``watcher.db.models``; relations are loaded only when named in ``load``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from oslo_db import exception as db_exception
from oslo_utils import strutils, uuidutils
from sqlalchemy import ColumnElement, Select, delete, insert, select
from sqlalchemy import update as sql_update
from sqlalchemy.orm import Session, joinedload

from watcher.common import exception
from watcher.db import filtering, limits, models
from watcher.db.types import machine_utc_now

R = TypeVar("R", bound=models.Row)

_NAMED_ONCE = (models.Audit, models.AuditTemplate)
"""Names of live rows are looked up before an insert: for audits no constraint does it."""

_REFERRERS: Mapping[type[models.Row], tuple[Any, type[exception.WatcherException], str]] = {
    models.Audit: (models.ActionPlan.audit_id, exception.AuditReferenced, "audit"),
    models.ActionPlan: (
        models.Action.action_plan_id,
        exception.ActionPlanReferenced,
        "action_plan",
    ),
}
"""What keeps a row from being destroyed: the column that refers to it, and the error."""


def create(session: Session, model: type[R], values: Mapping[str, Any]) -> R:
    """Insert a row and return it, with its id and defaults.

    :raises Conflict: the model's own AlreadyExists, when its uuid or name is taken.
    :raises Invalid: for a text that its column does not hold; see :mod:`watcher.db.limits`.
    """
    values = limits.fitted(session, model, values)
    if issubclass(model, _NAMED_ONCE) and values.get("name") is not None:
        _check_name_is_free(session, model, values["name"])
    row = model(**_completed(model, values))
    session.add(row)
    try:
        session.flush()
    except db_exception.DBDuplicateEntry as error:
        raise _already_exists(model, values, row, error) from error
    return row


def create_many(session: Session, model: type[R], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert many rows with one statement. All must have the same keys; names are not checked.

    :raises Conflict: the model's own AlreadyExists, when a uuid is taken.
    """
    if not rows:
        return
    try:
        fitted = (limits.fitted(session, model, values) for values in rows)
        session.execute(insert(model), [_completed(model, values) for values in fitted])
    except db_exception.DBDuplicateEntry as error:
        raise _already_exists(model, rows[0], None, error) from error


def get(
    session: Session,
    model: type[R],
    ident: int | str | None = None,
    *,
    id: int | None = None,
    uuid: str | None = None,
    name: str | None = None,
    show_deleted: bool = False,
    load: Iterable[str] = (),
) -> R:
    """Return one row, read again.

    :param ident: whole number: id; uuid: uuid; else the name, where the table has one.
    :param load: relations to join, e.g. ``("goal",)``. Soft-deleted ones are loaded too.
    :raises ResourceNotFound: the model's own NotFound.
    :raises InvalidIdentity: when ``ident`` can be none of these.
    """
    key, value = identity(model, ident, id=id, uuid=uuid, name=name)
    column = getattr(model, key)
    found = column == limits.sought(session, column, value)
    statement = _visible(select(model).where(found), model, show_deleted=show_deleted)
    # A name may be that of a live row and of deleted ones.
    statement = _with_relations(statement, model, load).order_by(model.deleted, model.id).limit(1)
    row = session.scalars(statement.execution_options(populate_existing=True)).first()
    if row is None:
        raise not_found(model, next(v for v in (ident, id, uuid, name) if v is not None))
    return row


def list_rows(
    session: Session,
    model: type[R],
    *,
    filters: Mapping[str, Any] | None = None,
    sort_key: str | None = None,
    sort_dir: str = "asc",
    limit: int | None = None,
    marker: int | str | None = None,
    show_deleted: bool = False,
    load: Iterable[str] = (),
) -> list[R]:
    """Return rows in order of ``sort_key``, then id.

    :param filters: ``{"state": "PENDING", "goal_uuid": ..., "created_at__lt": ...}``; operators
        eq, neq, gt, gte, lt, lte, in, notin.
    :param limit: rows at most; None: all of them.
    :param marker: uuid (or id) of the row after which to begin; costs one more statement. It may
        have been soft-deleted since.
    :raises InvalidSortKey: for an unknown key; :raises InvalidOperator: for an unknown operator.
    """
    order = filtering.Order.of(filtering.Paths(model), sort_key or "id", sort_dir)
    for key, value in (filters or {}).items():
        order.paths.add_filter(session, key, value)
    statement = _visible(order.paths.apply(select(model)), model, show_deleted=show_deleted)
    statement = order.sort(statement)
    if marker is not None:
        statement = order.after(statement, order.marker(session, marker, show_deleted=True))
    statement = _with_relations(statement, model, load).limit(limit)
    return list(session.scalars(statement.execution_options(populate_existing=True)))


def update(session: Session, model: type[R], uuid: int | str, values: Mapping[str, Any]) -> R:
    """Change columns of a live row under its lock and return it.

    :param uuid: uuid or id of the row.
    :raises Invalid: when the uuid is among the values, or a text that its column does not hold.
    """
    if "uuid" in values:
        raise exception.Invalid(message=f"Cannot overwrite UUID for an existing {model.noun}.")
    found = _is_named(session, model, uuid)
    statement = _visible(select(model).where(found), model, show_deleted=False).with_for_update()
    row = session.scalars(statement.execution_options(populate_existing=True)).first()
    if row is None:
        raise not_found(model, uuid)
    for name, value in limits.fitted(session, model, values).items():
        setattr(row, name, value)
    try:
        session.flush()
    except db_exception.DBDuplicateEntry as error:
        raise _already_exists(model, values, row, error) from error
    return row


def transition(
    session: Session,
    model: type[R],
    uuid: str,
    *,
    from_states: Iterable[str],
    to_state: str,
    where: Mapping[str, Any] | None = None,
    values: Mapping[str, Any] | None = None,
) -> bool:
    """Change the state of a live row if it still has one of the expected ones; tell whether it did.

    One statement, so that of two that try exactly one wins. Rows loaded before keep their values.

    :param where: further columns that must be equal, e.g. ``{"hostname": host}``; a list or tuple
        means any of these, None means NULL.
    :param values: further columns to set.
    """
    table: Any = model
    conditions = [_is_named(session, model, uuid), table.deleted_at.is_(None)]
    conditions.append(table.state.in_([str(state) for state in from_states]))
    for key, value in (where or {}).items():
        column = getattr(model, key)
        conditions.append(_equals(column, limits.sought(session, column, value)))
    stamped = {"state": str(to_state), "updated_at": machine_utc_now(), **(values or {})}
    return bool(update_all(session, model, conditions, stamped))


def update_all(
    session: Session,
    model: type[models.Row],
    where: Iterable[ColumnElement[bool]],
    values: Mapping[str, Any],
) -> int:
    """Change columns of all rows that meet the conditions, with one statement; tell how many.

    Rows loaded before keep their values. Values may be SQL expressions.
    """
    changed: Any = session.execute(
        sql_update(model)
        .where(*where)
        .values(limits.fitted(session, model, values))
        .execution_options(synchronize_session=False)
    )
    return int(changed.rowcount)


def soft_delete(
    session: Session, model: type[R], uuid: int | str, values: Mapping[str, Any] | None = None
) -> R:
    """Mark a row as deleted and return it. A row that already is gets a new date.

    :param values: columns to set with it, e.g. the state.
    """
    found = _is_named(session, model, uuid)
    statement = select(model).where(found).with_for_update()
    row = session.scalars(statement.execution_options(populate_existing=True)).first()
    if row is None:
        raise not_found(model, uuid)
    for name, value in limits.fitted(session, model, values or {}).items():
        setattr(row, name, value)
    row.deleted, row.deleted_at = row.id, machine_utc_now()
    session.flush()
    return row


def soft_delete_parts(session: Session, action_plan_id: int) -> None:
    """Mark the live actions and efficacy indicators of an action plan as deleted."""
    parts: tuple[Any, ...] = (models.Action, models.EfficacyIndicator)
    for part in parts:
        values = {"deleted": part.id, "deleted_at": machine_utc_now()}
        if part is models.Action:
            values["state"] = "DELETED"
        update_all(session, part, (part.action_plan_id == action_plan_id, is_live(part)), values)


def destroy(session: Session, model: type[R], uuid: int | str) -> None:
    """Remove a row for good. Efficacy indicators go with their action plan.

    :raises AuditReferenced: for an audit that has plans.
    :raises ActionPlanReferenced: for a plan that has actions.
    """
    row = get(session, model, show_deleted=True, **_key(uuid))
    if model in _REFERRERS:
        column, error, key = _REFERRERS[model]
        if session.scalar(select(column).where(column == row.id).limit(1)) is not None:
            raise error(**{key: uuid})
    if model is models.ActionPlan:
        indicators = models.EfficacyIndicator
        session.execute(delete(indicators).where(indicators.action_plan_id == row.id))
    session.delete(row)
    session.flush()


def identity(
    model: type[models.Row],
    ident: int | str | None = None,
    *,
    id: int | None = None,
    uuid: str | None = None,
    name: str | None = None,
) -> tuple[str, int | str | None]:
    """Return the column that an identity is about, and its value; see :func:`get`."""
    if ident is not None:
        id, uuid, name = _read_ident(model, ident)
    if id is not None:
        # A number too large for the column finds nothing, on every database.
        return "id", id if filtering.is_id(id) else -1
    return (model.name_key, name) if uuid is None else ("uuid", uuid)


def not_found(model: type[models.Row], ident: object) -> exception.WatcherException:
    """Return the model's own NotFound error for an identity."""
    return model.not_found(**{model.not_found_key: ident})


def is_live(model: type[models.Row]) -> ColumnElement[bool]:
    """Return the SQL condition that a row is not soft-deleted."""
    return model.deleted_at.is_(None)


def _read_ident(
    model: type[models.Row], ident: int | str
) -> tuple[int | None, str | None, str | None]:
    """Return (id, uuid, name) with the one set that the identity is."""
    if strutils.is_int_like(ident):
        return int(ident), None, None
    if uuidutils.is_uuid_like(ident) and hasattr(model, "uuid"):
        return None, str(ident), None
    if hasattr(model, model.name_key):
        return None, None, str(ident)
    raise exception.InvalidIdentity(identity=ident)


def _key(uuid: int | str) -> dict[str, Any]:
    return {"id": uuid} if isinstance(uuid, int) else {"uuid": uuid}


def _is_named(session: Session, model: type[models.Row], uuid: int | str) -> ColumnElement[bool]:
    """Return the SQL condition for the row with a uuid or an id; any text is allowed."""
    key, value = identity(model, **_key(uuid))
    column = getattr(model, key)
    found: ColumnElement[bool] = column == limits.sought(session, column, value)
    return found


def _visible(statement: Select[R], model: type[R], *, show_deleted: bool) -> Select[R]:
    return statement if show_deleted else statement.where(is_live(model))


def _with_relations(statement: Select[R], model: type[R], load: Iterable[str]) -> Select[R]:
    return statement.options(*(_joined(model, path) for path in load))


def _joined(model: type[models.Row], path: str) -> Any:
    """Return the loader of a relation, or of a relation's relation: ``"audit.goal"``."""
    option: Any = None
    step: Any = model
    for name in path.split("."):
        relation = getattr(step, name)
        option = joinedload(relation) if option is None else option.joinedload(relation)
        step = relation.property.mapper.class_
    return option


def _equals(column: Any, value: Any) -> ColumnElement[bool]:
    condition: ColumnElement[bool]
    if isinstance(value, list | tuple | set | frozenset):
        condition = column.in_(list(value))
    else:
        condition = column == value
    return condition


def _completed(model: type[models.Row], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a new row: an indicator's number goes into both of its columns."""
    completed = dict(values)
    if model is models.EfficacyIndicator:
        number = completed.get("data", completed.get("value"))
        completed["value"] = completed["data"] = number
    return completed


def _check_name_is_free(session: Session, model: type[models.Row], name: str) -> None:
    """Refuse a name that a live row has.

    No constraint does it for audits, so creations queue up at one row that always exists
    where audits can exist; the next one sees what this one committed.
    """
    line = select(models.Goal.id).order_by(models.Goal.id).limit(1)
    session.execute(line.with_for_update(key_share=True))
    table: Any = model
    taken = select(table.id).where(table.name == name, is_live(model)).limit(1)
    if session.scalar(taken) is not None:
        raise model.already_exists(**{model.already_exists_key: name})


def _already_exists(
    model: type[models.Row],
    values: Mapping[str, Any],
    row: models.Row | None,
    error: db_exception.DBDuplicateEntry,
) -> exception.WatcherException:
    key = model.already_exists_key
    taken = "uuid" if any("uuid" in column for column in error.columns) else model.name_key
    if model is models.Service:
        return model.already_exists(name=values.get("name"), host=values.get("host"))
    shown = values.get(taken) or values.get(key) or values.get("name") or getattr(row, "uuid", None)
    return model.already_exists(**{key: shown})
