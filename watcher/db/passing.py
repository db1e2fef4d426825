# SPDX-License-Identifier: Apache-2.0
"""Which errors of a database pass: the same unit of work, run again, may succeed.

The database is too busy (deadlock, serialization failure, lock wait), or away (lost connection,
restart). oslo.db gives most of them a name; what it does not know is named here.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy
from oslo_db import exception as db_exception

ERRORS = (db_exception.DBDeadlock, db_exception.DBConnectionError)
"""What units of work raise when the database is too busy, or away. Their trace says nothing."""

# Serialization failure, deadlock and lock wait of PostgreSQL; lock wait and deadlock of MySQL.
_LOCK_CODES = frozenset({"40001", "40P01", "55P03", 1205, 1213})
_SQLITE_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")
# A connection that was ended in a way to which oslo.db gives no name: the server is shutting down,
# crashed or starting, has too many connections, or somebody ended it.
_LOST_CODES = frozenset({"53300", "57P01", "57P02", "57P03", 1040, 1053, 1203, 1927, 2006, 2013})


def is_passing(error: BaseException) -> bool:
    """Tell whether a unit of work that failed with this error may pass when run again."""
    if isinstance(error, ERRORS):
        return True
    return (
        isinstance(error, db_exception.DBError | sqlalchemy.exc.DBAPIError)
        and kind_of(error) is not None
    )


def kind_of(error: BaseException) -> type[db_exception.DBError] | None:
    """Return the name that oslo.db would give to a passing error, if it knew all of them."""
    code, cause = code_of(error), _cause(error)
    found: type[db_exception.DBError] | None = None
    if code in _LOCK_CODES or getattr(cause, "sqlite_errorname", "").startswith(_SQLITE_BUSY):
        found = db_exception.DBDeadlock
    elif code in _LOST_CODES or _is_from_libpq(cause):
        found = db_exception.DBConnectionError
    return found


def _is_from_libpq(cause: Any) -> bool:
    """Tell whether psycopg's error is not one of the server's, which has lost the connection."""
    kind = type(cause)
    return (
        kind.__name__ == "OperationalError"
        and kind.__module__.partition(".")[0] == "psycopg"
        and cause.sqlstate is None
    )


def code_of(error: BaseException) -> str | int | None:
    """Return what the server calls an error: a number of MySQL, or a SQLSTATE of PostgreSQL."""
    cause = _cause(error)
    number = next(iter(cause.args), None)
    # PyMySQL knows a SQLSTATE too, but that of a lock wait says nothing (HY000).
    return number if isinstance(number, int) else getattr(cause, "sqlstate", None)


def _cause(error: BaseException) -> Any:
    """Return the driver's own error within one of oslo.db's or SQLAlchemy's."""
    cause: Any = getattr(error, "inner_exception", None) or error
    return getattr(cause, "orig", None) or cause
