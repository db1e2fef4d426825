# SPDX-License-Identifier: Apache-2.0
"""Which errors of a database pass: the same unit of work, run again, may succeed.

The database is too busy (deadlock, serialization failure, lock wait), or away (lost connection,
restart, failover). oslo.db gives most of them a name; what it does not know is named here.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy
from oslo_db import exception as db_exception

_PASSING = (db_exception.DBDeadlock, db_exception.DBConnectionError)
ERRORS = (*_PASSING, db_exception.DBNonExistentTable)
"""What units of work raise when the database is too busy, away, or has no tables (yet, or now).

Their traces say nothing. The last one is not retried at once: it lasts until somebody acts.
"""

# Serialization failure, deadlock and lock wait of PostgreSQL; lock wait and deadlock of MySQL, and
# what its group replication rolled back.
_LOCK_CODES = frozenset({"40001", "40P01", "55P03", 1205, 1213, 3101})
_SQLITE_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")
# The server has reached its limit of connections, in total or for this account.
_FULL_CODES = frozenset({"53300", 1040, 1203, 1226})
# libpq gives no SQLSTATE for a refused connection. The wording of PostgreSQL and PgBouncer.
_FULL_WORDS = (
    "too many clients",
    "too many connections",
    "remaining connection slots",
    "no more connections allowed",
)
# The server accepts no changes: it is no longer the primary, or not yet. For PostgreSQL, a
# read-only transaction; for MySQL, the options read_only and innodb_read_only, and such a
# transaction; for a cluster, a node without a quorum (Galera, group replication).
_DEMOTED_CODES = frozenset({"25006", 1047, 1290, 1792, 1836, 3100})
# A connection ended in a way that oslo.db does not name: the server is shutting down, has crashed
# or is starting, or somebody or a time-out ended the connection.
_ENDED_CODES = frozenset(
    {"25P03", "25P04", "57P01", "57P02", "57P03", "57P05"}
    | {1053, 1158, 1159, 1160, 1161, 1927, 2002, 2003, 2006, 2013, 2055, 3169, 4031}
)
_LOST_CODES = _FULL_CODES | _DEMOTED_CODES | _ENDED_CODES
_LOST_CLASS = "08"
"""The class of SQLSTATEs for connection exceptions, including those of poolers in between."""


def is_passing(error: BaseException) -> bool:
    """Tell whether a unit of work that failed with this error may pass when run again."""
    if isinstance(error, _PASSING):
        return True
    return (
        isinstance(error, db_exception.DBError | sqlalchemy.exc.DBAPIError)
        and kind_of(error) is not None
    )


def kind_of(error: BaseException) -> type[db_exception.DBError] | None:
    """Return the name that oslo.db would give to a passing error, if it knew all of them."""
    code, cause = code_of(error), cause_of(error)
    found: type[db_exception.DBError] | None = None
    if code in _LOCK_CODES or getattr(cause, "sqlite_errorname", "").startswith(_SQLITE_BUSY):
        found = db_exception.DBDeadlock
    elif is_lost(error):
        found = db_exception.DBConnectionError
    return found


def is_lost(error: BaseException) -> bool:
    """Tell whether a connection is unusable after this error of its driver.

    One to a demoted server is alive, but would refuse every change for as long as it is kept.
    """
    code = code_of(error)
    lost_class = isinstance(code, str) and code.startswith(_LOST_CLASS)
    return code in _LOST_CODES or lost_class or _is_from_libpq(cause_of(error))


def is_full(error: BaseException) -> bool:
    """Tell whether a server refused a connection because it has too many of them."""
    if code_of(error) in _FULL_CODES:
        return True
    cause = cause_of(error)
    return _is_from_libpq(cause) and any(words in str(cause) for words in _FULL_WORDS)


def _is_from_libpq(cause: Any) -> bool:
    """Tell whether psycopg's error is not one of the server's, which has lost the connection."""
    kind = type(cause)
    return (
        kind.__name__ == "OperationalError"
        and kind.__module__.partition(".")[0] in {"psycopg", "psycopg2"}
        and code_of(cause) is None
    )


def code_of(error: BaseException) -> str | int | None:
    """Return what the server calls an error: a number of MySQL, or a SQLSTATE of PostgreSQL."""
    cause = cause_of(error)
    # MySQL drivers know SQLSTATEs too, but that of a lock wait says nothing (HY000).
    for number in (next(iter(cause.args), None), getattr(cause, "errno", None)):
        if isinstance(number, int):
            return number
    found: str | None = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    return found


def cause_of(error: BaseException) -> Any:
    """Return the driver's own error within those of oslo.db and SQLAlchemy."""
    cause: Any = error
    while inner := getattr(cause, "inner_exception", None) or getattr(cause, "orig", None):
        cause = inner
    return cause
