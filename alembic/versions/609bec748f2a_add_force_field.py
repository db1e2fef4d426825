# SPDX-License-Identifier: Apache-2.0
"""Audits may be forced."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "609bec748f2a"
down_revision = "4b16194c56bc"


def upgrade() -> None:
    """Add the column."""
    op.add_column("audits", sa.Column("force", sa.Boolean()))


def downgrade() -> None:
    """Drop the column."""
    with op.batch_alter_table("audits") as audits:
        audits.drop_column("force")
