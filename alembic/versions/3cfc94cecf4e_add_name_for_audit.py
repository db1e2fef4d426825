# SPDX-License-Identifier: Apache-2.0
"""Audits have a name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3cfc94cecf4e"
down_revision = "d09a5945e4a0"


def upgrade() -> None:
    """Add the column."""
    op.add_column("audits", sa.Column("name", sa.String(63)))


def downgrade() -> None:
    """Drop the column."""
    with op.batch_alter_table("audits") as audits:
        audits.drop_column("name")
