# SPDX-License-Identifier: Apache-2.0
"""Texts for people are cut and all others refused, whoever writes them."""

from __future__ import annotations

import ast
import pathlib
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

import watcher
from tests import text_columns
from tests.contract import spec
from watcher.common import exception
from watcher.db import limits, models, repository, session
from watcher.db.types import Prose

columns = pytest.mark.parametrize(("model", "limit"), text_columns.COLUMNS, ids=text_columns.NAMES)

OURS = {
    "goals.display_name",
    "strategies.display_name",
    "audits.status_message",
    "action_plans.status_message",
    "actions.status_message",
    "efficacy_indicators.name",
    "efficacy_indicators.description",
    "efficacy_indicators.unit",
    "scoring_engines.description",
    "action_descriptions.description",
}
"""What may lose its end: texts for people that no client writes and nobody looks up."""


@pytest.fixture(autouse=True)
def _parents(_store: None) -> None:
    text_columns.write_parents()


def test_each_published_text_column_has_its_limit() -> None:
    published = {}
    for table, facts in spec.load("db-schema.json")["tables"].items():
        for column in facts["columns"]:
            kind = column["mysql_type"]
            if kind.startswith(("VARCHAR", "TEXT")):
                number = kind.removeprefix("VARCHAR(").removesuffix(")")
                published[f"{table}.{column['name']}"] = None if kind == "TEXT" else int(number)
    written_by_others = {
        "apscheduler_jobs.id",
        "apscheduler_jobs.tag",
        "alembic_version.version_num",
    }
    known = {
        name: limit.characters
        for name, (_, limit) in zip(text_columns.NAMES, text_columns.COLUMNS, strict=True)
    }
    assert known == {
        name: limit for name, limit in published.items() if name not in written_by_others
    }


def test_only_texts_for_people_are_cut() -> None:
    found = zip(text_columns.NAMES, text_columns.COLUMNS, strict=True)
    assert {name for name, (_, limit) in found if limit.ours} == OURS


def _create(model: Any, values: dict[str, Any]) -> None:
    text_columns.create(model, **values)


def _create_many(model: Any, values: dict[str, Any]) -> None:
    with session.write() as unit:
        repository.create_many(unit, model, [text_columns.values(model, **values)])


def _update_all(model: Any, values: dict[str, Any]) -> None:
    ident = text_columns.create(model)
    with session.write() as unit:
        repository.update_all(unit, model, [model.id == ident], values)


def _soft_delete(model: Any, values: dict[str, Any]) -> None:
    ident = text_columns.create(model)
    with session.write() as unit:
        repository.soft_delete(unit, model, ident, values)


def _update(model: Any, values: dict[str, Any]) -> None:
    ident = text_columns.create(model)
    with session.write() as unit:
        repository.update(unit, model, ident, values)


def _move(model: Any, values: dict[str, Any]) -> None:
    if not hasattr(model, "state"):
        pytest.skip("a table without states")
    ident = text_columns.create(model)
    with session.write() as unit:
        row = repository.get(unit, model, id=ident)
        repository.transition(
            unit, model, row.uuid, from_states=[row.state], to_state="FAILED", values=values
        )


def _ways(model: Any, limit: limits.Limit) -> list[Callable[[Any, dict[str, Any]], None]]:
    """Return the ways in which a value of a column can come into a row."""
    ways = [_create, _create_many, _update_all, _soft_delete]
    if limit.column != "uuid":
        ways.append(_update)
    if hasattr(model, "state") and limit.column != "state":
        ways.append(_move)
    return ways


@columns
def test_what_is_too_long_for_a_column_is_cut_or_refused_on_every_way_in(
    model: Any, limit: limits.Limit
) -> None:
    fits = text_columns.longest(model, limit)
    for way in _ways(model, limit):
        way(model, {limit.column: fits})
        ident = _newest(model)
        assert text_columns.read(model, ident, limit.column) == fits
        if limit.ours:
            way(model, {limit.column: text_columns.longer(fits)})
            cut = text_columns.read(model, _newest(model), limit.column)
            assert cut == fits[:-1] + "\N{HORIZONTAL ELLIPSIS}"
        else:
            expected = f"{limit.column} of {limit.table} takes at most"
            with pytest.raises(exception.Invalid, match=expected):
                way(model, {limit.column: text_columns.longer(fits)})
            assert text_columns.read(model, ident, limit.column) == fits
        with session.write() as unit:  # unique texts are tried again on the next way
            unit.execute(sa.delete(model).where(model.id == ident))


def test_a_row_that_was_just_written_says_what_is_stored() -> None:
    with session.write() as unit:
        values = text_columns.values(models.Audit, status_message="x" * 300)
        row = repository.create(unit, models.Audit, values)
    assert row.status_message == text_columns.read(models.Audit, row.id, "status_message")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\x00b", "a?b"),
        ("a\ud800b", "a?b"),
        ("\U0001f600" * 255, "\U0001f600" * 255),
        ("\U0001f600" * 256, "\U0001f600" * 254 + "\N{HORIZONTAL ELLIPSIS}"),
        ("", ""),
        (None, None),
    ],
    ids=["NUL", "lone surrogate", "four bytes", "four bytes too long", "empty", "null"],
)
def test_a_text_of_ours_loses_what_no_database_keeps(text: str | None, kept: str | None) -> None:
    ident = text_columns.create(models.Audit, status_message=text)
    assert text_columns.read(models.Audit, ident, "status_message") == kept


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"], ids=ascii)
def test_another_text_with_what_no_database_keeps_is_refused(text: str) -> None:
    with pytest.raises(exception.Invalid, match="name of audits takes only characters"):
        text_columns.create(models.Audit, name=text)


def test_nothing_else_writes_rows() -> None:
    """Statements that change rows are made where texts are fitted, and by the purge."""
    package = pathlib.Path(watcher.__file__).parent
    writers = set()
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
                names = {alias.name for alias in node.names}
                if names & {"insert", "update", "delete", "text"}:
                    writers.add(path.relative_to(package).as_posix())
    assert writers == {"db/repository.py", "db/purge.py", "db/runs.py"}


def test_a_text_for_people_is_a_column_like_others() -> None:
    assert Prose(63).compile() == sa.String(63).compile()


def _newest(model: Any) -> int:
    with session.read() as unit:
        return unit.scalar(sa.select(sa.func.max(model.id))) or 0
