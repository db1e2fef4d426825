# SPDX-License-Identifier: Apache-2.0
"""The migrations and the models against the published schema, on SQLite.

The functional tests compare the same on MariaDB and PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from tests.contract import schema, spec
from watcher.db import migration, models, repository, session
from watcher.db.types import JsonText

SPEC = spec.load("db-schema.json")
REQUIRED = {"goal_id": 1, "auto_trigger": False, "deleted": 0}
OWN = ["a4d91b7c3e58", "e2b80f64a1d7", "c41d7e5b9a02"]


@pytest.fixture(autouse=True)
def _database() -> Iterator[None]:
    session.configure("sqlite://")
    yield
    session.reset()


@pytest.mark.parametrize("make", [migration.upgrade, migration.create_schema])
def test_a_new_database_has_the_published_tables(make) -> None:
    make()
    assert migration.version() == migration.HEAD
    assert schema.found(session.engine()) == schema.published(SPEC["tables"], "sqlite")
    assert schema.own_indexes(session.engine()) == schema.expected_own_indexes("sqlite")
    assert schema.has_own_constraint(session.engine())
    assert schema.own_tables(session.engine()) == models.EXTENSIONS
    assert migration.lacking() == []


def test_the_published_head_is_the_published_schema_and_nothing_else() -> None:
    migration.upgrade(SPEC["head"])
    assert migration.version() == SPEC["head"]
    assert schema.found(session.engine()) == schema.published(SPEC["tables"], "sqlite")
    assert schema.own_indexes(session.engine()) == set()
    assert not schema.has_own_constraint(session.engine())
    assert schema.own_tables(session.engine()) == set()


@pytest.mark.parametrize("back", [migration.downgrade, migration.stamp])
def test_the_published_tool_may_have_the_database_back_and_ours_again(back) -> None:
    migration.upgrade()
    back(SPEC["head"])
    assert migration.version() == SPEC["head"]
    assert schema.found(session.engine()) == schema.published(SPEC["tables"], "sqlite")
    migration.upgrade()
    assert migration.version() == migration.HEAD
    assert schema.own_indexes(session.engine()) == schema.expected_own_indexes("sqlite")
    assert migration.lacking() == []


def test_the_chain_has_the_published_revisions() -> None:
    config = Config()
    config.set_main_option("script_location", str(migration.folder()))
    scripts = list(ScriptDirectory.from_config(config).walk_revisions())
    found = [
        {
            "revision": script.revision,
            "down_revision": script.down_revision,
            "file": script.path.rpartition("/")[2],
            "has_downgrade": hasattr(script.module, "downgrade"),
        }
        for script in reversed(scripts)
        if script.revision not in OWN
    ]
    published = [
        {key: revision[key] for key in ("revision", "down_revision", "file", "has_downgrade")}
        for revision in SPEC["revisions"]
    ]
    assert found == published
    assert SPEC["head"] == migration.PUBLISHED_HEAD
    assert [script.revision for script in scripts[: len(OWN)]] == OWN
    assert OWN[0] == migration.HEAD


def test_an_interval_that_is_still_a_number_becomes_text() -> None:
    # The published upgrade leaves it so on PostgreSQL, all the way to its head.
    migration.upgrade(SPEC["head"])
    audits = _with_interval_as_a_number()
    with session.engine().begin() as connection:
        rows = [{"interval": interval} | REQUIRED for interval in (3600, None)]
        connection.execute(audits.insert(), rows)
    migration.upgrade()
    assert schema.found(session.engine()) == schema.published(SPEC["tables"], "sqlite")
    with session.read() as unit:
        found = [audit.interval for audit in repository.list_rows(unit, models.Audit)]
    assert found == ["3600", None]


def test_the_way_back_takes_an_interval_that_is_still_a_number() -> None:
    migration.upgrade("609bec748f2a")
    audits = _with_interval_as_a_number()
    with session.engine().begin() as connection:
        connection.execute(audits.insert(), {"interval": 3600} | REQUIRED)
    migration.downgrade("0f6042416884")
    with session.engine().connect() as connection:
        assert connection.scalars(sa.text("SELECT interval FROM audits")).all() == [3600]


def test_json_columns_hold_the_published_kinds() -> None:
    found = {
        table.name: {
            column.name: column.type.kind.__name__
            for column in table.columns
            if isinstance(column.type, JsonText)
        }
        for table in models.Base.metadata.sorted_tables
    }
    found = {table: columns for table, columns in found.items() if columns}
    assert found == SPEC["json_columns"]["columns"]


@pytest.mark.parametrize("facts", SPEC["revisions"], ids=[f["revision"] for f in SPEC["revisions"]])
def test_the_schema_goes_up_to_the_head_from_each_revision(facts) -> None:
    migration.upgrade(facts["revision"])
    assert migration.version() == facts["revision"]
    migration.upgrade()
    assert schema.found(session.engine()) == schema.published(SPEC["tables"], "sqlite")


def _with_interval_as_a_number() -> sa.Table:
    with session.write() as unit:
        values = {"name": "g", "display_name": "G", "efficacy_specification": []}
        repository.create(unit, models.Goal, values)
    with session.engine().begin() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("audits") as batch:
            batch.alter_column("interval", type_=sa.Integer())
        return sa.Table("audits", sa.MetaData(), autoload_with=connection, resolve_fks=False)
