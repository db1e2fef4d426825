# SPDX-License-Identifier: Apache-2.0
"""The database of a published deployment is taken over, and may be given back.

``python -m tests.functional.upgrades`` prints the same as a table.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.functional import upgrades
from watcher.common import exception
from watcher.db import migration, models, repository, session


@pytest.fixture(params=upgrades.DATABASES)
def database(request) -> Iterator[sa.Engine]:
    """The engine of the store, on an empty database of each kind."""
    with upgrades.empty_database(request.param) as engine:
        yield engine


@pytest.mark.parametrize("revision", upgrades.REVISIONS)
def test_a_database_with_rows_is_upgraded_and_may_go_back(database, revision: str) -> None:
    assert upgrades.check(database, revision) == []


@pytest.mark.parametrize("revision", upgrades.RECENT)
def test_a_database_of_the_published_create_schema_gets_the_one_shape(
    database, revision: str, caplog
) -> None:
    upgrades.make_published_schema(database, revision)
    upgrades.write_rows(database)
    before = upgrades.read_rows(database)
    migration.upgrade()
    assert upgrades._schema_differences(database, published=False) == []
    for row in before["apscheduler_jobs"]:
        for name in ("created_at", "updated_at", "deleted_at", "deleted"):
            assert row.pop(name) is None
    assert upgrades.lost(before, upgrades.read_rows(database)) == []
    assert "watcher.db.migrations" not in " ".join(record.name for record in caplog.records)


def test_a_stamp_of_a_job_that_holds_a_value_is_kept_and_told(database, caplog) -> None:
    upgrades.make_published_schema(database)
    upgrades.write_rows(database)
    with database.begin() as connection:
        connection.exec_driver_sql("UPDATE apscheduler_jobs SET created_at = '2020-01-01 00:00:00'")
    with caplog.at_level(logging.WARNING):
        migration.upgrade()
    assert "apscheduler_jobs.created_at is kept: 3 rows have a value there" in caplog.messages
    columns = {found["name"] for found in sa.inspect(database).get_columns("apscheduler_jobs")}
    assert "created_at" in columns
    assert "deleted" not in columns


def test_numbers_that_the_published_upgrade_left_on_postgresql_become_texts() -> None:
    with upgrades.empty_database("postgresql") as database:
        migration.upgrade(migration.PUBLISHED_HEAD)
        _leave_intervals_numbers(database)
        with database.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO goals (id, uuid, name, display_name, efficacy_specification, deleted) "
                "VALUES (1, 'goal', 'dummy', 'Dummy', '[]', 0)"
            )
            connection.exec_driver_sql(
                "INSERT INTO audits (uuid, audit_type, state, deleted, goal_id, interval, name, "
                "auto_trigger) VALUES ('old', 'CONTINUOUS', 'ONGOING', 0, 1, 3600, 'old', false)"
            )
        migration.upgrade()
        assert upgrades._schema_differences(database, published=False) == []
        with database.connect() as connection:
            found = connection.exec_driver_sql("SELECT interval FROM audits").scalar()
        assert found == "3600"


def test_audits_of_one_name_are_told_and_left_alone(database, caplog) -> None:
    migration.upgrade(migration.PUBLISHED_HEAD)
    upgrades.write_rows(database)
    _name_both(database, "nightly")
    before = upgrades.read_rows(database)
    with caplog.at_level(logging.WARNING):
        migration.upgrade()
    told = [message for message in caplog.messages if "shares the name 'nightly'" in message]
    assert [message.split()[1] for message in told] == [
        row["uuid"] for row in before["audits"] if row["id"] in {1, 2}
    ]
    assert upgrades.lost(before, upgrades.read_rows(database)) == []
    assert not upgrades.schema.has_own_constraint(database)
    assert migration.version() == migration.HEAD

    _rename_second(database)
    migration.downgrade("c41d7e5b9a02")
    migration.upgrade()
    assert upgrades.schema.has_own_constraint(database)


def test_the_constraint_refuses_a_name_that_slipped_through(database) -> None:
    migration.upgrade()
    upgrades.write_rows(database)
    _name = "audits-name-1"
    with session.write() as unit, pytest.raises(exception.AuditAlreadyExists, match=_name):
        repository.update(unit, models.Audit, 2, {"name": _name})


def _leave_intervals_numbers(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "ALTER TABLE audits ALTER COLUMN interval TYPE integer USING interval::integer"
        )


def _name_both(engine: sa.Engine, name: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE audits SET name = '{name}' WHERE id IN (1, 2)")


def _rename_second(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audits SET name = 'other' WHERE id = 2")
