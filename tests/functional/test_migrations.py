# SPDX-License-Identifier: Apache-2.0
"""The schema on the real databases: equal to the published one, and the rows survive the way."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tests.contract import schema, spec
from tests.functional import conftest
from watcher.db import migration, models, repository, session

CREATED = datetime.datetime.fromisoformat("2020-01-02T03:04:05")
REVERSIBLE = ("0f6042416884", "d098df6021e2", "3cfc94cecf4e", "609bec748f2a")


@pytest.fixture(params=["mysql", "postgresql", "sqlite"])
def url(request, tmp_path) -> Iterator[str]:
    """URL of an empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/watcher.sqlite"
    else:
        yield from conftest.make_database(request.param)


@pytest.fixture
def database(url: str) -> Iterator[sa.Engine]:
    """The engine of the store, on an empty database of each kind."""
    session.configure(url)
    yield session.engine()
    session.reset()


def _is_published(engine: sa.Engine) -> None:
    tables = spec.load("db-schema.json")["tables"]
    assert schema.found(engine) == schema.published(tables, engine.dialect.name)


@pytest.mark.parametrize("make", [migration.upgrade, migration.create_schema])
def test_a_new_database_has_the_published_tables(database: sa.Engine, make) -> None:
    make()
    _is_published(database)
    expected = schema.expected_own_indexes(database.dialect.name)
    assert schema.own_indexes(database) == expected
    assert migration.version() == migration.HEAD


def test_rows_of_the_first_revision_survive_the_way_to_the_head(database: sa.Engine) -> None:
    migration.upgrade("001")
    old = _add_old_rows(database)
    migration.upgrade()
    with session.read() as unit:
        audits = repository.list_rows(unit, models.Audit)
        assert [audit.interval for audit in audits] == ["3600", None]
        assert [audit.uuid for audit in audits] == old["uuids"]
        assert [audit.name for audit in audits] == [
            "vacate-2020-01-02T03:04:05",
            "vacate-2020-01-02T03:04:05-2",
        ]
        plan = repository.get(unit, models.ActionPlan, id=1, load=("audit", "strategy"))
        assert plan.audit.uuid == old["uuids"][0]
        assert plan.strategy.parameters_spec == {"limit": 1}
    _is_published(database)


def test_the_revisions_that_have_a_way_back_go_it(database: sa.Engine) -> None:
    for revision in REVERSIBLE:
        migration.upgrade(revision)
        before = schema.found(database)
        migration.downgrade("001")
        migration.upgrade(revision)
        assert _by_name(schema.found(database)) == _by_name(before)
    migration.downgrade()
    assert migration.version() is None
    assert set(sa.inspect(database).get_table_names()) <= {"alembic_version"}


def test_the_way_back_from_the_head_is_refused_and_changes_nothing(database: sa.Engine) -> None:
    migration.upgrade()
    with pytest.raises(migration.MigrationError, match="f56ba02662b4 cannot be downgraded"):
        migration.downgrade("001")
    _is_published(database)


def _by_name(tables: dict[str, Any]) -> dict[str, Any]:
    return {name: {**table, "columns": sorted(table["columns"])} for name, table in tables.items()}


def _add_old_rows(engine: sa.Engine) -> dict[str, Any]:
    """Write rows as the first revision keeps them."""
    tables = sa.MetaData()
    tables.reflect(engine)
    common = {"created_at": CREATED, "deleted": 0}
    uuids = [f"{number:08d}-0000-4000-8000-000000000000" for number in range(2)]
    rows = {
        "goals": [
            {"uuid": "g", "name": "drain", "display_name": "D", "efficacy_specification": "[]"}
        ],
        "strategies": [
            {"uuid": "s", "name": "vacate", "display_name": "V", "goal_id": 1}
            | {"parameters_spec": json.dumps({"limit": 1})}
        ],
        "audits": [
            {"uuid": uuid, "audit_type": "CONTINUOUS", "state": "PENDING", "goal_id": 1}
            | {"strategy_id": 1, "auto_trigger": False, "interval": interval}
            for uuid, interval in zip(uuids, (3600, None), strict=True)
        ],
        "action_plans": [{"uuid": "p", "audit_id": 1, "strategy_id": 1, "state": "RECOMMENDED"}],
        "actions": [{"uuid": "a", "action_plan_id": 1, "action_type": "nop", "parents": "[]"}],
    }
    with engine.begin() as connection:
        for name, values in rows.items():
            connection.execute(tables.tables[name].insert(), [common | row for row in values])
    return {"uuids": uuids}
