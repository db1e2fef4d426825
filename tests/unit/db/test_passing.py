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


def test_an_error_tells_what_the_server_calls_it() -> None:
    assert passing.code_of(_database_error(_PostgresError("40P01"))) == "40P01"
    assert passing.code_of(db_exception.DBDeadlock(_raised(1213, "Deadlock found"))) == 1213
    general = _raised(1205, "Lock wait timeout")
    general.sqlstate = "HY000"
    assert passing.code_of(_database_error(general)) == 1205
    assert passing.code_of(ValueError("words")) is None
