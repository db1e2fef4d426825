# SPDX-License-Identifier: Apache-2.0
"""``watcher-db-manage``: make, upgrade and inspect the schema of the database; purge its rows."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any

from oslo_config import cfg
from oslo_db.exception import DBError
from oslo_log import log
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from watcher import conf
from watcher.cmd import purging
from watcher.common import config, exception
from watcher.db import failures, migration, session

DEFAULT_COMMAND = "upgrade"
_INTERRUPTED = 130
"""What shells give a command that Ctrl-C ended."""


def _upgrade() -> None:
    migration.upgrade(conf.CONF.command.revision)


def _downgrade() -> None:
    migration.downgrade(conf.CONF.command.revision)


def _stamp() -> None:
    migration.stamp(conf.CONF.command.revision)


def _revision() -> None:
    chosen = conf.CONF.command
    migration.revision(chosen.message, autogenerate=chosen.autogenerate)


def _version() -> None:
    print(migration.version())


def _create_schema() -> None:
    migration.create_schema()


def _purge() -> int:
    try:
        with session.patient():
            return purging.run(conf.CONF.command)
    except (exception.WatcherException, DBError, SQLAlchemyError, ValueError) as error:
        print(failures.reason(error))  # published: on standard output
        return 1


COMMANDS: dict[str, tuple[Callable[[], int | None], str]] = {
    "upgrade": (_upgrade, "Bring the schema up to the newest revision, or the one given."),
    "downgrade": (
        _downgrade,
        "Bring the schema back to the revision given; without one, drop all tables. "
        "The three newest revisions of Watcher 17.0.0 cannot be undone.",
    ),
    "stamp": (
        _stamp,
        "Record the revision given without running anything; without one, record none.",
    ),
    "revision": (_revision, "Write the file of a new revision (for developers)."),
    "version": (_version, "Print the revision of the database."),
    "create_schema": (
        _create_schema,
        "Create all tables of an empty database at once and record the newest revision.",
    ),
    "purge": (_purge, purging.HELP),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one sub-command and return the exit code.

    That is 0 when it is done, 1 when it failed, 2 for wrong arguments, 130 after an interrupt.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not set(arguments) & set(COMMANDS):
        # As the old watcher-dbsync did.
        arguments.append(DEFAULT_COMMAND)
    conf.CONF.register_cli_opt(
        cfg.SubCommandOpt(
            "command",
            title="commands",
            help=f"What to do; {DEFAULT_COMMAND} when left out. COMMAND --help shows its options.",
            handler=_add_parsers,
        )
    )
    config.read_options(
        arguments,
        prog="watcher-db-manage",
        description="Make, upgrade, inspect and purge the database.",
        example="watcher-db-manage purge --age-in-days 90 --dry-run",
    )
    # Standard output is for answers; what alembic does goes to the other one.
    conf.CONF.set_default("use_stderr", True)
    log.setup(conf.CONF, config.LOG_PROJECT)
    run, _ = COMMANDS[conf.CONF.command.name]
    try:
        return run() or 0
    except ModuleNotFoundError as error:
        # A driver: the extras "mysql" and "postgresql" of the package install the known ones.
        return _failed(f"the driver of {_shown_url()} is not installed: {error}")
    except KeyboardInterrupt:
        print(file=sys.stderr)  # below the question, or the progress
        return _INTERRUPTED
    except (migration.MigrationError, DBError, SQLAlchemyError) as error:
        return _failed(failures.reason(error))


def _failed(reason: str) -> int:
    print(f"watcher-db-manage: {reason}", file=sys.stderr)
    return 1


def _shown_url() -> str:
    return make_url(conf.CONF.database.connection).render_as_string(hide_password=True)


def _add_parsers(subparsers: Any) -> None:
    parsers: dict[str, argparse.ArgumentParser] = {
        name: subparsers.add_parser(name, help=text, description=text)
        for name, (_, text) in COMMANDS.items()
    }
    for name in ("upgrade", "downgrade"):
        parsers[name].add_argument("--revision", nargs="?", help="id of a revision")
    purging.add_arguments(parsers["purge"])
    parsers["stamp"].add_argument("revision", nargs="?", help="id of a revision")
    parsers["revision"].add_argument("-m", "--message", help="what the revision does")
    parsers["revision"].add_argument(
        "--autogenerate",
        action="store_true",
        help="fill the file with the differences between models and database",
    )


if __name__ == "__main__":
    sys.exit(main())
