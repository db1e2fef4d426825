# SPDX-License-Identifier: Apache-2.0
"""The table with a sentence for each type of action."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "d09a5945e4a0"
down_revision = "d098df6021e2"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "action_descriptions",
        sa.Column("created_at", sa.DateTime()),
        sa.Column("updated_at", sa.DateTime()),
        sa.Column("deleted_at", sa.DateTime()),
        sa.Column("deleted", sa.Integer()),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action_type", sa.String(255), nullable=False),
        sa.Column("description", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("action_type", name="uniq_action_description0action_type"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("action_descriptions")
