# SPDX-License-Identifier: Apache-2.0
"""What a database says when it cannot be used, in one line for whoever runs a command."""

from __future__ import annotations

from oslo_db.exception import DBError
from sqlalchemy.exc import SQLAlchemyError

from watcher.db import passing, schema_errors, session
from watcher.db.migration import MigrationError

FAILURES = (DBError, SQLAlchemyError, MigrationError, ModuleNotFoundError)
"""What commands answer with a line instead of a trace."""


def reason(error: BaseException) -> str:
    """Return what the database said, without the statement that it said it about."""
    if isinstance(error, ModuleNotFoundError):
        # The extras "mysql" and "postgresql" of the package install the known drivers.
        return f"the driver of the database is not installed: {error}"
    if schema_errors.says_so(error):
        return str(schema_errors.SchemaMissing(session.engine().url, error))
    return str(passing.cause_of(error))
