# SPDX-License-Identifier: Apache-2.0
"""What a unit of work costs besides its own statements: as little as the drivers allow.

By default a unit that reads one row asks the server four times: a ping, the query, a rollback of
the transaction that the driver began, and another one when the connection goes back to the pool.
Here connections commit by themselves, units that write (and migrations) begin explicitly, a
rollback is sent only in a transaction, and whether the server has hung up is seen at the socket.

Only for drivers of which this is known to be right: PyMySQL and psycopg. Others work as usual.
"""

from __future__ import annotations

import datetime
import functools
import select
import time
import weakref
from collections.abc import Callable
from typing import Any

import sqlalchemy
from sqlalchemy import event

READS = "watcher_reads"
"""Execution option of connections whose unit of work only reads, so needs no transaction."""

PING_EVERY_S = 5.0
"""A connection is asked at most this often, in seconds, whether the server is still there."""

# Of the MySQL protocol: the types TIMESTAMP and DATETIME.
_DATETIMES = (7, 12)
# Likewise: the server is in a transaction.
_IN_TRANSACTION = 0x0001


def prepare(engine: sqlalchemy.Engine) -> None:
    """Make the units of work of an engine cheap, where the driver is a known one."""
    dialect = engine.dialect
    if dialect.driver == "pymysql":
        event.listen(engine, "connect", _commit_by_itself_pymysql)
        event.listen(engine, "connect", _read_datetimes_fast)
        _replace(dialect, "do_rollback", functools.partial(_rollback, dialect.do_rollback))
    elif dialect.driver == "psycopg":
        event.listen(engine, "connect", _commit_by_itself_psycopg)
    else:
        return
    event.listen(engine, "begin", _begin)
    _replace(dialect, "do_ping", Ping(dialect.do_ping))


def _replace(dialect: sqlalchemy.Dialect, name: str, function: Callable[..., Any]) -> None:
    """Replace a method of a dialect, which belongs to one engine alone."""
    setattr(dialect, name, function)


class Ping:
    """Tells whether a connection is alive when it is taken from the pool; rarely by asking.

    A server that closed the connection (restart, kill, idle timeout) is seen at the socket: there
    is something to read although nothing was asked. A host that vanished without a word is not;
    therefore, and whenever the socket is not quiet, the driver's own ping decides.
    """

    def __init__(self, ping: Callable[[Any], bool]) -> None:
        self._ping = ping
        self._asked_at: weakref.WeakKeyDictionary[Any, float] = weakref.WeakKeyDictionary()

    def __call__(self, connection: Any) -> bool:
        """Return true; the driver's error when the connection is lost."""
        now = time.monotonic()
        if now - self._asked_at.get(connection, -PING_EVERY_S) < PING_EVERY_S and _quiet(
            connection
        ):
            return True
        alive = self._ping(connection)
        self._asked_at[connection] = now
        return alive


def _quiet(connection: Any) -> bool:
    """Tell whether a socket is open and has nothing to read."""
    # PyMySQL shows its socket nowhere else. A release that hides it is asked each time.
    socket = getattr(connection, "_sock", connection)
    if socket is None:
        return False
    poll = select.poll()
    try:
        poll.register(socket, select.POLLIN)
        return not poll.poll(0)
    except (OSError, TypeError, ValueError):
        return False


def _begin(connection: sqlalchemy.Connection) -> None:
    if not connection.get_execution_options().get(READS):
        connection.exec_driver_sql("BEGIN")


def _rollback(rollback: Callable[[Any], None], connection: Any) -> None:
    if connection.server_status & _IN_TRANSACTION:
        rollback(connection)


def _commit_by_itself_pymysql(connection: Any, _record: Any) -> None:
    connection.autocommit(True)


def _read_datetimes_fast(connection: Any, _record: Any) -> None:
    """Replace PyMySQL's reading of a date and time, which takes 2 us for each; this takes 0.1."""
    for kind in _DATETIMES:
        slow = connection.decoders[kind]
        connection.decoders[kind] = functools.partial(_datetime, slow)


def _datetime(slow: Callable[[str], Any], text: str) -> Any:
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:  # MySQL's 0000-00-00, of which the driver makes what it thinks right
        return slow(text)


def _commit_by_itself_psycopg(connection: Any, _record: Any) -> None:
    connection.autocommit = True
