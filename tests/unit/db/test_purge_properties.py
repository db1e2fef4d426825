# SPDX-License-Identifier: Apache-2.0
"""A purge of any rows does what its definition says, as sets in memory say it."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.properties import examples
from tests.purge_rows import KINDS, NEEDED
from watcher.db import models, purge, session
from watcher.db.purgeable import AT_WORK, ORDER, PARENTS, Criteria

NOW = datetime.datetime.fromisoformat("2026-01-01T00:00:00")
KIND_OF = {model: kind for kind, model in KINDS.items()}
TOP_DOWN = tuple(reversed(ORDER))
MISSING = 999


@dataclasses.dataclass(frozen=True)
class Row:
    """A row: its table, id, age since it was soft-deleted (None: live), parents and state."""

    model: Any
    id: int
    deleted_days: int | None
    parents: Mapping[str, int | None]
    state: str


@st.composite
def tables(draw: st.DrawFn) -> list[Row]:
    """Draw up to three rows of each table, with parents that are there, or none, or missing."""
    rows: list[Row] = []
    for model in TOP_DOWN:
        for ident in range(1, draw(st.integers(0, 3)) + 1):
            parents = {}
            for column, parent in PARENTS[model]:
                known: list[int | None] = [row.id for row in rows if row.model is parent]
                if model.__table__.c[column].nullable:
                    known.append(None)
                parents[column] = draw(st.sampled_from([*known, *known, MISSING]))
            age = draw(st.sampled_from([None, None, 1, 40]))
            state = draw(st.sampled_from(["SUCCEEDED", "PENDING", "ONGOING"]))
            rows.append(Row(model, ident, age, parents, state))
    return rows


criteria = st.builds(
    Criteria,
    before=st.sampled_from([None, NOW - datetime.timedelta(days=30)]),
    goal_ids=st.sampled_from([None, None, (1,), (1, 2)]),
    orphans=st.booleans(),
)


def _write(rows: Sequence[Row]) -> None:
    """Make these the only rows of the store."""
    with session.engine().connect() as connection:
        # Rows whose parent is missing: no foreign key kept them apart from theirs.
        raw: Any = connection.connection.driver_connection
        raw.execute("PRAGMA foreign_keys = OFF")
        for model in ORDER:
            connection.execute(sa.delete(model))
        for row in rows:
            values: dict[str, Any] = {**NEEDED[KIND_OF[row.model]], "id": row.id, **row.parents}
            if "name" in row.model.__table__.columns:
                values["name"] = f"n{row.id}"
            if "state" in values:
                values["state"] = row.state
            if row.deleted_days is not None:
                values["deleted"] = row.id
                values["deleted_at"] = NOW - datetime.timedelta(days=row.deleted_days)
            connection.execute(sa.insert(row.model).values(values))
        connection.commit()
        raw.execute("PRAGMA foreign_keys = ON")


def _left() -> set[tuple[Any, int]]:
    with session.read() as unit:
        return {(model, ident) for model in ORDER for ident in unit.scalars(sa.select(model.id))}


def _expected(rows: Sequence[Row], wanted: Criteria) -> set[tuple[Any, int]]:
    """Return the rows that stay, by the definition in :mod:`watcher.db.purgeable`."""
    chosen: set[tuple[Any, int]] = set()
    for row in rows:  # parents first
        stays = row.deleted_days is None
        if wanted.orphans:
            stays = stays and row.state in AT_WORK.get(row.model, ())
        present = {(each.model, each.id) for each in rows}
        parents = [(model, row.parents[column]) for column, model in PARENTS[row.model]]
        follows = any(
            each in chosen or (wanted.orphans and each[1] is not None and each not in present)
            for each in parents
        )
        if _by_itself(row, wanted) or (not stays and follows):
            chosen.add((row.model, row.id))
    goes: set[tuple[Any, int]] = set()
    for row in reversed(rows):  # those that refer first
        needed = any(
            (each.model, each.id) not in goes
            for each in rows
            for column, model in PARENTS[each.model]
            if model is row.model and each.parents[column] == row.id
        )
        if (row.model, row.id) in chosen and not needed:
            goes.add((row.model, row.id))
    return {(row.model, row.id) for row in rows} - goes


def _by_itself(row: Row, wanted: Criteria) -> bool:
    if row.deleted_days is None:
        return False
    if wanted.before and NOW - datetime.timedelta(days=row.deleted_days) >= wanted.before:
        return False
    return wanted.goal_ids is None or (row.model is models.Goal and row.id in wanted.goal_ids)


def _looked_up(wanted: Criteria) -> Criteria:
    with session.read() as unit:
        return purge._with_chosen_ids(unit, wanted)


# Each takes a tenth of a second.
some = settings(
    max_examples=examples(200, 10),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@some
@given(rows=tables(), wanted=criteria)
def test_what_is_left_is_what_the_definition_says(rows: list[Row], wanted: Criteria) -> None:
    _write(rows)
    wanted = _looked_up(wanted)
    promised = purge.count(wanted).total

    done = purge.purge(wanted)

    assert _left() == _expected(rows, wanted)
    assert done.total == promised


@some
@given(rows=tables(), wanted=criteria, limit=st.integers(0, 12))
def test_under_a_maximum_nothing_else_goes_and_no_more_than_promised(
    rows: list[Row], wanted: Criteria, limit: int
) -> None:
    _write(rows)
    wanted = _looked_up(wanted)
    may_stay = _expected(rows, wanted)
    before = _left()

    done = purge.purge(wanted, limit)

    left = _left()
    assert may_stay <= left <= before
    assert done.total == len(before - left) <= limit
    for row in rows:
        if (row.model, row.id) in left:
            for column, parent in PARENTS[row.model]:
                key = (parent, row.parents[column])
                assert key not in before or key in left
