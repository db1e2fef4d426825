# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sqlite3

import psycopg
import pytest
import sqlalchemy
from oslo_db import exception as db_exception

from watcher.db import passing, session


def _database_error(cause: BaseException) -> db_exception.DBError:
    error = db_exception.DBError()
    error.inner_exception = sqlalchemy.exc.OperationalError("", {}, cause)
    return error


def _busy() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorname = "SQLITE_BUSY"
    return error


class _PostgresError(Exception):
    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (db_exception.DBDeadlock(), True),
        (db_exception.DBConnectionError(), True),
        (_database_error(_busy()), True),
        (_database_error(_PostgresError("40001")), True),
        (_database_error(_PostgresError("57P01")), True),
        (_database_error(_PostgresError("55P03")), True),
        (_database_error(_PostgresError("25006")), True),
        (_database_error(_PostgresError("57P05")), True),
        (_database_error(_PostgresError("08006")), True),
        (sqlalchemy.exc.OperationalError("", {}, Exception(1226, "User has exceeded")), True),
        (sqlalchemy.exc.OperationalError("", {}, Exception(1290, "--read-only")), True),
        (sqlalchemy.exc.InternalError("", {}, Exception(1792, "READ ONLY transaction")), True),
        (sqlalchemy.exc.InternalError("", {}, Exception(1836, "read-only mode")), True),
        (sqlalchemy.exc.OperationalError("", {}, Exception(1045, "Access denied")), False),
        (sqlalchemy.exc.OperationalError("", {}, Exception(1040, "Too many connections")), True),
        (_database_error(_PostgresError("22001")), False),
        (_database_error(sqlite3.OperationalError("no such table")), False),
        (_database_error(psycopg.OperationalError("consuming input failed")), True),
        (_database_error(psycopg.errors.UndefinedTable("no such table")), False),
        (db_exception.DBDuplicateEntry(), False),
        (sqlalchemy.exc.OperationalError("", {}, Exception(1205, "Lock wait")), True),
        (sqlalchemy.exc.OperationalError("", {}, Exception(1406, "Data too long")), False),
        (ValueError("1205"), False),
    ],
)
def test_only_named_errors_are_passing(error: Exception, expected: bool) -> None:
    assert passing.is_passing(error) is expected


def _raised(*cause: object, sqlstate: str | None = None) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(*cause)
    if sqlstate is not None:
        error.sqlstate = sqlstate
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (_raised(sqlstate="55P03"), db_exception.DBDeadlock),
        (_raised(1205, "Lock wait timeout"), db_exception.DBDeadlock),
        (_raised(1053, "Server shutdown in progress"), db_exception.DBConnectionError),
        (_raised(sqlstate="57P03"), db_exception.DBConnectionError),
        (_busy(), db_exception.DBDeadlock),
        (_raised(1406, "Data too long"), sqlalchemy.exc.OperationalError),
    ],
)
def test_a_passing_error_has_a_name_that_callers_know(error: Exception, kind: type) -> None:
    def fail(*_: object) -> None:
        raise error

    sqlalchemy.event.listen(session.engine(), "do_execute", fail)
    with pytest.raises(kind), session.read() as unit:
        unit.execute(sqlalchemy.text("SELECT 1"))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (_raised(1040, "Too many connections"), True),
        (_raised(1203, "User w already has more than 'max_user_connections'"), True),
        (_raised(1226, "User 'w' has exceeded the 'max_user_connections' resource"), True),
        (_PostgresError("53300"), True),
        (psycopg.OperationalError("FATAL:  sorry, too many clients already"), True),
        (psycopg.OperationalError('FATAL:  too many connections for role "w"'), True),
        (psycopg.OperationalError("FATAL:  remaining connection slots are reserved for"), True),
        (db_exception.DBConnectionError(psycopg.OperationalError("too many clients")), True),
        (psycopg.OperationalError("connection refused"), False),
        (_raised(2003, "Can't connect"), False),
        (ValueError("too many clients"), False),
    ],
)
def test_a_full_server_is_told_from_one_that_is_away(error: Exception, expected: bool) -> None:
    assert passing.is_full(error) is expected


@pytest.mark.parametrize(
    "cause",
    [
        _raised(1047, "WSREP has not yet prepared node for application use"),
        _raised(1290, "The server is running with the --read-only option"),
        _raised(1792, "Cannot execute statement in a READ ONLY transaction"),
        _raised(1836, "Running in read-only mode"),
        _raised(sqlstate="25006"),
        _raised(sqlstate="57P01"),
    ],
    ids=str,
)
def test_all_connections_to_a_demoted_server_are_thrown_away(cause: Exception, tmp_path) -> None:
    session.configure(f"sqlite:///{tmp_path}/watcher.sqlite")
    engine = session.engine()
    thrown: list[object] = []
    sqlalchemy.event.listen(engine, "invalidate", lambda *given: thrown.append(given))

    def fail(*_: object) -> None:
        raise cause

    sqlalchemy.event.listen(engine, "do_execute", fail)
    with pytest.raises(db_exception.DBConnectionError), session.read() as unit:
        unit.execute(sqlalchemy.text("SELECT 1"))
    assert len(thrown) == 1


def test_an_error_tells_what_the_server_calls_it() -> None:
    assert passing.code_of(_database_error(_PostgresError("40P01"))) == "40P01"
    assert passing.code_of(db_exception.DBDeadlock(_raised(1213, "Deadlock found"))) == 1213
    general = _raised(1205, "Lock wait timeout")
    general.sqlstate = "HY000"
    assert passing.code_of(_database_error(general)) == 1205
    assert passing.code_of(ValueError("words")) is None
