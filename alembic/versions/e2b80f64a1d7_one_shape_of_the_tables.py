# SPDX-License-Identifier: Apache-2.0
"""One shape of the tables, whichever of the two published ways made them. Ours, not published.

The published ``upgrade`` and ``create_schema`` differ. After this revision:

- audits have the constraint on live names that only ``create_schema`` made. Where two live audits
  have one name, their rows are named in a warning and stay as they are, without the constraint;
  our services refuse such names by themselves. Rename one of them and go back and up again for it;
- ``audits.force`` may be empty, as it is in old rows after ``upgrade``;
- ``audits.interval`` is text. The published ``upgrade`` leaves it a whole number on PostgreSQL,
  where no cron expression fits;
- ``apscheduler_jobs`` has none of the stamps that ``create_schema`` added and nobody writes. One
  that holds a value after all is named in a warning and stays.

Each of these is a shape that the published services and tool know, so that both work after
``watcher-db-manage stamp f56ba02662b4``; ``downgrade`` drops the constraint first.
"""

from __future__ import annotations

import logging
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "e2b80f64a1d7"
down_revision = "c41d7e5b9a02"

LOG = logging.getLogger("watcher.db.migrations.one_shape")

NAMES = "uniq_audits0name"
_JOBS = "uniq_apscheduler_jobs0id"
_STAMPS = ("created_at", "updated_at", "deleted_at", "deleted")

audits = sa.table(
    "audits", *(sa.column(name) for name in ("id", "uuid", "name", "deleted", "force"))
)


def upgrade() -> None:
    """Bring each table into the one shape, where it is not in it yet."""
    _let_force_be_empty()
    _let_interval_be_text()
    _strip_jobs()
    if NAMES not in _unique("audits") and not _duplicates_told():
        with op.batch_alter_table("audits") as batch:
            batch.create_unique_constraint(NAMES, ["name", "deleted"])


def downgrade() -> None:
    """Drop the constraint. The rest is as the published ``upgrade`` makes it."""
    if NAMES in _unique("audits"):
        with op.batch_alter_table("audits") as batch:
            batch.drop_constraint(NAMES, type_="unique")


def _let_force_be_empty() -> None:
    if not _columns("audits")["force"]["nullable"]:
        with op.batch_alter_table("audits") as batch:
            batch.alter_column("force", existing_type=sa.Boolean(), nullable=True)


def _let_interval_be_text() -> None:
    kind = _columns("audits")["interval"]["type"]
    if not isinstance(kind, sa.String):
        with op.batch_alter_table("audits") as batch:
            batch.alter_column(
                "interval",
                existing_type=kind,
                existing_nullable=True,
                type_=sa.String(36),
                postgresql_using='"interval"::varchar(36)',
            )


def _strip_jobs() -> None:
    present = _columns("apscheduler_jobs")
    extra = [name for name in _STAMPS if name in present and not _used(name)]
    constraint = _JOBS in _unique("apscheduler_jobs")
    if extra or constraint:
        with op.batch_alter_table("apscheduler_jobs") as batch:
            if constraint:
                batch.drop_constraint(_JOBS, type_="unique")
            for name in extra:
                batch.drop_column(name)


def _used(name: str) -> bool:
    """Tell whether a stamp of the scheduler's jobs holds a value, and warn of it."""
    column: sa.ColumnClause[object] = sa.column(name)
    held = column != 0 if name == "deleted" else column.is_not(None)
    statement = sa.select(sa.func.count()).select_from(sa.table("apscheduler_jobs", column))
    count = op.get_bind().scalar(statement.where(held))
    if count:
        LOG.warning("apscheduler_jobs.%s is kept: %d rows have a value there", name, count)
    return bool(count)


def _duplicates_told() -> bool:
    """Warn of live audits that share a name with another; tell whether there are any."""
    key = (audits.c.name, audits.c.deleted)
    shared = sa.select(*key).where(audits.c.name.is_not(None), audits.c.deleted.is_not(None))
    twice = shared.group_by(*key).having(sa.func.count() > 1).subquery()
    same = sa.and_(audits.c.name == twice.c.name, audits.c.deleted == twice.c.deleted)
    statement = sa.select(audits.c.id, audits.c.uuid, audits.c.name).join(twice, same)
    rows = op.get_bind().execute(statement.order_by(audits.c.name, audits.c.id)).all()
    for row in rows:
        LOG.warning("Audit %s (id %d) shares the name %r with another", row.uuid, row.id, row.name)
    if rows:
        LOG.warning(
            "No row was changed, and names of audits have no constraint. To get it: rename or "
            "delete these audits, then watcher-db-manage downgrade --revision %s and upgrade",
            down_revision,
        )
    return bool(rows)


def _columns(table: str) -> dict[str, Any]:
    """Return which columns a table has: name -> what SQLAlchemy says about it."""
    found = sa.inspect(op.get_bind()).get_columns(table)
    return {column["name"]: column for column in found}


def _unique(table: str) -> set[str | None]:
    found = sa.inspect(op.get_bind()).get_unique_constraints(table)
    return {constraint["name"] for constraint in found}
