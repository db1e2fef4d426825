# SPDX-License-Identifier: Apache-2.0
"""Looks at the database before a daemon starts, so that its log says in one line what is wrong.

Whatever it finds may be fixed while the daemon waits: the server comes up, the password is
corrected, the tables are made.
"""

from __future__ import annotations

import logging

import sqlalchemy
from alembic.script import ScriptDirectory

from watcher.db import failures, migration, models, session
from watcher.db.schema_errors import UPGRADE, shown
from watcher.rpc.daemon import NotReady

LOG = logging.getLogger(__name__)


def check_database() -> None:
    """Return when the database answers and has the tables.

    The database of a newer release is accepted: a rolling upgrade begins with it.

    :raises NotReady: otherwise, saying what to do.
    """
    try:
        found, missing = _revision()
    except failures.FAILURES as error:
        raise NotReady(f"the database cannot be used: {failures.reason(error)}") from error
    if found is None and missing == set(models.Base.metadata.tables):
        raise NotReady(f"the database {_shown()} has no tables yet: {UPGRADE}")
    if found is None:
        LOG.warning("No revision is recorded for the tables of the database")
    elif not migration.is_known(found):
        LOG.warning("The database has revision %s, of a newer release than this one", found)
    elif missing or _lacks_columns(found):
        old = f"the tables of an earlier release ({found})"
        raise NotReady(f"the database {_shown()} has {old}: {UPGRADE}")


def tell_database() -> None:
    """Say what :func:`check_database` finds, for a service that answers requests without it."""
    try:
        check_database()
    except NotReady as error:
        reason = str(error)
    else:
        return
    LOG.error("Requests are answered with errors: %s", reason)


def _shown() -> str:
    return shown(session.engine().url)


def _revision() -> tuple[str | None, set[str]]:
    """Return the revision of the tables, and the names of those that are missing.

    Alembic is not used, because it logs two lines each time.
    """
    with session.engine().connect() as connection:
        names = set(sqlalchemy.inspect(connection).get_table_names())
        found = None
        if "alembic_version" in names:
            found = connection.scalar(sqlalchemy.text("SELECT version_num FROM alembic_version"))
    return found, set(models.Base.metadata.tables) - names


def _lacks_columns(revision: str) -> bool:
    """Tell whether a revision precedes the published head; later ones add no columns."""
    scripts = ScriptDirectory(str(migration.folder()))
    first = scripts.iterate_revisions(migration.PUBLISHED_HEAD, "base")
    return revision in {script.revision for script in first} - {migration.PUBLISHED_HEAD}
