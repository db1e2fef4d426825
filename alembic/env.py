# SPDX-License-Identifier: Apache-2.0
"""How alembic reaches the database: over the connection that ``watcher.db.migration`` opened."""

from __future__ import annotations

from alembic import context

from watcher.db import models, resumable

RESUMABLE = (resumable.ResumableMySQL, resumable.ResumableMariaDB)  # known to alembic by name

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=models.Base.metadata,
    # SQLite changes a column by copying the table.
    render_as_batch=connection.dialect.name == "sqlite",
    # A revision that fails leaves nothing behind. SQLite can do that too: our connections begin
    # their transactions explicitly. MySQL cannot, but its steps may be taken again.
    transactional_ddl=connection.dialect.name not in ("mysql", "mariadb"),
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
