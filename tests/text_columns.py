# SPDX-License-Identifier: Apache-2.0
"""All text columns of the tables, and rows to try them with, on any database."""

from __future__ import annotations

import itertools
import json
from typing import Any

import sqlalchemy as sa

from watcher.db import limits, models, repository, session
from watcher.db.types import JsonText

MODELS: tuple[type[models.Row], ...] = (
    models.Goal,
    models.Strategy,
    models.AuditTemplate,
    models.Audit,
    models.ActionPlan,
    models.Action,
    models.EfficacyIndicator,
    models.ScoringEngine,
    models.Service,
    models.ActionDescription,
)
"""Every table that the repository writes, parents first."""
COLUMNS = [(model, limit) for model in MODELS for limit in limits.limits(model)]
NAMES = [f"{limit.table}.{limit.column}" for _, limit in COLUMNS]
_numbers = itertools.count(1)


def write_parents() -> None:
    """Write the row of each table to which rows of others refer: that with id 1."""
    for model in MODELS[:5]:
        with session.write() as unit:
            assert repository.create(unit, model, values(model)).id == 1


def values(model: type[models.Row], **given: Any) -> dict[str, Any]:
    """Return values of a new row that refers to the parents."""
    found = {"uuid": f"{next(_numbers):08d}-0000-4000-8000-000000000000"}
    for column in model.__table__.columns:
        kind: Any = column.type
        if column.foreign_keys:
            found[column.name] = 1
        elif isinstance(kind, JsonText):
            found[column.name] = kind.kind()
        elif isinstance(kind, sa.String) and column.name != "uuid":
            found[column.name] = f"{column.name}-{next(_numbers)}"
        elif isinstance(kind, sa.Float):
            found[column.name] = 1.5
    if "uuid" not in model.__table__.columns:
        del found["uuid"]
    return found | given


def create(model: type[models.Row], **given: Any) -> int:
    """Write a row and return its id."""
    with session.write() as unit:
        return repository.create(unit, model, values(model, **given)).id


def read(model: type[models.Row], ident: int, column: str) -> Any:
    """Return what a column of a row holds."""
    with session.read() as unit:
        return unit.scalar(sa.select(getattr(model, column)).where(model.id == ident))


def longest(model: type[models.Row], limit: limits.Limit) -> Any:
    """Return the longest value that a column takes, not all of it ASCII."""
    if limit.document:
        kind: Any = model.__table__.c[limit.column].type
        empty: Any = [""] if kind.kind is list else {"k": ""}
        text = "x" * (limits.LARGEST_TEXT_BYTES - len(json.dumps(empty)))
        return [text] if kind.kind is list else {"k": text}
    if limit.characters is None:
        return "é" * (limits.LARGEST_TEXT_BYTES // 2) + "x"
    return "é" * limit.characters


def longer(value: Any) -> Any:
    """Return a value that is one character longer."""
    if isinstance(value, dict):
        return {"k": value["k"] + "x"}
    return [value[0] + "x"] if isinstance(value, list) else value + "x"
