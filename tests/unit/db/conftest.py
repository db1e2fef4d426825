# SPDX-License-Identifier: Apache-2.0
"""A store in memory for each test, and the rows that most of them need."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy

from tests.fixtures.memory_store import kept_engine, memory_store
from watcher.db import models, repository, session


@pytest.fixture(scope="module", autouse=True)
def _engine() -> Iterator[None]:
    with kept_engine():
        yield


@pytest.fixture(autouse=True)
def _store() -> Iterator[None]:
    with memory_store():
        yield


@pytest.fixture
def goal() -> models.Goal:
    """A goal."""
    values = {"name": "drain", "display_name": "Drain", "efficacy_specification": []}
    with session.write() as unit:
        return repository.create(unit, models.Goal, values)


@pytest.fixture
def strategy(goal: models.Goal) -> models.Strategy:
    """A strategy of the goal."""
    values = {"name": "vacate", "display_name": "V", "goal_id": goal.id, "parameters_spec": {}}
    with session.write() as unit:
        return repository.create(unit, models.Strategy, values)


@pytest.fixture
def new_audit(goal: models.Goal) -> Callable[..., models.Audit]:
    """A function that creates an audit."""

    def create(**values: Any) -> models.Audit:
        with session.write() as unit:
            values = {"audit_type": "ONESHOT", "goal_id": goal.id, **values}
            return repository.create(unit, models.Audit, values)

    return create


@pytest.fixture
def new_plan(
    new_audit: Callable[..., models.Audit], strategy: models.Strategy
) -> Callable[..., models.ActionPlan]:
    """A function that creates an action plan with its audit."""

    def create(**values: Any) -> models.ActionPlan:
        audit = new_audit(strategy_id=strategy.id)
        with session.write() as unit:
            values = {"audit_id": audit.id, "strategy_id": strategy.id, **values}
            return repository.create(unit, models.ActionPlan, values)

    return create


@pytest.fixture
def counted() -> Callable[[], contextlib.AbstractContextManager[list[str]]]:
    """A context manager that collects the SQL statements of its block."""

    @contextlib.contextmanager
    def collect() -> Iterator[list[str]]:
        statements: list[str] = []

        def note(_conn, _cursor, statement: str, *_rest: Any) -> None:
            if not statement.startswith("BEGIN"):
                statements.append(statement)

        sqlalchemy.event.listen(session.engine(), "before_cursor_execute", note)
        try:
            yield statements
        finally:
            sqlalchemy.event.remove(session.engine(), "before_cursor_execute", note)

    return collect
