# SPDX-License-Identifier: Apache-2.0
"""A server that says nothing: units of work give up after a while, changes of the schema do not."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
import sqlalchemy
from oslo_db import exception as db_exception

from tests.functional.servers import Server, own_server
from watcher.conf import CONF
from watcher.db import migration, session

#: Enough for a server that is merely slow.
LIMIT_S = 4
SILENT_S = 10

SLEEPS = {
    "mysql": f"SELECT SLEEP({SILENT_S})",
    "postgresql": f"SELECT pg_sleep({SILENT_S})",
}
LOCKS = {
    "mysql": "LOCK TABLES audits WRITE",
    "postgresql": "LOCK TABLE audits IN ACCESS EXCLUSIVE MODE",
}


@pytest.fixture(params=["mysql", "postgresql"])
def server(request) -> Iterator[Server]:
    """Return a server whose units of work wait for a short time only."""
    CONF.set_override("read_timeout", LIMIT_S, group="database")
    with own_server(request.param) as found:
        session.configure(found.url)
        yield found
        session.reset()
    CONF.clear_override("read_timeout", group="database")


def ask(statement: str) -> float:
    """Run a statement as a unit of work; return the seconds that it took."""
    began_at = time.monotonic()
    with session.read() as unit:
        unit.execute(sqlalchemy.text(statement))
    return time.monotonic() - began_at


def test_a_unit_of_work_gives_a_silent_server_up_and_the_next_one_has_another_connection(server):
    with pytest.raises(db_exception.DBConnectionError):
        ask(SLEEPS[server.kind])
    assert ask("SELECT 1") < SILENT_S


def test_a_server_that_hangs_is_given_up_also_when_a_connection_is_opened(server):
    with server.paused(), pytest.raises(db_exception.DBConnectionError):
        ask("SELECT 1")
    assert ask("SELECT 1") < SILENT_S


def test_a_patient_phase_waits_as_long_as_it_takes(server):
    with session.patient():
        assert ask(SLEEPS[server.kind]) >= SILENT_S - 0.5


def test_a_change_of_the_schema_that_waits_for_long_is_not_cut_off(server):
    migration.upgrade()
    # Without a pool: MariaDB keeps the lock until the connection ends.
    engine = sqlalchemy.create_engine(server.url, poolclass=sqlalchemy.NullPool)
    locked = threading.Event()

    def hold() -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql(LOCKS[server.kind])
            locked.set()
            time.sleep(SILENT_S)

    holder = threading.Thread(target=hold, name="holder")
    holder.start()
    assert locked.wait(60)
    migration.downgrade(migration.PUBLISHED_HEAD)
    holder.join()
    assert migration.version() == migration.PUBLISHED_HEAD
