# SPDX-License-Identifier: Apache-2.0
"""Audits are found by name, and what waits by state, however many there are. Ours, not published.

Foreign keys get the index that MySQL makes by itself and the other databases do not.

The published tool does not know this revision: before it is to run again on the database, go back
with ``watcher-db-manage downgrade --revision f56ba02662b4``, or keep the indexes, which do no harm
to anybody, with ``watcher-db-manage stamp f56ba02662b4``. Either may be upgraded again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c41d7e5b9a02"
down_revision = "f56ba02662b4"

_INDEXES = (
    ("ix_audits_name", "audits", "name"),
    ("ix_audits_state", "audits", "state"),
    ("ix_action_plans_state", "action_plans", "state"),
)
_FOREIGN_KEYS = (
    ("action_plans", "audit_id"),
    ("action_plans", "strategy_id"),
    ("actions", "action_plan_id"),
    ("apscheduler_jobs", "service_id"),
    ("audit_templates", "goal_id"),
    ("audit_templates", "strategy_id"),
    ("audits", "goal_id"),
    ("audits", "strategy_id"),
    ("efficacy_indicators", "action_plan_id"),
    ("strategies", "goal_id"),
)


def upgrade() -> None:
    """Make the indexes that are not there yet."""
    for name, table, column in _indexes():
        if name not in _present(table):
            op.create_index(name, table, [column])


def downgrade() -> None:
    """Drop the indexes."""
    for name, table, _ in _indexes():
        if name in _present(table):
            op.drop_index(name, table)


def _indexes() -> list[tuple[str, str, str]]:
    wanted = list(_INDEXES)
    if op.get_bind().dialect.name not in ("mysql", "mariadb"):
        wanted += [(f"ix_{table}_{column}", table, column) for table, column in _FOREIGN_KEYS]
    return wanted


def _present(table: str) -> set[str | None]:
    return {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}
