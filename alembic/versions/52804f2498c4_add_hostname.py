# SPDX-License-Identifier: Apache-2.0
"""Audits and action plans know the host of the daemon that works on them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "52804f2498c4"
down_revision = "a86240e89a29"

TABLES = ("audits", "action_plans")


def upgrade() -> None:
    """Add the columns."""
    for table in TABLES:
        op.add_column(table, sa.Column("hostname", sa.String(255)))


def downgrade() -> None:
    """Drop the columns."""
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            batch.drop_column("hostname")
