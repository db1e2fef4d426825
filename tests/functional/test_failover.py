# SPDX-License-Identifier: Apache-2.0
"""A server that is no longer the primary, or has too many connections; then all is well again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from oslo_db import exception as db_exception

from tests import text_columns
from tests.functional.servers import Server, own_server
from watcher.conf import CONF
from watcher.db import migration, models, passing, repository, session

#: MariaDB has at least ten connections, and one more for an administrator.
SETTINGS = {"mysql": ("max_connections=10",), "postgresql": ("max_connections=12",)}
#: A server becomes a replica, as clusters do it, and the primary again. Root may write anyway.
DEMOTE = {
    "mysql": ("SET GLOBAL read_only = 1", "SET GLOBAL read_only = 0"),
    "postgresql": (
        "ALTER DATABASE postgres SET default_transaction_read_only = on",
        "ALTER DATABASE postgres SET default_transaction_read_only = off",
    ),
}
ACCOUNT = (
    "CREATE USER w@'127.0.0.1'",
    "GRANT ALL ON watcher.* TO w@'127.0.0.1'",
)


@pytest.fixture(scope="module", params=["mysql", "postgresql"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with own_server(request.param, *SETTINGS[request.param]) as found:
        if found.kind == "mysql":
            _administer(found, *ACCOUNT)
        session.configure(found.url)
        migration.create_schema()
        text_columns.write_parents()
        session.reset()
        yield found


@pytest.fixture
def store(server: Server) -> Iterator[Server]:
    """The store of this process, on the server, with tables and rows."""
    url = sa.make_url(server.url)
    if server.kind == "mysql":
        url = url.set(username="w")
    CONF.set_override("pool_timeout", 2, "database")
    session.configure(url.render_as_string(hide_password=False))
    yield server
    session.reset()
    CONF.clear_override("pool_timeout", "database")


def _administer(server: Server, *statements: str) -> None:
    engine = sa.create_engine(server.url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if server.kind == "postgresql":
            connection.exec_driver_sql("SET default_transaction_read_only = off")
        for statement in statements:
            connection.exec_driver_sql(statement)


def _write() -> None:
    with session.write() as unit:
        repository.update(unit, models.Goal, 1, {"display_name": "X"})


def _read() -> None:
    with session.read() as unit:
        repository.get(unit, models.Goal, id=1)


def _in_threads(number: int, work) -> list[Exception]:
    """Do something in that many threads at the same moment; return what they raised."""
    barrier, errors = threading.Barrier(number), []

    def run() -> None:
        barrier.wait(30)
        try:
            work()
        except Exception as error:  # noqa: BLE001 - told to the test
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return errors


def _connect_all() -> None:
    """Leave several connections in the pool."""

    def hold() -> None:
        with session.read() as unit:
            repository.get(unit, models.Goal, id=1)
            time.sleep(0.3)

    assert _in_threads(5, hold) == []


def test_a_demoted_server_is_away_for_those_who_write(store: Server) -> None:
    _connect_all()
    demote, promote = DEMOTE[store.kind]
    _administer(store, demote)
    try:
        if store.kind == "postgresql":
            session.engine().dispose()  # the setting is one of new sessions
            with session.read() as unit:
                repository.get(unit, models.Goal, id=1)
        for _ in range(3):
            with pytest.raises(db_exception.DBConnectionError) as caught:
                _write()
            assert passing.is_passing(caught.value)
        _read()
    finally:
        _administer(store, promote)


def test_connections_to_a_demoted_server_do_not_outlive_it(store: Server) -> None:
    """Those of PostgreSQL keep what they found at their beginning, like those of a proxy."""
    demote, promote = DEMOTE[store.kind]
    _administer(store, demote)
    session.engine().dispose()
    try:
        _connect_all()
        with pytest.raises(db_exception.DBConnectionError):
            _write()
    finally:
        _administer(store, promote)
    assert _in_threads(5, _write) == []
    for _ in range(5):
        _write()


def test_a_unit_of_work_waits_for_the_new_primary(store: Server) -> None:
    demote, promote = DEMOTE[store.kind]
    _administer(store, demote)
    session.engine().dispose()
    timer = threading.Timer(2, _administer, (store, promote))
    timer.start()
    try:
        session.retried(_write)()
    finally:
        timer.join()


def test_a_full_server_is_awaited_until_somebody_leaves(store: Server) -> None:
    others = _fill(store)
    timer = threading.Timer(1, others.pop().close)
    timer.start()
    try:
        assert _in_threads(1, _read) == []
        # Those who wait also take what this process's threads release.
        assert _in_threads(6, _read) == []
    finally:
        timer.join()
        _close(others)


def test_a_server_that_stays_full_is_away_after_the_time_of_the_pool(store: Server) -> None:
    others = _fill(store)
    began = time.monotonic()
    try:
        (error,) = _in_threads(1, _read)
    finally:
        _close(others)
    assert isinstance(error, db_exception.DBConnectionError)
    assert 1 < time.monotonic() - began < 10
    _read()


def test_a_pool_that_stays_empty_is_like_a_full_server(store: Server) -> None:
    CONF.set_override("max_pool_size", 1, "database")
    CONF.set_override("max_overflow", 0, "database")
    try:
        session.configure(session.engine().url.render_as_string(hide_password=False))
        with session.engine().connect():
            (error,) = _in_threads(1, _read)
        assert isinstance(error, db_exception.DBConnectionError)
    finally:
        CONF.clear_override("max_pool_size", "database")
        CONF.clear_override("max_overflow", "database")


def _fill(server: Server) -> list[sa.Connection]:
    """Take all connections that the server has for accounts like the test's."""
    session.engine().dispose()
    engine = sa.create_engine(session.engine().url, poolclass=sa.NullPool)
    found: list[sa.Connection] = []
    try:
        while len(found) < 50:
            found.append(engine.connect())
    except sa.exc.OperationalError:
        return found
    raise AssertionError("the server takes any number of connections")


def _close(connections: list[sa.Connection]) -> None:
    for connection in connections:
        connection.close()
