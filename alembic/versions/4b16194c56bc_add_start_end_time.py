# SPDX-License-Identifier: Apache-2.0
"""Audits may have a time to begin and a time to end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "4b16194c56bc"
down_revision = "52804f2498c4"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("audits", sa.Column("start_time", sa.DateTime()))
    op.add_column("audits", sa.Column("end_time", sa.DateTime()))


def downgrade() -> None:
    """Drop the columns."""
    with op.batch_alter_table("audits") as audits:
        audits.drop_column("end_time")
        audits.drop_column("start_time")
