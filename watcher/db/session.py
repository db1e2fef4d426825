# SPDX-License-Identifier: Apache-2.0
"""Units of work: where a transaction begins, ends, and is retried.

One unit at a time per thread. A unit that starts inside another joins it, so that a verb may be
called alone or as part of a larger transaction; whoever opened the outermost one decides.

Engines come from oslo.db's enginefacade (pooling, dead and forked connections, error translation);
what the three databases need beyond that is set here:

- SQLite: WAL, a busy timeout, and BEGIN IMMEDIATE for units that write, so that threads wait for
  each other instead of failing half-way;
- MySQL: READ COMMITTED like PostgreSQL's default, so that a statement sees what is committed and
  takes no gap locks, and utf8mb4 on the wire;
- PostgreSQL: no just-in-time compiler, which takes longer than the statements do;
- both: a limit on waiting for a lock, well below the time in which a unit is tried again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import logging
import random
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any, ParamSpec, TypeVar, overload

import sqlalchemy
from oslo_db import exception as db_exception
from oslo_db.sqlalchemy import enginefacade
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, sessionmaker

from watcher import conf
from watcher.db import connections, limits, passing, pooling, schema_errors

LOG = logging.getLogger(__name__)
CONF = conf.CONF

SQLITE_BUSY_TIMEOUT_MS = 20_000
RETRY_DEADLINE_S = 30.0
_FIRST_PAUSE_S = 0.02
_LONGEST_PAUSE_S = 2.0
LOCK_WAIT_S = 8
"""How long a statement waits for a lock, so that its unit has time to be tried again."""

P = ParamSpec("P")
T = TypeVar("T")


@dataclasses.dataclass(frozen=True, slots=True)
class _Store:
    """An engine with the two ways to open a session on it."""

    connection: str | None
    """The URL that was asked for; None: the configured one."""
    engine: sqlalchemy.Engine
    reader: sessionmaker[Session]
    writer: sessionmaker[Session]
    lock: contextlib.AbstractContextManager[Any]
    """Held during a unit of work. A real lock only where all threads share one connection."""


class _Unit(threading.local):
    """The unit of work of a thread."""

    session: Session | None = None
    writes = False


_unit = _Unit()
_store: _Store | None = None
_store_lock = threading.Lock()


def configure(connection: str | None = None) -> None:
    """Use another database from now on.

    :param connection: a database URL; None means ``[database] connection``.
    """
    global _store
    reset()
    with _store_lock:
        _store = _open_store(connection)


def reset() -> None:
    """Close all idle connections and forget the engine; the next unit of work opens a new one."""
    global _store
    with _store_lock:
        if _store is not None:
            _store.engine.dispose()
        _store = None


def engine() -> sqlalchemy.Engine:
    """Return the engine of this process; it is made at the first call."""
    return _get_store().engine


@contextlib.contextmanager
def patient() -> Iterator[None]:
    """Wait within the block as long as it takes: for a change of the schema, or a purge.

    Other units of work have limits: on waiting for a lock, and on the silence of the server. The
    block has an engine of its own, in all threads of the process. SQLite has no such limits.
    """
    global _store
    usual = _get_store()
    if usual.engine.dialect.name == "sqlite":
        yield
        return
    _store = _open_store(usual.connection, patient=True)
    try:
        yield
    finally:
        _store.engine.dispose()
        _store = usual


@contextlib.contextmanager
def read() -> Iterator[Session]:
    """Open a unit of work that only reads.

    Within another unit it is that unit.
    """
    if _unit.session is not None:
        yield _unit.session
        return
    store = _get_store()
    with store.lock, store.reader() as session, _as_unit(session, writes=False):
        yield session


@contextlib.contextmanager
def write() -> Iterator[Session]:
    """Open a unit of work that commits at its end, or rolls back when it raises.

    Within another writing unit it is that unit: only the outermost commits.

    :raises TypeError: within a unit that only reads.
    """
    if _unit.session is not None:
        if not _unit.writes:
            raise TypeError("a unit of work that reads cannot start to write")
        yield _unit.session
        return
    store = _get_store()
    with store.lock, store.writer() as session, _as_unit(session, writes=True), session.begin():
        yield session


@overload
def retried(function: Callable[P, T], /) -> Callable[P, T]: ...
@overload
def retried(*, deadline_s: float) -> Callable[[Callable[P, T]], Callable[P, T]]: ...
def retried(
    function: Callable[P, T] | None = None, /, *, deadline_s: float = RETRY_DEADLINE_S
) -> Any:
    """Run a whole unit of work again when the database refused it for a passing reason.

    Passing are: deadlock, serialization failure, lock wait, lost connection, a busy SQLite. The
    function must contain its unit of work, and nothing that may not happen twice. Called inside
    another unit it runs once, since the transaction that failed is not its own.

    If the database refuses a text that is written for people, whatever the reason, the unit writes
    it in plain ASCII instead: no text keeps a state from being written.

    :param deadline_s: seconds after which the last error is raised; pauses grow with jitter.
    """
    if function is None:
        return functools.partial(retried_for, deadline_s=deadline_s)
    return retried_for(function, deadline_s=deadline_s)


def retried_for(function: Callable[P, T], *, deadline_s: float) -> Callable[P, T]:
    """Return the function that :func:`retried` makes."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        if _unit.session is not None:
            return function(*args, **kwargs)
        give_up_at = time.monotonic() + deadline_s
        pause_s = _FIRST_PAUSE_S
        attempt = limits.watched(function)
        while True:
            try:
                return attempt(*args, **kwargs)
            except Exception as error:
                if attempt.might_pass_plain(error):
                    LOG.warning(
                        "%s is retried with texts in plain ASCII: %s", function.__qualname__, error
                    )
                    attempt.plain = True
                    continue
                jittered_s = pause_s * random.uniform(0.5, 1.5)  # noqa: S311 - not a secret
                if not passing.is_passing(error) or time.monotonic() + jittered_s > give_up_at:
                    raise
                LOG.debug("Trying %s again: %s", function.__qualname__, error)
            time.sleep(jittered_s)
            pause_s = min(_LONGEST_PAUSE_S, pause_s * 2)

    return run


@contextlib.contextmanager
def _as_unit(session: Session, *, writes: bool) -> Iterator[None]:
    """Make a session the unit of work of this thread.

    :raises DBDeadlock, DBConnectionError: for passing errors that oslo.db has not named, so that
        callers know them.
    :raises SchemaMissing: for a database without the tables.
    """
    _unit.session, _unit.writes = session, writes
    try:
        yield
    except (sqlalchemy.exc.DBAPIError, db_exception.DBError) as error:
        if schema_errors.says_so(error):
            raise schema_errors.SchemaMissing(session.get_bind().engine.url, error) from error
        kind = passing.kind_of(error)
        if kind is None or isinstance(error, kind):
            raise
        raise kind(error) from error
    finally:
        _unit.session, _unit.writes = None, False


def _get_store() -> _Store:
    global _store
    store = _store
    if store is None:
        with _store_lock:
            if _store is None:
                _store = _open_store(None)
            store = _store
    return store


def _open_store(connection: str | None, *, patient: bool = False) -> _Store:
    url = _url_of(connection or CONF.database.connection)
    manager = enginefacade.transaction_context()
    # A connection is tried when a unit of work needs it, with that unit's deadline: a daemon
    # comes up while its database does not yet.
    manager.configure(
        connection=url.render_as_string(hide_password=False),
        sqlite_fk=True,
        thread_checkin=False,
        max_retries=0,
    )
    manager.append_on_engine_create(functools.partial(_prepare, patient=patient))
    made: sqlalchemy.Engine = manager.writer.get_engine()
    return _Store(
        connection=connection,
        engine=made,
        reader=sessionmaker(
            made.execution_options(**{pooling.READS: True}), expire_on_commit=False
        ),
        writer=sessionmaker(made.execution_options(watcher_writes=True), expire_on_commit=False),
        lock=threading.Lock() if _is_in_memory(url) else contextlib.nullcontext(),
    )


def _url_of(connection: str) -> sqlalchemy.URL:
    """Return a database's URL in a form that all libraries understand.

    SQLAlchemy knows MariaDB by two names, oslo.db by only one: with the other it would neither name
    errors nor set modes.
    """
    url = make_url(connection)
    dialect, plus, driver = url.drivername.partition("+")
    if dialect == "mariadb":
        url = url.set(drivername=f"mysql{plus}{driver}")
    more = urllib.parse.parse_qs(CONF.database.connection_parameters)
    if url.get_backend_name() == "mysql" and "charset" not in {*url.query, *more}:
        url = url.update_query_dict({"charset": "utf8mb4"})
    if url.get_backend_name() == "postgresql":
        # oslo.db asks for UTF-8; with anything less the server would refuse to show some rows.
        url = url.difference_update_query(["client_encoding"])
    return url


def _is_in_memory(url: sqlalchemy.URL) -> bool:
    return url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")


def _prepare(made: sqlalchemy.Engine, *, patient: bool) -> None:
    dialect: Any = made.dialect
    lost = (NotImplementedError, sqlalchemy.exc.ResourceClosedError, _operational_error(dialect))
    dialect.initialize = functools.partial(_initialize, dialect.initialize, lost)
    if made.dialect.name == "sqlite":
        event.listen(made, "connect", _prepare_sqlite_connection)
        event.listen(made, "begin", _begin_sqlite)
    elif made.dialect.name in _PREPARATIONS:
        always, hasty = _PREPARATIONS[made.dialect.name]
        statements = [always] if patient else [always, hasty]
        prepare = functools.partial(_prepare_connection, statements, lost[-1])
        event.listen(made, "connect", prepare)
    connections.prepare(made, None if patient else CONF.database.read_timeout or None)
    pooling.prepare(made)


def _initialize(
    initialize: Callable[[Any], None], lost: tuple[type[Exception], ...], connection: Any
) -> None:
    """Let SQLAlchemy ask the server what it is, over the first connection of an engine.

    When that connection dies meanwhile it raises what does not look like a lost connection.

    :param lost: the errors that then stand for one.
    :raises DBConnectionError: instead.
    """
    try:
        initialize(connection)
    except lost as error:
        raise db_exception.DBConnectionError(error) from error


def _operational_error(dialect: Any) -> type[Exception]:
    """Return the driver's own error for what is wrong with the server."""
    found: type[Exception] = dialect.loaded_dbapi.OperationalError
    return found


def _prepare_sqlite_connection(connection: Any, _record: Any) -> None:
    connection.execute(f"PRAGMA busy_timeout = {SQLITE_BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    # Safe with WAL against a crash of the process; a power cut may lose the last commits only.
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin_sqlite(connection: sqlalchemy.Connection) -> None:
    """Take the write lock at once where the unit writes.

    A lock taken later, when another writer committed in between, could not be waited for.
    """
    if connection.get_execution_options().get("watcher_writes"):
        # oslo.db's own listener comes first, whatever the order of registration, and has begun a
        # transaction without a lock.
        connection.connection.rollback()
        connection.exec_driver_sql("BEGIN IMMEDIATE")


#: The first statements of each new connection, and more if it may not wait for long. Compiling
#: statements to machine code (jit) takes PostgreSQL seconds for the nested conditions of a purge,
#: whose execution takes milliseconds.
_PREPARATIONS = {
    "mysql": (
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
        f"SET SESSION innodb_lock_wait_timeout = {LOCK_WAIT_S}",
    ),
    "postgresql": ("SET SESSION jit = off", f"SET SESSION lock_timeout = '{LOCK_WAIT_S}s'"),
}


def _prepare_connection(
    statements: list[str], lost: type[Exception], connection: Any, _record: Any
) -> None:
    """Tell a new connection what it needs to know.

    :param lost: what the driver raises when the connection is gone already.
    :raises DBConnectionError: instead.
    """
    try:
        with contextlib.closing(connection.cursor()) as cursor:
            for statement in statements:
                cursor.execute(statement)
        connection.commit()
    except lost as error:
        raise db_exception.DBConnectionError(error) from error
