# SPDX-License-Identifier: Apache-2.0
"""Upgrade a database with rows from each published revision, and compare what comes out.

``python -m tests.functional.upgrades`` prints the table of all revisions and databases.
"""

from __future__ import annotations

import contextlib
import datetime
import decimal
import pathlib
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from tests.contract import schema, spec
from tests.functional import conftest
from watcher import objects
from watcher.common import context
from watcher.db import migration, models, session

DATABASES = ("mysql", "postgresql", "sqlite")
NAMES = {"mysql": "MariaDB", "postgresql": "PostgreSQL", "sqlite": "SQLite"}
SPEC = spec.load("db-schema.json")
REVISIONS = tuple(facts["revision"] for facts in SPEC["revisions"])
MOMENT = datetime.datetime.fromisoformat("2020-01-02T03:04:05")
KINDS = ("full", "empty", "deleted")
# Those that may have been the head of a release whose audits have ``force``.
RECENT = REVISIONS[REVISIONS.index("609bec748f2a") :]
# The revision that gives old audits the name that they lack.
NAMING = REVISIONS.index("a86240e89a29")

Rows = dict[str, list[dict[str, Any]]]


@contextlib.contextmanager
def empty_database(kind: str) -> Iterator[sa.Engine]:
    """Use an empty database of a kind as the store."""
    with contextlib.ExitStack() as stack:
        if kind == "sqlite":
            folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
            url = f"sqlite:///{folder}/watcher.sqlite"
        else:
            url = stack.enter_context(contextlib.contextmanager(conftest.make_database)(kind))
        session.configure(url)
        stack.callback(session.reset)
        yield session.engine()


def write_rows(engine: sa.Engine) -> None:
    """Write three rows into each table: a full one, one with every NULL, a deleted one."""
    tables = sa.MetaData()
    tables.reflect(engine)
    with engine.begin() as connection:
        for table in tables.sorted_tables:
            if table.name != "alembic_version":
                for number in range(1, len(KINDS) + 1):
                    connection.execute(table.insert(), _row(table, number))
    if engine.dialect.name == "postgresql":
        _advance_sequences(engine, tables)


def read_rows(engine: sa.Engine) -> Rows:
    """Return the rows of all tables as the database has them."""
    tables = sa.MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        return {
            table.name: [
                dict(row) for row in connection.execute(sa.select(table).order_by("id")).mappings()
            ]
            for table in tables.sorted_tables
            if table.name != "alembic_version"
        }


def lost(before: Rows, after: Rows, *, named: bool = False) -> list[str]:
    """Return what an upgrade changed in rows, beyond what its revisions are for.

    :param named: whether audits without a name got one on the way.
    """
    found = []
    for table, rows in before.items():
        if len(rows) != len(after[table]):
            found.append(f"{table}: {len(rows)} rows became {len(after[table])}")
        for old, new in zip(rows, after[table], strict=False):
            expected = dict.fromkeys(new) | old
            if table == "audits":
                expected |= _changed_on_purpose(old, new, named=named)
            found += [
                f"{table} {old['id']}: {name} {expected[name]!r} became {new[name]!r}"
                for name in new
                if expected[name] != new[name]
            ]
    return found


def check(engine: sa.Engine, revision: str) -> list[str]:
    """Go from a revision with rows to the newest one and back by a stamp; tell what is wrong."""
    migration.upgrade(revision)
    write_rows(engine)
    before = read_rows(engine)
    named = REVISIONS.index(revision) < NAMING
    wrong = []
    for step in (migration.PUBLISHED_HEAD, None):
        migration.upgrade(step)
        wrong += _schema_differences(engine, published=step is not None)
        wrong += lost(before, read_rows(engine), named=named)
    wrong += _unreadable()
    migration.stamp(migration.PUBLISHED_HEAD)
    if migration.version() != migration.PUBLISHED_HEAD:
        wrong.append("stamp did not lead back")
    migration.upgrade()
    wrong += _schema_differences(engine, published=False)
    return wrong + lost(before, read_rows(engine), named=named)


def make_published_schema(engine: sa.Engine, revision: str = migration.PUBLISHED_HEAD) -> None:
    """Make the tables as the published ``create_schema`` does: other than its ``upgrade``.

    :param revision: the head of the release, not older than ``audits.force``.
    """
    migration.upgrade(revision)
    extras = SPEC["tables"]["apscheduler_jobs"]["with_create_schema"]
    kinds: dict[str, Any] = {"DATETIME": sa.DateTime(), "INTEGER(11)": sa.Integer()}
    with engine.begin() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("apscheduler_jobs") as jobs:
            for column in extras["extra_columns"]:
                jobs.add_column(sa.Column(column["name"], kinds[column["mysql_type"]]))
            for unique in extras["extra_unique_constraints"]:
                jobs.create_unique_constraint(unique["name"], unique["columns"])
        with operations.batch_alter_table("audits") as audits:
            audits.alter_column("force", existing_type=sa.Boolean(), nullable=False)
            for unique in SPEC["tables"]["audits"]["with_create_schema"][
                "extra_unique_constraints"
            ]:
                audits.create_unique_constraint(unique["name"], unique["columns"])


def _schema_differences(engine: sa.Engine, *, published: bool) -> list[str]:
    wrong = []
    dialect = engine.dialect.name
    found, wanted = schema.found(engine), schema.published(SPEC["tables"], dialect)
    wrong += [
        f"{name} is not as published"
        for name in found.keys() | wanted.keys()
        if found.get(name) != wanted.get(name)
    ]
    own = set() if published else schema.expected_own_indexes(dialect)
    if schema.own_indexes(engine) != own or schema.has_own_constraint(engine) == published:
        wrong.append("indexes or constraint of our own are not as expected")
    if not published and schema.own_tables(engine) != models.EXTENSIONS:
        wrong.append("tables of our own are missing")
    return wrong


def _unreadable() -> list[str]:
    """Return which objects do not read the three rows of their table."""
    objects.register_all()
    shown = context.make_admin_context(show_deleted=True)
    kinds = [objects.Goal, objects.Strategy, objects.AuditTemplate, objects.Audit]
    kinds += [objects.ActionPlan, objects.Action, objects.EfficacyIndicator]
    kinds += [objects.ScoringEngine, objects.Service]
    return [
        f"{kind.obj_name()} cannot be read"
        for kind in kinds
        if len(kind.list(shown, **({"eager": True} if kind.object_fields else {}))) != len(KINDS)
    ]


def _changed_on_purpose(old: dict[str, Any], new: dict[str, Any], *, named: bool) -> dict[str, Any]:
    interval = old["interval"]
    changed = {"interval": None if interval is None else str(interval)}
    if named and old.get("name") is None:
        strategy = "strategies-name-1" if old["strategy_id"] else "audit"
        start = f"{strategy}-{old['created_at']:%Y-%m-%dT%H:%M:%S}" if old["created_at"] else None
        if new["name"] in {start, f"{start}-{old['id']}", f"{strategy}-{old['id']}"}:
            changed["name"] = new["name"]
    return changed


def _row(table: sa.Table, number: int) -> dict[str, Any]:
    kind = KINDS[number - 1]
    row: dict[str, Any] = {}
    for column in table.columns:
        if column.name == "id":
            row["id"] = number if isinstance(column.type, sa.Integer) else f"job-{number}"
        elif column.name == "deleted":
            row["deleted"] = number if kind == "deleted" else 0
        elif column.name == "deleted_at":
            row["deleted_at"] = MOMENT if kind == "deleted" else None
        elif kind == "empty" and column.nullable and column.name != "uuid":
            row[column.name] = None
        else:
            row[column.name] = _value(table, column, number)
    if table.name == "apscheduler_jobs":
        # The published scheduler does not know the stamps, where the table has them.
        row |= dict.fromkeys(row.keys() & {"created_at", "updated_at", "deleted_at", "deleted"})
    return row


def _value(table: sa.Table, column: sa.Column[Any], number: int) -> Any:
    json_kind = SPEC["json_columns"]["columns"].get(table.name, {}).get(column.name)
    if json_kind is not None:
        return '{"limit": 1, "é": null}' if json_kind == "dict" else '[{"name": "é"}]'
    if column.foreign_keys:
        return 1
    if column.name == "uuid":
        return f"{number:08d}-0000-4000-8000-000000000000"
    if column.name in {"auto_trigger", "force"}:
        return number == 1
    kind: Any = column.type
    for python_type, value in (
        (sa.DateTime, MOMENT),
        (sa.LargeBinary, b"\x80\x00\xff job %d" % number),
        (sa.Float, 1.5),
        (sa.Integer, 3600),
        (sa.Numeric, decimal.Decimal(number)),
    ):
        if isinstance(kind, python_type):
            return value
    text = f"{table.name}-{column.name}-{number}"
    return text[: kind.length] if getattr(kind, "length", None) else text


def _advance_sequences(engine: sa.Engine, tables: sa.MetaData) -> None:
    with engine.begin() as connection:
        for table in tables.sorted_tables:
            if table.name not in {"alembic_version", "apscheduler_jobs"}:
                connection.exec_driver_sql(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), {len(KINDS)})"
                )


def main() -> int:
    """Print the table; exit code 1 when a cell is not in order."""
    failed = 0
    print(f"{'upgraded from':14}", *(f"{NAMES[kind]:22}" for kind in DATABASES))
    for revision in REVISIONS:
        cells = []
        for kind in DATABASES:
            with empty_database(kind) as engine:
                wrong = check(engine, revision)
            failed += bool(wrong)
            cells.append(f"{'; '.join(wrong) or 'schema = , rows =':22}")
        print(f"{revision:14}", *cells, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
