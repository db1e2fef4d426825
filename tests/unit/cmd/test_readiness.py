# SPDX-License-Identifier: Apache-2.0
"""What a daemon says about a database that it cannot work with."""

from __future__ import annotations

import pytest
import sqlalchemy

from watcher.cmd import readiness
from watcher.db import migration, session
from watcher.rpc.daemon import NotReady


def stamped(revision: str | None) -> None:
    with session.engine().begin() as connection:
        connection.execute(sqlalchemy.text("DROP TABLE IF EXISTS alembic_version"))
        connection.execute(sqlalchemy.text("CREATE TABLE alembic_version (version_num TEXT)"))
        if revision:
            values = sqlalchemy.text("INSERT INTO alembic_version VALUES (:revision)")
            connection.execute(values, {"revision": revision})


def test_a_database_that_does_not_answer_is_told_without_the_statement(tmp_path) -> None:
    session.configure(f"sqlite:///{tmp_path}/missing/watcher.sqlite")
    with pytest.raises(NotReady, match=r"^the database cannot be used: unable to open database"):
        readiness.check_database()
    session.reset()


def test_without_tables_it_says_which_command_makes_them(empty_database) -> None:
    told = "the database sqlite:// has no tables yet: run 'watcher-db-manage upgrade'"
    with pytest.raises(NotReady, match=told):
        readiness.check_database()


def test_the_tables_of_an_earlier_release_are_to_be_upgraded(database) -> None:
    stamped("001")
    with pytest.raises(NotReady, match=r"earlier release .001.: run 'watcher-db-manage upgrade'"):
        readiness.check_database()


def test_the_tables_of_the_published_release_are_to_be_upgraded(empty_database) -> None:
    migration.upgrade(migration.PUBLISHED_HEAD)
    with pytest.raises(NotReady, match=rf"\({migration.PUBLISHED_HEAD}\): run 'watcher-db-manage"):
        readiness.check_database()


@pytest.mark.parametrize("revision", [migration.HEAD, migration.PUBLISHED_HEAD])
def test_the_newest_tables_are_taken_silently(database, caplog, revision) -> None:
    stamped(revision)
    readiness.check_database()
    assert not caplog.records


@pytest.mark.parametrize(
    ("revision", "said"),
    [("feedc0de", "feedc0de, of a newer release"), (None, "No revision is recorded")],
)
def test_tables_of_an_unknown_revision_are_taken_with_a_warning(
    database, caplog, revision, said
) -> None:
    stamped(revision)
    readiness.check_database()
    assert said in caplog.text


def test_the_api_says_it_once_and_goes_on(empty_database, caplog) -> None:
    readiness.tell_database()
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "no tables yet" in caplog.text
