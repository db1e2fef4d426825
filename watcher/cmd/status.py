# SPDX-License-Identifier: Apache-2.0
"""``watcher-status upgrade check``: is this deployment ready for this release?

The checks run before an upgrade too: on the tables of an older release, and with daemons stopped
or running. So they read with plain statements, only columns that are there, and something that
the upgrade itself puts right is a warning, not a failure.
"""

from __future__ import annotations

import datetime
import functools
import logging
import sys
from collections.abc import Callable, Sequence
from typing import Any

import microversion_parse
import sqlalchemy as sa
from oslo_config import cfg
from oslo_db.exception import DBError
from oslo_log import log
from oslo_upgradecheck import common_checks, upgradecheck
from sqlalchemy.exc import SQLAlchemyError

from watcher import conf
from watcher.common import config
from watcher.common.context import make_admin_context
from watcher.db import clock, failures, migration, models, session
from watcher.db.schema_errors import shown
from watcher.domain.states import ServiceStatus
from watcher.lifecycle import services
from watcher.rpc import settings

LOWEST_NOVA_API = (2, 56)
CLOCK_TOLERANCE_S = 5.0
SHOWN_NAMES = 10
"""Names, of rows or columns, that are listed at most."""
NAMED: Sequence[tuple[type[models.Row], tuple[str, ...]]] = (
    (models.Goal, ("name",)),
    (models.Strategy, ("name",)),
    (models.AuditTemplate, ("name",)),
    (models.Audit, ("name",)),
    (models.ScoringEngine, ("name",)),
    (models.Service, ("name", "host")),
    (models.ActionDescription, ("action_type",)),
)
"""What live rows of a table may have only once."""

Result = upgradecheck.Result
Code = upgradecheck.Code
Check = Callable[[upgradecheck.UpgradeCommands], Result]


def _on_database(check: Check) -> Check:
    """Make a check fail readably when the database does not answer."""

    @functools.wraps(check)
    def run(self: upgradecheck.UpgradeCommands) -> Result:
        try:
            return check(self)
        except ModuleNotFoundError as error:
            return Result(Code.FAILURE, f"The driver of the database is not installed: {error}")
        except (DBError, SQLAlchemyError) as error:
            return Result(Code.FAILURE, f"The database cannot be used: {failures.reason(error)}")

    return run


def check_nova_api(_self: upgradecheck.UpgradeCommands) -> Result:
    """``[nova] api_version`` is high enough."""
    found = conf.CONF.nova.api_version
    lowest = ".".join(map(str, LOWEST_NOVA_API))
    try:
        version = microversion_parse.parse_version_string(found)
    except (TypeError, ValueError):
        return Result(Code.FAILURE, f"[nova] api_version {found} is not a version; set {lowest}.")
    if (version.major, version.minor) < LOWEST_NOVA_API:
        text = f"[nova] api_version {found} is below {lowest}, the lowest that can be used."
        return Result(Code.FAILURE, text)
    return Result(Code.SUCCESS)


def check_bus(_self: upgradecheck.UpgradeCommands) -> Result:
    """The messaging library can work with its options."""
    try:
        settings.check(conf.CONF)
    except ValueError as error:
        return Result(Code.FAILURE, f"{error}.")
    return Result(Code.SUCCESS)


@_on_database
def check_schema(_self: upgradecheck.UpgradeCommands) -> Result:
    """The database has the newest revision, and its tables."""
    found, newest = migration.version(), migration.HEAD
    if found == newest:
        return _check_tables()
    if found is None:
        if migration.present_tables():
            text = "There are tables but no revision is recorded; see watcher-db-manage stamp."
            return Result(Code.FAILURE, text)
        empty = f"The database {shown(session.engine().url)} is empty"
        text = f"{empty}; run watcher-db-manage upgrade before the services start."
        return Result(Code.WARNING, text)
    if not migration.is_known(found):
        text = f"This release does not know revision {found} of the database."
        return Result(Code.FAILURE, text)
    text = (
        f"The database has revision {found}, this release {newest}; run watcher-db-manage upgrade."
    )
    return Result(Code.WARNING, text)


def _check_tables() -> Result:
    """The tables are those of the newest revision."""
    lacking = migration.lacking()
    if not lacking:
        return Result(Code.SUCCESS)
    if lacking == [migration.AUDIT_NAMES]:
        text = (
            "Audit names have no constraint, because some were used twice. Once none is, run "
            "watcher-db-manage downgrade --revision c41d7e5b9a02 and upgrade."
        )
        return Result(Code.WARNING, text)
    text = "The newest revision is recorded, but the database lacks: "
    return Result(Code.FAILURE, text + ", ".join(lacking[:SHOWN_NAMES]))


@_on_database
def check_names(_self: upgradecheck.UpgradeCommands) -> Result:
    """No two live rows of a table have the same name."""
    with session.engine().connect() as connection:
        lines = [
            f"{model.__tablename__}: {name} ({count} times)"
            for model, columns in NAMED
            for name, count in _duplicates(connection, model, columns)
        ]
    if not lines:
        return Result(Code.SUCCESS)
    more = f" and {len(lines) - SHOWN_NAMES} more" if len(lines) > SHOWN_NAMES else ""
    text = "Live rows with the same name, rename or delete all but one: "
    return Result(Code.FAILURE, text + ", ".join(lines[:SHOWN_NAMES]) + more)


@_on_database
def check_clock(_self: upgradecheck.UpgradeCommands) -> Result:
    """The database's clock and this machine's agree."""
    before = _machine_now()
    with session.read() as unit:
        there = clock.utc_now(unit)
    # Where the clocks agree, the database's time lies between the two looks at this machine's.
    late_s = (before - there).total_seconds()
    early_s = (there - _machine_now()).total_seconds()
    apart_s = max(late_s, early_s, 0.0)
    if apart_s <= CLOCK_TOLERANCE_S:
        return Result(Code.SUCCESS)
    side = "behind" if late_s > early_s else "ahead of"
    text = f"The clock of the database is {apart_s:.0f} s {side} this machine's; both need NTP."
    return Result(Code.WARNING, text)


@_on_database
def check_services(_self: upgradecheck.UpgradeCommands) -> Result:
    """Every daemon that has ever run is running."""
    if models.Service.__tablename__ not in migration.present_tables():
        return Result(Code.SUCCESS, "No service has been started yet.")
    found = services.statuses(make_admin_context())
    dead = [d for d in found if d.status is not ServiceStatus.ACTIVE]
    if not found:
        return Result(Code.SUCCESS, "No service has been started yet.")
    if not dead:
        return Result(Code.SUCCESS)
    names = ", ".join(f"{d.service.name} on {d.host}, last seen {_seen(d)}" for d in dead)
    return Result(Code.WARNING, f"Not running: {names} (UTC).")


class Checks(upgradecheck.UpgradeCommands):
    """What ``watcher-status upgrade check`` looks at, in order."""

    _upgrade_checks = (
        ("Minimum Nova API Version", check_nova_api),
        (
            "Policy File JSON to YAML Migration",
            (common_checks.check_policy_json, {"conf": conf.CONF}),
        ),
        ("Message Bus Options", check_bus),
        ("Database Schema", check_schema),
        ("Duplicate Names", check_names),
        ("Database Clock", check_clock),
        ("Services Alive", check_services),
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the checks and return the exit code: 0 well, 1 warning, 2 failure, 255 error."""
    conf.CONF.register_cli_opt(
        cfg.SubCommandOpt(
            "command",
            title="commands",
            help="What to do; COMMAND --help shows its options.",
            handler=_add_parser,
        )
    )
    config.parse_args(
        sys.argv[1:] if argv is None else argv,
        prog="watcher-status",
        description="Check whether this deployment is ready for this release.",
        example="watcher-status upgrade check --json",
    )
    conf.CONF.set_default("use_stderr", True)  # standard output is for the results
    log.setup(conf.CONF, config.LOG_PROJECT)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it logs each look
    upgradecheck.CONF = conf.CONF  # where the library looks for --json
    return upgradecheck.run(conf.CONF)


def _add_parser(subparsers: Any) -> None:
    """Declare the only sub-command as the library does, with a description."""
    text = (
        "Check options, policy file, database and daemons, and report success, a warning or a "
        "failure for each."
    )
    parser = subparsers.add_parser(
        "upgrade",
        help=text,
        description=text,
        epilog="Exit codes: 0 success, 1 a warning, 2 a failure, 255 an error. "
        "Example: watcher-status upgrade check",
    )
    parser.add_argument("check", help="the word 'check'")
    parser.add_argument(
        "--json", action="store_true", help="print the results as JSON, not as a table"
    )
    parser.set_defaults(action_fn=Checks().check)


def _machine_now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)


def _seen(daemon: services.Liveness) -> str:
    seen = daemon.service.last_seen_up
    return "never" if seen is None else seen.isoformat(" ", "seconds")


def _duplicates(
    connection: sa.Connection, model: type[models.Row], columns: Sequence[str]
) -> list[tuple[str, int]]:
    """Return names that several live rows have, as the database compares them."""
    inspector = sa.inspect(connection)
    name = model.__tablename__
    if not inspector.has_table(name):
        return []
    present = {column["name"] for column in inspector.get_columns(name)}
    if not present.issuperset(columns):
        return []
    table = sa.table(name, *map(sa.column, (*columns, "deleted_at")))
    keys = [table.c[column] for column in columns]
    statement = (
        sa.select(*keys, sa.func.count())
        .where(table.c.deleted_at.is_(None), *(key.is_not(None) for key in keys))
        .group_by(*keys)
        .having(sa.func.count() > 1)
        .order_by(*keys)
    )
    return [(" on ".join(row[:-1]), row[-1]) for row in connection.execute(statement)]


if __name__ == "__main__":
    sys.exit(main())
