# SPDX-License-Identifier: Apache-2.0
"""Dotted column paths, filters, order and keyset paging, for every table alike.

A path like ``action_plan.audit.uuid`` names a column through to-one relations; each relation on
the way is joined once, as an outer join, whoever asks for it.
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar

from oslo_db import exception as db_exception
from oslo_utils import strutils, timeutils, uuidutils
from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    UniqueConstraint,
    and_,
    false,
    func,
    inspect,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from watcher.common import exception
from watcher.db import limits, models
from watcher.db.types import UtcDateTime

S = TypeVar("S", bound=Select[Any])

#: Of a long text these decide on its place; their keys take at most four bytes each.
_SORTED_CHARACTERS = 255

_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "neq": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "in": lambda column, values: column.in_(list(values)),
    "notin": lambda column, values: column.not_in(list(values)),
}

_LONG_WAYS: Mapping[tuple[type[models.Base], str], str] = {
    (models.Action, "audit_uuid"): "action_plan.audit.uuid",
}
"""Published filter names that reach further than one relation."""

OFFERED: str = "offered"
"""``offered.name``: a strategy of the row's goal, which need not be the strategy of the row."""


class Paths:
    """The columns that one statement on a model uses, and the joins they need."""

    def __init__(self, model: type[models.Base]) -> None:
        self.model = model
        self.conditions: list[ColumnElement[bool]] = []
        self._tables: dict[tuple[str, ...], Any] = {(): model}
        self._joins: list[tuple[Any, Any]] = []

    def extended(self) -> Paths:
        """Return paths that know these tables and add only what comes on top of them."""
        more = Paths(self.model)
        more._tables = dict(self._tables)
        return more

    def column(self, path: str) -> InstrumentedAttribute[Any]:
        """Return the column at a path.

        :raises KeyError: when there is none.
        """
        *relations, name = path.split(".")
        table = self._table(tuple(relations))
        if name not in inspect(table).mapper.column_attrs:
            raise KeyError(path)
        found: InstrumentedAttribute[Any] = getattr(table, name)
        return found

    def may_be_null(self, path: str) -> bool:
        """Tell whether the column at a path can be NULL in a row of the statement."""
        nullable: bool = self.column(path).property.columns[0].nullable
        return "." in path or (nullable and path != "uuid")

    def add_filter(self, session: Session, key: str, value: Any) -> None:
        """Add the condition that a filter stands for.

        :param key: ``name``, ``goal.name`` or the published ``goal_name``, with ``__operator`` or
            without (equality; a list or tuple means any of them).
        :raises InvalidParameter: for an unknown name; :raises InvalidOperator: for an operator.
        """
        if key.startswith(f"{OFFERED}."):
            self._add_offered(session, key.partition(".")[2], value)
            return
        name, separator, suffix = key.partition("__")
        if separator and suffix not in _COMPARISONS:
            raise exception.InvalidOperator(operator=suffix, valid_operators=sorted(_COMPARISONS))
        if name == "deleted" and suffix in {"", "eq", "neq"}:
            self.conditions.append(self._deleted(value, is_wanted=suffix != "neq"))
            return
        try:
            column = self.column(_path_of_filter(self.model, name))
        except KeyError as error:
            raise exception.InvalidParameter(
                message=f"'{name}' is not a filter of {self.model.__tablename__}"
            ) from error
        if not suffix:
            suffix = "in" if isinstance(value, list | tuple | set | frozenset) else "eq"
        wanted = limits.sought(session, column, _comparable(column, value))
        self.conditions.append(_COMPARISONS[suffix](column, wanted))

    def apply(self, statement: S) -> S:
        """Return the statement with the joins and conditions gathered so far."""
        for table, relation in self._joins:
            statement = statement.outerjoin(table, relation)
        return statement.where(*self.conditions)

    def _table(self, relations: tuple[str, ...]) -> Any:
        if relations in self._tables:
            return self._tables[relations]
        parent = self._table(relations[:-1])
        known = inspect(parent).mapper.relationships
        if relations[-1] not in known:
            raise KeyError(".".join(relations))
        table = aliased(known[relations[-1]].mapper.class_)
        self._joins.append((table, getattr(parent, relations[-1])))
        self._tables[relations] = table
        return table

    def _add_offered(self, session: Session, name: str, value: Any) -> None:
        column: Any = getattr(models.Strategy, name)
        goals = select(models.Strategy.goal_id).where(
            column == limits.sought(session, column, value)
        )
        self.conditions.append(self.column("goal_id").in_(goals))

    def _deleted(self, value: Any, *, is_wanted: bool) -> ColumnElement[bool]:
        column = self.column("deleted")
        return column != 0 if strutils.bool_from_string(value) is is_wanted else column == 0


@dataclasses.dataclass(frozen=True, slots=True)
class Order:
    """An order of rows: by one column, NULLs lowest on every database, then by id.

    There are no two equal uuids, and no NULL among them, so they need nothing else.
    """

    paths: Paths
    path: str
    descending: bool

    @classmethod
    def of(cls, paths: Paths, path: str, direction: str) -> Self:
        """Return the order by a path.

        :raises InvalidSortKey: for an unknown path; :raises ValueError: for another direction
            than asc and desc.
        """
        if direction not in {"asc", "desc"}:
            raise ValueError(f"expected asc or desc as sort direction, found {direction!r}")
        path = _path_of_filter(paths.model, path)
        try:
            paths.column(path)
        except KeyError as error:
            raise db_exception.InvalidSortKey(path) from error
        return cls(paths, path, direction == "desc")

    @property
    def _key(self) -> ColumnElement[Any]:
        return _stored(self.paths.column(self.path))

    def sort(self, statement: S) -> S:
        """Return the statement in this order."""
        keys: list[Any] = []
        if self.path != "id":
            keys.append(self._key)
        if self.path != "uuid":
            keys.append(self.paths.column("id"))
        by = [key.desc() if self.descending else key for key in keys]
        if self.path != "id" and self.paths.may_be_null(self.path):
            by[0] = _Downwards(keys[0]) if self.descending else _Upwards(keys[0])
        return statement.order_by(*by)

    def along_index(self, statement: S) -> S:
        """Return the statement, which has no filters, so that MySQL walks along the uuids.

        It would rather read and sort the whole table than look up a few hundred rows.
        """
        if self.path != "uuid":
            return statement
        hint = f"FORCE INDEX FOR ORDER BY ({_uuid_index(self.paths.model)})"
        for dialect in ("mysql", "mariadb"):
            statement = statement.with_hint(self.paths.model, hint, dialect)
        return statement

    def marker(self, session: Session, ident: int | str, *, show_deleted: bool) -> tuple[Any, int]:
        """Return the sort value and id of the row that a marker names.

        :raises ResourceNotFound: the model's own NotFound.
        """
        model: Any = self.paths.model
        paths = Paths(model)
        statement = select(_stored(paths.column(self.path)), model.id)
        key = "uuid" if uuidutils.is_uuid_like(ident) and hasattr(model, "uuid") else "id"
        if key == "id" and not is_id(ident):
            raise model.not_found(**{model.not_found_key: ident})
        statement = paths.apply(statement).where(getattr(model, key) == ident)
        if not show_deleted:
            statement = statement.where(model.deleted_at.is_(None))
        row = session.execute(statement).first()
        if row is None:
            raise model.not_found(**{model.not_found_key: ident})
        return row[0], row[1]

    def after(self, statement: S, marker: tuple[Any, int]) -> S:
        """Return the statement restricted to the rows after a marker."""
        value, ident = marker
        column, id_column = self._key, self.paths.column("id")
        beyond: Any = operator.lt if self.descending else operator.gt
        if self.path == "id":
            return statement.where(beyond(id_column, ident))
        if self.path == "uuid":
            return statement.where(beyond(column, value))
        # A literal: SQLAlchemy compares no constant True or False by size.
        bound = literal(value, column.type)
        tie = and_(column.is_(None) if value is None else column == bound, beyond(id_column, ident))
        nullable = self.paths.may_be_null(self.path)
        rest: ColumnElement[bool]
        if value is None:
            rest = false() if self.descending else column.is_not(None)
        elif self.descending and nullable:
            rest = or_(column < bound, column.is_(None))
        else:
            rest = beyond(column, bound)
        return statement.where(or_(rest, tie))


class _Upwards(FunctionElement[Any]):
    """An ascending order with NULLs lowest, as MariaDB and SQLite have it by default.

    Told so (``column IS NOT NULL``), they would not walk along an index.
    """

    inherit_cache = True


class _Downwards(FunctionElement[Any]):
    """The same order the other way round."""

    inherit_cache = True


@compiles(_Upwards)
def _upwards(element: _Upwards, compiler: SQLCompiler, **options: Any) -> str:
    last = " NULLS FIRST" if compiler.dialect.name == "postgresql" else ""
    return f"{compiler.process(element.clauses, **options)} ASC{last}"


@compiles(_Downwards)
def _downwards(element: _Downwards, compiler: SQLCompiler, **options: Any) -> str:
    last = " NULLS LAST" if compiler.dialect.name == "postgresql" else ""
    return f"{compiler.process(element.clauses, **options)} DESC{last}"


def _stored(column: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    """Return a column without the conversions of its type: what the database compares.

    A NULL is read as an empty document or as no, and a text that another release wrote comes out
    of JSON and in again with other blanks; a marker made of that would miss its own row.

    Of long texts only the beginning counts: MariaDB sorts by no more than ``max_sort_length``
    bytes (1024), but compares everything, so that pages would overlap.
    """
    kind = getattr(column.type, "impl", column.type)
    if isinstance(kind, Text):
        return func.substr(column, 1, _SORTED_CHARACTERS, type_=kind)
    return type_coerce(column, kind)


def _uuid_index(model: type[models.Base]) -> Any:
    """Return the name of the published constraint, and so index, on a model's uuids."""
    constraints: Any = model.__table__
    return next(
        found.name
        for found in constraints.constraints
        if isinstance(found, UniqueConstraint) and found.columns.keys() == ["uuid"]
    )


def is_id(ident: object) -> bool:
    """Tell whether an identity is a whole number that fits into an id column."""
    return strutils.is_int_like(ident) and 0 <= int(str(ident)) < 2**31


def _path_of_filter(model: type[models.Base], name: str) -> str:
    """Return the dotted path of a published name such as ``goal_uuid``."""
    mapper = inspect(model)
    if "." in name or name in mapper.column_attrs:
        return name
    if (model, name) in _LONG_WAYS:
        return _LONG_WAYS[model, name]
    for relation in (found.key for found in mapper.relationships):
        if name.startswith(f"{relation}_"):
            return f"{relation}.{name.removeprefix(f'{relation}_')}"
    return name


def _comparable(column: InstrumentedAttribute[Any], value: Any) -> Any:
    """Return a filter's value, or several, in the form of the column; dates may be ISO text."""
    if isinstance(value, list | tuple | set | frozenset):
        return [_comparable(column, each) for each in value]
    if isinstance(value, str) and isinstance(column.type, UtcDateTime):
        return timeutils.normalize_time(timeutils.parse_isotime(value))
    return value
