# SPDX-License-Identifier: Apache-2.0
"""Audit templates may have parameters for their audits. The published head.

No way back, as published.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "f56ba02662b4"
down_revision = "7150a7d8f228"


def upgrade() -> None:
    """Add the column."""
    op.add_column("audit_templates", sa.Column("default_parameters", sa.Text()))
