# SPDX-License-Identifier: Apache-2.0
"""Create a table for notes about work in progress: an extension, not published.

The published services do not look at it, so it may stay when their tool is to be used again: after
``watcher-db-manage stamp f56ba02662b4`` this revision finds the table and keeps it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "a4d91b7c3e58"
down_revision = "e2b80f64a1d7"

_TABLE = "runs"


def upgrade() -> None:
    """Create the table, unless it exists."""
    if sa.inspect(op.get_bind()).has_table(_TABLE):
        return
    op.create_table(
        _TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("object_uuid", sa.String(36), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("interruptions", sa.Integer(), nullable=False),
        sa.Column("plan_uuid", sa.String(36), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("object_uuid", name="uniq_runs0object_uuid"),
    )


def downgrade() -> None:
    """Drop the table. Work in progress is then found only by its owner, and starts over."""
    op.drop_table(_TABLE)
