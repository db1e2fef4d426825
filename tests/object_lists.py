# SPDX-License-Identifier: Apache-2.0
"""Every published filter, operator and order of every object's list, tried on any database."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tests import text_columns
from tests.contract import spec
from watcher import objects
from watcher.common.context import make_admin_context
from watcher.db import models

SPEC = spec.load("db-schema.json")["list_queries"]
NOT_THERE = {"efficacy_indicators": {"schema"}}
"""Published as a filter, but no column of the table."""
COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "neq": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "in": lambda value, wanted: value in wanted,
    "notin": lambda value, wanted: value not in wanted,
}


def write_rows() -> None:
    """Write three rows into each table, each of which refers to the one of its own number."""
    for number in (1, 2, 3):
        for model in text_columns.MODELS:
            keys = {column.parent.name: number for column in model.__table__.foreign_keys}
            text_columns.create(model, **keys)


def check() -> list[str]:
    """List by everything that is published and return what does not come out right."""
    objects.register_all()
    wrong = []
    for model in text_columns.MODELS:
        cls = _class_of(model)
        records = cls.list(make_admin_context())
        if [record.id for record in records] != [1, 2, 3]:
            wrong.append(f"{cls.__name__}: expected three rows")
            continue
        wrong += [f"{cls.__name__}: {told}" for told in _check_filters(cls, records)]
        wrong += [f"{cls.__name__}: {told}" for told in _check_orders(cls, records)]
    return wrong


def fields(model: type[models.Row]) -> list[str]:
    """Return the published names of the filters of a table."""
    named = [*SPEC["filterable_fields"][model.__tablename__], *SPEC["always_filterable"]]
    plain = [name.removesuffix("*") for name in named]
    return [name for name in plain if name not in NOT_THERE.get(model.__tablename__, ())]


def _class_of(model: type[models.Row]) -> Any:
    return getattr(objects, model.__name__)


def _check_filters(cls: Any, records: Sequence[Any]) -> Iterator[str]:
    for name in fields(cls.model):
        if name == "deleted":
            continue
        values = [_value(record, name) for record in records]
        for key, wanted in _queries(name, values[1]):
            comparison = COMPARISONS[key.rpartition("__")[2] if "__" in key else "eq"]
            expected = [
                record.id
                for record, value in zip(records, values, strict=True)
                if value is not None and comparison(value, wanted)
            ]
            found = cls.list(make_admin_context(), filters={key: wanted})
            if [record.id for record in found] != expected:
                yield f"{key} {wanted!r}: expected {expected}, found {[r.id for r in found]}"


def _queries(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if value is None:  # never deleted, never updated
        return
    yield name, value
    for each in COMPARISONS:
        yield f"{name}__{each}", [value] if each.endswith("in") else value


def _value(record: Any, name: str) -> Any:
    """Return what a filter of this name looks at."""
    cls, ident = type(record), record.id
    if name in cls.fields:
        return getattr(record, name)
    if (cls.__name__, name) == ("Action", "audit_uuid"):
        plan = objects.ActionPlan.get_by_id(make_admin_context(), record.action_plan_id)
        return _value(plan, name)
    relation, _, column = name.rpartition("_")
    related = getattr(objects, "".join(part.title() for part in relation.split("_")))
    if f"{relation}_id" not in cls.fields:
        raise LookupError(f"{cls.__name__} {ident} has no {relation}")
    return getattr(
        related.get_by_id(make_admin_context(), getattr(record, f"{relation}_id")), column
    )


def _check_orders(cls: Any, records: Sequence[Any]) -> Iterator[str]:
    mine = [limit for model, limit in text_columns.COLUMNS if model is cls.model]
    documents = {limit.column for limit in mine if limit.document}
    for key in sorted(set(cls.fields) - set(cls.object_fields) - documents):
        for direction in ("asc", "desc"):
            found = cls.list(make_admin_context(), sort_key=key, sort_dir=direction)
            expected = sorted(
                records,
                key=lambda record: (_sortable(getattr(record, key)), record.id),
                reverse=direction == "desc",
            )
            if [record.id for record in found] != [record.id for record in expected]:
                yield f"by {key} {direction}: {[record.id for record in found]}"
            after = cls.list(
                make_admin_context(), sort_key=key, sort_dir=direction, limit=1, marker=found[0]
            )
            if [record.id for record in after] != [found[1].id]:
                yield f"by {key} {direction} after the first: {[record.id for record in after]}"


def _sortable(value: Any) -> tuple[bool, Any]:
    return (value is not None, 0 if value is None else value)
