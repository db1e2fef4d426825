# SPDX-License-Identifier: Apache-2.0
"""How connections are opened and discarded, and how long callers wait for a server.

A server that ends closes its connections, which is noticed at once. One that hangs, or whose host
vanished, says nothing: without a limit its clients would wait for hours. A limit on the silence of
the server while it owes an answer covers both, at any moment of a connection's life.

PyMySQL has such a limit. libpq has none, so psycopg gets one here. Of other drivers nothing is
known; they work as usual.

When a server refuses a connection because it has too many, callers retry for as long as they would
wait for the pool: somebody may release one, here or elsewhere.
"""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Callable, Generator
from typing import Any

import sqlalchemy
from oslo_db import exception as db_exception
from sqlalchemy import event
from sqlalchemy.pool import QueuePool

from watcher.db import passing

CONNECT_TIMEOUT_S = 10
"""How long opening a connection may take at most, unless the URL says otherwise."""

# A connection that waits without a limit (for a change of the schema) still ends when the
# other host is gone: asked after half a minute of silence, and three times more.
_KEEPALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
_FULL_PAUSE_S = 0.2
"""The pause, in seconds, before a full server is tried again."""


def prepare(engine: sqlalchemy.Engine, read_timeout_s: int | None) -> None:
    """Set how the connections of an engine are opened and discarded.

    Errors while one is opened become DBConnectionError, which the wording of psycopg's hides.

    :param read_timeout_s: seconds of silence after which a connection counts as lost; None: no
        limit. A ``read_timeout`` in the URL of PyMySQL wins.
    """
    if engine.dialect.driver == "pymysql":
        event.listen(engine, "do_connect", functools.partial(_connect_pymysql, read_timeout_s))
    elif engine.dialect.driver == "psycopg":
        event.listen(engine, "do_connect", functools.partial(_connect_psycopg, read_timeout_s))
    dialect: Any = engine.dialect  # it belongs to this engine alone
    dialect.is_disconnect = functools.partial(_is_disconnect, dialect.is_disconnect)
    _await_room(engine)
    event.listen(engine, "engine_disposed", _await_room)  # the engine has a new pool then


def _is_disconnect(
    known: Callable[..., bool], error: BaseException, connection: Any, cursor: Any
) -> bool:
    """Tell whether the pool should drop all connections, because one of them is unusable."""
    return passing.is_lost(error) or known(error, connection, cursor)


def _await_room(engine: sqlalchemy.Engine) -> None:
    """Make callers of the pool wait while the server has too many connections."""
    if isinstance(engine.pool, QueuePool):
        pool: Any = engine.pool
        pool.connect = functools.partial(_take, pool.connect, pool.timeout())


def _take(connect: Callable[[], Any], limit_s: float) -> Any:
    """Return a connection: an idle one, or a new one once the server accepts it.

    :raises DBConnectionError: when none was to be had for ``limit_s`` seconds.
    """
    give_up_at = time.monotonic() + limit_s
    while True:
        try:
            return connect()
        except sqlalchemy.exc.TimeoutError as error:
            raise db_exception.DBConnectionError(error) from error
        except Exception as error:
            pause_s = _FULL_PAUSE_S * random.uniform(0.5, 1.5)  # noqa: S311 - not a secret
            if not passing.is_full(error) or time.monotonic() + pause_s > give_up_at:
                raise
        time.sleep(pause_s)


def _connect_pymysql(
    read_timeout_s: int | None, _dialect: Any, _record: Any, arguments: Any, options: Any
) -> Any:
    options.setdefault("connect_timeout", _connect_timeout_s(read_timeout_s))
    if read_timeout_s is not None:
        options.setdefault("read_timeout", read_timeout_s)
        options.setdefault("write_timeout", read_timeout_s)
    return _quick_class()(*arguments, **options)


@functools.cache
def _quick_class() -> type[Any]:
    """Return PyMySQL's connection, but one that does not read all certificates of the machine.

    It does so for each connection, to be ready for a TLS that checks no certificate, in 30 ms of
    processor time: enough that a burst of requests feeds on itself. One such context is enough.
    There is no public way: passing a context would enforce TLS. A release without this method
    works as usual.
    """
    from pymysql.connections import Connection  # nobody else needs the driver

    unchecked: list[Any] = []

    class Quick(Connection):
        def _create_ssl_ctx(self, sslp: Any) -> Any:
            if sslp:
                return super()._create_ssl_ctx(sslp)
            if not unchecked:
                unchecked.append(super()._create_ssl_ctx(sslp))
            return unchecked[0]

    return Quick


def _connect_psycopg(
    read_timeout_s: int | None, _dialect: Any, _record: Any, arguments: Any, options: Any
) -> Any:
    from psycopg import Connection, OperationalError  # nobody else needs the driver

    limit = {"connect_timeout": _connect_timeout_s(read_timeout_s)}
    chosen = {**limit, **_KEEPALIVE, **options}
    kind: Any = Connection if read_timeout_s is None else _impatient_class(read_timeout_s)
    try:
        return kind.connect(*arguments, **chosen)
    except OperationalError as error:
        raise db_exception.DBConnectionError(error) from error


def _connect_timeout_s(read_timeout_s: int | None) -> int:
    return min(CONNECT_TIMEOUT_S, read_timeout_s or CONNECT_TIMEOUT_S)


@functools.cache
def _impatient_class(limit_s: int) -> type[Any]:
    """Return psycopg's connection, but one that closes itself when the server is silent."""
    from psycopg import Connection, OperationalError

    class Impatient(Connection[Any]):
        def wait(self, gen: Any, *arguments: Any, **options: Any) -> Any:
            def give_up() -> None:
                self.close()
                raise OperationalError(f"the server has been silent for {limit_s} s")

            return super().wait(unless_silent(gen, limit_s, give_up), *arguments, **options)

    return Impatient


def unless_silent(
    steps: Generator[Any, Any, Any], limit_s: float, give_up: Callable[[], None]
) -> Generator[Any, Any, Any]:
    """Pass on the steps of psycopg's conversation with a server, and what it sends.

    :param steps: yields what to wait for; is sent what is ready, every tenth of a second at least,
        which is nothing (0) while the server is silent.
    :param limit_s: seconds of silence at which ``give_up`` is called; it raises.
    """
    heard_at = time.monotonic()
    try:
        wanted = next(steps)
        while True:
            ready = yield wanted
            if ready:
                heard_at = time.monotonic()
            elif time.monotonic() - heard_at > limit_s:
                give_up()
            wanted = steps.send(ready)
    except StopIteration as done:
        return done.value
