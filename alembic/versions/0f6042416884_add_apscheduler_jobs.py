# SPDX-License-Identifier: Apache-2.0
"""The table of the published scheduler, which this project does not use."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0f6042416884"
down_revision = "001"

INDEX = "ix_apscheduler_jobs_next_run_time"


def upgrade() -> None:
    """Create the table, unless the scheduler itself already did."""
    found = sa.inspect(op.get_bind())
    if found.has_table("apscheduler_jobs"):
        # An upgrade that was killed may have come so far on MySQL.
        if INDEX not in {index["name"] for index in found.get_indexes("apscheduler_jobs")}:
            op.create_index(INDEX, "apscheduler_jobs", ["next_run_time"])
        return
    op.create_table(
        "apscheduler_jobs",
        sa.Column("id", sa.String(191), nullable=False),
        sa.Column("next_run_time", sa.Float(25), index=True),
        sa.Column("job_state", sa.LargeBinary(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("tag", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"]),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("apscheduler_jobs")
