# SPDX-License-Identifier: Apache-2.0
"""Audits from before there were names get one.

``<strategy>-<time of creation>`` is what the published revision means to write; its condition is
never true there, so that old audits stay without a name.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "a86240e89a29"
down_revision = "3cfc94cecf4e"

NAME_LENGTH = 63

audits = sa.table(
    "audits",
    sa.column("id", sa.Integer()),
    sa.column("name", sa.String(NAME_LENGTH)),
    sa.column("strategy_id", sa.Integer()),
    sa.column("created_at", sa.DateTime()),
)
strategies = sa.table("strategies", sa.column("id", sa.Integer()), sa.column("name", sa.String()))


def upgrade() -> None:
    """Name the audits that have no name. Audits of one second are told apart by their id."""
    bind = op.get_bind()
    taken = set(bind.scalars(sa.select(audits.c.name).where(audits.c.name.is_not(None))))
    nameless = sa.select(audits.c.id, audits.c.created_at, strategies.c.name).select_from(
        audits.outerjoin(strategies, strategies.c.id == audits.c.strategy_id)
    )
    for row in bind.execute(nameless.where(audits.c.name.is_(None)).order_by(audits.c.id)).all():
        ending = f"-{row.created_at:%Y-%m-%dT%H:%M:%S}" if row.created_at else f"-{row.id}"
        name = _joined(row.name or "audit", ending)
        if name in taken:
            name = _joined(row.name or "audit", f"{ending}-{row.id}")
        taken.add(name)
        bind.execute(audits.update().where(audits.c.id == row.id).values(name=name))


def downgrade() -> None:
    """Keep the names: nobody can tell them from given ones."""


def _joined(start: str, ending: str) -> str:
    return start[: NAME_LENGTH - len(ending)] + ending
