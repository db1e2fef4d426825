# SPDX-License-Identifier: Apache-2.0
"""The migrations and the models against the published schema, on SQLite.

The functional tests compare the same on MariaDB and PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from tests.contract import schema, spec
from watcher.db import migration, models, session
from watcher.db.types import Json

SPEC = spec.load("db-schema.json")
OWN = ["e2b80f64a1d7", "c41d7e5b9a02"]


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


def test_the_published_head_is_the_published_schema_and_nothing_else() -> None:
    migration.upgrade(SPEC["head"])
    assert migration.version() == SPEC["head"]
    assert schema.found(session.engine()) == schema.published(SPEC["tables"], "sqlite")
    assert schema.own_indexes(session.engine()) == set()
    assert not schema.has_own_constraint(session.engine())


@pytest.mark.parametrize("back", [migration.downgrade, migration.stamp])
def test_the_published_tool_may_have_the_database_back_and_ours_again(back) -> None:
    migration.upgrade()
    back(SPEC["head"])
    assert migration.version() == SPEC["head"]
    assert schema.found(session.engine()) == schema.published(SPEC["tables"], "sqlite")
    migration.upgrade()
    assert migration.version() == migration.HEAD
    assert schema.own_indexes(session.engine()) == schema.expected_own_indexes("sqlite")


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


def test_json_columns_hold_the_published_kinds() -> None:
    found = {
        table.name: {
            column.name: column.type.kind.__name__
            for column in table.columns
            if isinstance(column.type, Json)
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
