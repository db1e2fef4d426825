# SPDX-License-Identifier: Apache-2.0
"""The schema of the database: which revision it has, and how to get to another one.

The revisions are files of the top-level folder ``alembic``, shipped as ``watcher.db.migrations``.
"""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Iterator

import alembic.command
import alembic.config
import alembic.util
import sqlalchemy
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError

from watcher.db import models, schema_lock, session

PUBLISHED_HEAD = "f56ba02662b4"
"""The newest revision that the published tool knows."""

HEAD = "a4d91b7c3e58"
"""The newest revision: the published schema in one shape, with extra indexes and a table."""

AUDIT_NAMES = "uniq_audits0name"
"""The constraint that the revisions here leave out while live audits share a name."""


class MigrationError(Exception):
    """What was asked of the schema cannot be done; the text says why."""


def folder() -> pathlib.Path:
    """Return the folder of the migrations: in the installed package, or in the source tree."""
    here = pathlib.Path(__file__).resolve()
    installed, source = here.parent / "migrations", here.parents[2] / "alembic"
    for found in (installed, source):
        if (found / "env.py").is_file():
            return found
    raise MigrationError(f"the migrations are neither in {installed} nor in {source}")


def upgrade(revision: str | None = None) -> None:
    """Bring the schema up to a revision, by default the newest one.

    :raises MigrationError: for an unknown revision.
    """
    with _connected() as config:
        alembic.command.upgrade(config, revision or "head")


def downgrade(revision: str | None = None) -> None:
    """Bring the schema back to a revision, by default to nothing: all tables go.

    :raises MigrationError: for an unknown revision, and where the way leads over a revision that
        cannot be undone (the three newest published ones); nothing is changed then.
    """
    revision = revision or "base"
    with _connected() as config:
        _check_way_back(config, revision)
        alembic.command.downgrade(config, revision)


def version() -> str | None:
    """Return the revision that the database says it has."""
    with session.engine().connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_known(revision: str) -> bool:
    """Tell whether a revision is one of this release."""
    return any(script.revision == revision for script in _scripts().walk_revisions())


def present_tables() -> set[str]:
    """Return the names of Watcher's tables that the database has."""
    return set(models.Base.metadata.tables) & set(
        sqlalchemy.inspect(session.engine()).get_table_names()
    )


def lacking() -> list[str]:
    """Return the names of the tables, columns and unique constraints that the database lacks.

    At the newest revision there are none, unless it was recorded without being reached, or the
    upgrade found live audits that share a name.
    """
    inspector = sqlalchemy.inspect(session.engine())
    found = []
    for table in models.Base.metadata.sorted_tables:
        if not inspector.has_table(table.name):
            found.append(table.name)
            continue
        columns = {column["name"] for column in inspector.get_columns(table.name)}
        wanted = [column.name for column in table.columns]
        found += [f"{table.name}.{name}" for name in wanted if name not in columns]
        unique = {each["name"] for each in inspector.get_unique_constraints(table.name)}
        found += sorted(
            str(each.name)
            for each in table.constraints
            if isinstance(each, sqlalchemy.UniqueConstraint) and each.name not in unique
        )
    return found


def stamp(revision: str | None = None) -> None:
    """Record a revision without running anything; by default record that there is none.

    :raises MigrationError: for an unknown revision.
    """
    with _connected() as config:
        alembic.command.stamp(config, revision or "base")


def create_schema() -> None:
    """Create all tables at once and record the newest revision.

    :raises MigrationError: when the database is not empty.
    """
    with _connected() as config:
        connection: sqlalchemy.Connection = config.attributes["connection"]
        found = MigrationContext.configure(connection).get_current_revision()
        if found is not None:
            raise MigrationError(f"the database already has a schema, of revision {found}")
        present = set(sqlalchemy.inspect(connection).get_table_names())
        present &= set(models.Base.metadata.tables)
        if present:
            raise MigrationError(f"the database already has tables: {', '.join(sorted(present))}")
        models.Base.metadata.create_all(connection)
        alembic.command.stamp(config, "head")


def revision(message: str | None = None, *, autogenerate: bool = False) -> None:
    """Write the file of a new revision into the folder of migrations; a tool for developers.

    :param autogenerate: fill it with the differences between the models and the database.
    """
    with _connected() as config:
        alembic.command.revision(config, message, autogenerate=autogenerate)


def _config() -> alembic.config.Config:
    config = alembic.config.Config()
    config.set_main_option("script_location", str(folder()).replace("%", "%%"))
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


@contextlib.contextmanager
def _connected() -> Iterator[alembic.config.Config]:
    """Open a connection for alembic, the only one that changes the schema; give its settings."""
    config = _config()
    with (
        session.patient(),
        session.engine().connect() as connection,
        _without_foreign_keys(connection),
        schema_lock.held(connection),
    ):
        config.attributes["connection"] = connection
        try:
            yield config
        except (alembic.util.CommandError, RevisionError) as error:
            raise MigrationError(str(error)) from error
        connection.commit()


@contextlib.contextmanager
def _without_foreign_keys(connection: sqlalchemy.Connection) -> Iterator[None]:
    """Let SQLite copy and drop a table that others refer to.

    The switch has an effect outside of a transaction only, so it is set before the first one.
    """
    raw = connection.connection.driver_connection
    if connection.dialect.name != "sqlite" or raw is None:
        yield
        return
    raw.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        connection.rollback()
        raw.execute("PRAGMA foreign_keys = ON")


def _check_way_back(config: alembic.config.Config, target: str) -> None:
    """Refuse a downgrade that would stop half-way.

    :raises MigrationError: naming the revision that has no way back.
    """
    scripts = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(config.attributes["connection"]).get_current_revision()
    if current is None:
        return
    for script in scripts.iterate_revisions(current, target):
        if not hasattr(script.module, "downgrade"):
            raise MigrationError(f"revision {script.revision} cannot be downgraded")
