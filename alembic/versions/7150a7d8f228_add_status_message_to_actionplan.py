# SPDX-License-Identifier: Apache-2.0
"""Audits, action plans and actions say why they are in their state.

No way back, as published.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "7150a7d8f228"
down_revision = "15f7375ca737"


def upgrade() -> None:
    """Add the columns."""
    for table in ("action_plans", "actions", "audits"):
        op.add_column(table, sa.Column("status_message", sa.String(255)))
