# SPDX-License-Identifier: Apache-2.0
"""The first published schema: all tables of the Ocata release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "001"
down_revision = None

TABLES = (
    "goals",
    "scoring_engines",
    "services",
    "strategies",
    "audit_templates",
    "audits",
    "action_plans",
    "actions",
    "efficacy_indicators",
)


def upgrade() -> None:
    """Create the tables."""
    _create_catalogue()
    _create_audits()
    _create_plans()


def downgrade() -> None:
    """Drop the tables."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _stamps() -> list[sa.Column]:
    return [
        sa.Column("created_at", sa.DateTime()),
        sa.Column("updated_at", sa.DateTime()),
        sa.Column("deleted_at", sa.DateTime()),
        sa.Column("deleted", sa.Integer()),
        sa.Column("id", sa.Integer(), nullable=False),
    ]


def _create_catalogue() -> None:
    op.create_table(
        "goals",
        *_stamps(),
        sa.Column("uuid", sa.String(36)),
        sa.Column("name", sa.String(63), nullable=False),
        sa.Column("display_name", sa.String(63), nullable=False),
        sa.Column("efficacy_specification", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name", "deleted", name="uniq_goals0name"),
        sa.UniqueConstraint("uuid", name="uniq_goals0uuid"),
    )
    op.create_table(
        "scoring_engines",
        *_stamps(),
        sa.Column("uuid", sa.String(36), nullable=False),
        sa.Column("name", sa.String(63), nullable=False),
        sa.Column("description", sa.String(255)),
        sa.Column("metainfo", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name", "deleted", name="uniq_scoring_engines0name"),
        sa.UniqueConstraint("uuid", name="uniq_scoring_engines0uuid"),
    )
    op.create_table(
        "services",
        *_stamps(),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("last_seen_up", sa.DateTime()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("host", "name", "deleted", name="uniq_services0host0name0deleted"),
    )
    op.create_table(
        "strategies",
        *_stamps(),
        sa.Column("uuid", sa.String(36)),
        sa.Column("name", sa.String(63), nullable=False),
        sa.Column("display_name", sa.String(63), nullable=False),
        sa.Column("goal_id", sa.Integer(), nullable=False),
        sa.Column("parameters_spec", sa.Text()),
        sa.ForeignKeyConstraint(["goal_id"], ["goals.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name", "deleted", name="uniq_strategies0name"),
        sa.UniqueConstraint("uuid", name="uniq_strategies0uuid"),
    )


def _create_audits() -> None:
    op.create_table(
        "audit_templates",
        *_stamps(),
        sa.Column("uuid", sa.String(36)),
        sa.Column("name", sa.String(63)),
        sa.Column("description", sa.String(255)),
        sa.Column("goal_id", sa.Integer(), nullable=False),
        sa.Column("strategy_id", sa.Integer()),
        sa.Column("scope", sa.Text()),
        sa.ForeignKeyConstraint(["goal_id"], ["goals.id"]),
        sa.ForeignKeyConstraint(["strategy_id"], ["strategies.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name", "deleted", name="uniq_audit_templates0name"),
        sa.UniqueConstraint("uuid", name="uniq_audit_templates0uuid"),
    )
    op.create_table(
        "audits",
        *_stamps(),
        sa.Column("uuid", sa.String(36)),
        sa.Column("audit_type", sa.String(20)),
        sa.Column("state", sa.String(20)),
        sa.Column("parameters", sa.Text()),
        sa.Column("interval", sa.Integer()),
        sa.Column("goal_id", sa.Integer(), nullable=False),
        sa.Column("strategy_id", sa.Integer()),
        sa.Column("scope", sa.Text()),
        sa.Column("auto_trigger", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["goal_id"], ["goals.id"]),
        sa.ForeignKeyConstraint(["strategy_id"], ["strategies.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("uuid", name="uniq_audits0uuid"),
    )


def _create_plans() -> None:
    op.create_table(
        "action_plans",
        *_stamps(),
        sa.Column("uuid", sa.String(36)),
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("strategy_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20)),
        sa.Column("global_efficacy", sa.Text()),
        sa.ForeignKeyConstraint(["audit_id"], ["audits.id"]),
        sa.ForeignKeyConstraint(["strategy_id"], ["strategies.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("uuid", name="uniq_action_plans0uuid"),
    )
    op.create_table(
        "actions",
        *_stamps(),
        sa.Column("uuid", sa.String(36), nullable=False),
        sa.Column("action_plan_id", sa.Integer(), nullable=False),
        sa.Column("action_type", sa.String(255), nullable=False),
        sa.Column("input_parameters", sa.Text()),
        sa.Column("state", sa.String(20)),
        sa.Column("parents", sa.Text()),
        sa.ForeignKeyConstraint(["action_plan_id"], ["action_plans.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("uuid", name="uniq_actions0uuid"),
    )
    op.create_table(
        "efficacy_indicators",
        *_stamps(),
        sa.Column("uuid", sa.String(36)),
        sa.Column("name", sa.String(63)),
        sa.Column("description", sa.String(255)),
        sa.Column("unit", sa.String(63)),
        sa.Column("value", sa.Numeric()),
        sa.Column("action_plan_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["action_plan_id"], ["action_plans.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("uuid", name="uniq_efficacy_indicators0uuid"),
    )
