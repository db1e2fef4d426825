# SPDX-License-Identifier: Apache-2.0
"""A database without our tables, or with those of an earlier release: what says so, in words.

Nothing but a change of the schema helps, so the words name the command and the database.
"""

from __future__ import annotations

import re

from oslo_db import exception as db_exception
from sqlalchemy.engine import URL

from watcher.db import passing

UPGRADE = "run 'watcher-db-manage upgrade'"

# No such table, no such column: of MySQL and of PostgreSQL.
_CODES = frozenset({1146, 1054, "42P01", "42703"})
_SQLITE_WORDS = re.compile(r"no such (table|column)|table \S+ has no column")


class SchemaMissing(db_exception.DBNonExistentTable):
    """The database lacks tables or columns that a unit of work needs."""

    def __init__(self, url: URL, error: BaseException) -> None:
        """Make the sentence for whoever can run the command."""
        super().__init__("", error)
        lacking = "has no tables yet, or those of an earlier release"
        self.sentence = f"The database {shown(url)} {lacking}: {UPGRADE}"

    def __str__(self) -> str:
        """Return the sentence; what the database said is in ``inner_exception``."""
        return self.sentence


def says_so(error: BaseException) -> bool:
    """Tell whether a statement failed for the lack of a table or a column."""
    if isinstance(error, db_exception.DBNonExistentTable) or passing.code_of(error) in _CODES:
        return True
    cause = passing.cause_of(error)
    return hasattr(cause, "sqlite_errorname") and _SQLITE_WORDS.match(str(cause)) is not None


def shown(url: URL) -> str:
    """Return which database a URL means, without the account and without its options."""
    plain = URL.create(url.drivername, host=url.host, port=url.port, database=url.database)
    return plain.render_as_string()
