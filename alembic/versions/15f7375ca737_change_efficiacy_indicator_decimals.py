# SPDX-License-Identifier: Apache-2.0
"""Efficacy indicators keep their number in a column that has fractions.

No way back: the published revision has none, since the numbers would lose their fractions.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "15f7375ca737"
down_revision = "609bec748f2a"


def upgrade() -> None:
    """Add the column. Rows from before it are read from the old one."""
    op.add_column("efficacy_indicators", sa.Column("data", sa.Float()))
