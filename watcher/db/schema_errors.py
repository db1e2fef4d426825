# SPDX-License-Identifier: Apache-2.0
"""Errors of a database without Watcher's tables, or with those of an earlier release.

Only an upgrade of the schema helps, so the message names the command and the database.
"""

from __future__ import annotations

import re

from oslo_db import exception as db_exception
from sqlalchemy.engine import URL

from watcher.db import passing

UPGRADE = "run 'watcher-db-manage upgrade'"

# No such table and no such column, in MySQL and PostgreSQL.
_CODES = frozenset({1146, 1054, "42P01", "42703"})
_SQLITE_WORDS = re.compile(r"no such (table|column)|table \S+ has no column")


class SchemaMissing(db_exception.DBNonExistentTable):
    """The database lacks tables or columns that a unit of work needs."""

    def __init__(self, url: URL, error: BaseException) -> None:
        """Write the message, for whoever can run the command."""
        super().__init__("", error)
        lacking = "has no tables yet, or those of an earlier release"
        self.sentence = f"The database {shown(url)} {lacking}: {UPGRADE}"

    def __str__(self) -> str:
        """Return the message; the database's own error is in ``inner_exception``."""
        return self.sentence


def says_so(error: BaseException) -> bool:
    """Tell whether a statement failed because a table or a column is missing."""
    if isinstance(error, db_exception.DBNonExistentTable) or passing.code_of(error) in _CODES:
        return True
    cause = passing.cause_of(error)
    return hasattr(cause, "sqlite_errorname") and _SQLITE_WORDS.match(str(cause)) is not None


def shown(url: URL) -> str:
    """Return a URL without the account and the options, to name its database."""
    plain = URL.create(url.drivername, host=url.host, port=url.port, database=url.database)
    return plain.render_as_string()
