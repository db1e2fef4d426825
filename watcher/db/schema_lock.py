# SPDX-License-Identifier: Apache-2.0
"""One change of the schema at a time, however many are started.

MariaDB and PostgreSQL have locks by name, which end with the connection that holds them. SQLite
has one lock on everything, so there a change of the schema is one transaction from end to end.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
from collections.abc import Iterator, Mapping

import sqlalchemy as sa
from oslo_db.exception import DBError
from sqlalchemy.exc import SQLAlchemyError

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class _Statements:
    """How a database takes the lock if it is free, waits for it, and gives it back."""

    take: str
    wait: str
    release: str


# The lock of MySQL is one of the server, that of PostgreSQL one of the database.
_MYSQL_NAME = "CONCAT('watcher-db-manage ', MD5(DATABASE()))"
_MYSQL = _Statements(
    f"SELECT GET_LOCK({_MYSQL_NAME}, 0)",
    f"SELECT GET_LOCK({_MYSQL_NAME}, 86400)",
    f"DO RELEASE_LOCK({_MYSQL_NAME})",
)
_POSTGRESQL_NAME = "hashtext('watcher-db-manage')"
_POSTGRESQL = _Statements(
    f"SELECT pg_try_advisory_lock({_POSTGRESQL_NAME})",
    f"SELECT pg_advisory_lock({_POSTGRESQL_NAME})",
    f"SELECT pg_advisory_unlock({_POSTGRESQL_NAME})",
)
_STATEMENTS: Mapping[str, _Statements] = {
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
    "postgresql": _POSTGRESQL,
}


@contextlib.contextmanager
def held(connection: sa.Connection) -> Iterator[None]:
    """Hold the lock during the block, after waiting for it as long as it takes.

    On SQLite the connection has a transaction then, which the caller commits.
    """
    statements = _STATEMENTS.get(connection.dialect.name)
    if statements is None:
        connection.execution_options(watcher_writes=True).begin()
        yield
        return
    taken = _take(connection, statements)
    try:
        yield
    finally:
        if taken:
            with contextlib.suppress(SQLAlchemyError, DBError):  # it ended with its connection
                connection.rollback()
                connection.exec_driver_sql(statements.release)
                connection.commit()


def _take(connection: sa.Connection, statements: _Statements) -> bool:
    """Take the lock; tell whether there is one: some clusters of MySQL refuse them."""
    try:
        if not connection.scalar(sa.text(statements.take)):
            LOG.warning("Another command changes the schema of the database; waiting for its end")
            connection.execute(sa.text(statements.wait))
    except (SQLAlchemyError, DBError) as error:
        connection.rollback()
        LOG.warning("The database has no locks by name; run one command at a time: %s", error)
        return False
    connection.commit()
    return True
