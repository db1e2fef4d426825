# SPDX-License-Identifier: Apache-2.0
"""An audit's interval becomes text, for cron expressions; its next run has a column."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "d098df6021e2"
down_revision = "0f6042416884"


def upgrade() -> None:
    """Change the one column and add the other."""
    with op.batch_alter_table("audits") as audits:
        audits.alter_column(
            "interval",
            existing_type=sa.Integer(),
            existing_nullable=True,
            type_=sa.String(36),
            postgresql_using='"interval"::varchar(36)',
        )
    op.add_column("audits", sa.Column("next_run_time", sa.DateTime()))


def downgrade() -> None:
    """Go back to whole seconds. Cron expressions have no such form and are emptied."""
    audits = sa.table("audits", sa.column("id", sa.Integer()), sa.column("interval", sa.String(36)))
    bind = op.get_bind()
    rows = bind.execute(sa.select(audits).where(audits.c.interval.is_not(None))).all()
    # The published upgrade leaves numbers on PostgreSQL.
    lost = [row.id for row in rows if not str(row.interval).strip().isdigit()]
    if lost:
        bind.execute(audits.update().where(audits.c.id.in_(lost)).values(interval=None))
    with op.batch_alter_table("audits") as batch:
        batch.drop_column("next_run_time")
        batch.alter_column(
            "interval",
            existing_type=sa.String(36),
            existing_nullable=True,
            type_=sa.Integer(),
            postgresql_using='"interval"::integer',
        )
