# SPDX-License-Identifier: Apache-2.0
"""An upgrade that is killed, or started twice, ends where one that is left in peace does.

MariaDB keeps each change of a table at once: what a killed upgrade did stays, half a revision too.
"""

from __future__ import annotations

import multiprocessing
import os
import pathlib
import signal
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from tests.functional import upgrades
from watcher.db import migration, session


@pytest.fixture(params=upgrades.DATABASES)
def database(request) -> Iterator[str]:
    """URL of an empty database of each kind."""
    with upgrades.empty_database(request.param) as engine:
        yield engine.url.render_as_string(hide_password=False)


@pytest.fixture
def killed_once(database: str, tmp_path: pathlib.Path) -> Callable[[Callable[[], None]], bool]:
    """A function that runs another in a process of its own, and tells whether that was killed.

    It is, right after the first change of a table that none of its predecessors has made.
    """
    told = tmp_path / "statements"
    told.touch()

    def kill(_connection, _cursor, statement: str, *_rest: object) -> None:
        text = " ".join(statement.split())
        changes = text.startswith(("CREATE", "ALTER", "DROP"))
        if changes and text not in told.read_text().splitlines():
            with told.open("a") as file:
                print(text, file=file)
            os.kill(os.getpid(), signal.SIGKILL)

    def run(work: Callable[[], None]) -> bool:
        session.reset()
        child = os.fork()
        if child == 0:
            sa.event.listen(sa.Engine, "after_cursor_execute", kill)
            code = 1
            try:
                session.configure(database)
                work()
                code = 0
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        session.configure(database)
        assert status in {0, signal.SIGKILL}, told.read_text().splitlines()[-1:]
        return status == signal.SIGKILL

    return run


def test_an_upgrade_killed_at_every_step_goes_on_where_it_stopped(database, killed_once) -> None:
    while killed_once(lambda: migration.upgrade("001")):
        pass
    upgrades.write_rows(session.engine())
    before = upgrades.read_rows(session.engine())
    kills = 0
    while killed_once(migration.upgrade):
        kills += 1
    assert kills > 10
    assert upgrades._schema_differences(session.engine(), published=False) == []
    assert upgrades.lost(before, upgrades.read_rows(session.engine()), named=True) == []


def test_a_downgrade_killed_at_every_step_goes_on_where_it_stopped(database, killed_once) -> None:
    migration.upgrade("609bec748f2a")
    while killed_once(migration.downgrade):
        pass
    assert migration.version() is None
    assert migration.present_tables() == set()


def test_a_table_of_somebody_else_is_not_taken_for_ours(database) -> None:
    with session.engine().begin() as connection:
        connection.exec_driver_sql("CREATE TABLE services (id INTEGER, binary_name INTEGER)")
    with pytest.raises(Exception, match="services"):
        migration.upgrade()
    columns = sa.inspect(session.engine()).get_columns("services")
    assert [column["name"] for column in columns] == ["id", "binary_name"]


def test_an_upgrade_completes_what_a_killed_create_schema_left(database, killed_once) -> None:
    assert killed_once(migration.create_schema)
    migration.upgrade()
    assert upgrades._schema_differences(session.engine(), published=False) == []


@pytest.mark.parametrize("work", [migration.upgrade, migration.create_schema])
def test_commands_that_run_at_the_same_time_wait_for_each_other(database, work) -> None:
    with multiprocessing.get_context("fork").Pool(4) as pool:
        outcomes = pool.starmap(_try, [(database, work)] * 4, chunksize=1)
    refused = f"the database already has a schema, of revision {migration.HEAD}"
    expected = {None} if work is migration.upgrade else {None, refused}
    assert set(outcomes) == expected
    assert outcomes.count(None) == (4 if work is migration.upgrade else 1)
    assert upgrades._schema_differences(session.engine(), published=False) == []


def _try(url: str, work: Callable[[], None]) -> str | None:
    session.configure(url)
    try:
        work()
    except migration.MigrationError as error:
        return str(error)
    finally:
        session.reset()
    return None
