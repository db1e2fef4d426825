# SPDX-License-Identifier: Apache-2.0
"""``watcher-sync``: brings goals and strategies in the database in line with the plug-ins."""

from __future__ import annotations

import sys

from oslo_db.exception import DBError
from oslo_log import log
from sqlalchemy.exc import SQLAlchemyError

from watcher import conf
from watcher.cmd import driver
from watcher.common import config, exception
from watcher.decision_engine import sync
from watcher.rpc import notify

_SEND_S = 10.0


def main() -> int:
    """Do once what every decision engine does when it starts; return the exit code."""
    config.parse_args(
        sys.argv[1:],
        prog="watcher-sync",
        description="Write the installed goals, strategies and scoring engines to the database.",
    )
    conf.CONF.set_default("use_stderr", True)  # nothing on standard output, as published
    log.setup(conf.CONF, config.LOG_PROJECT)
    driver.require()
    try:
        sync.sync()
    except (exception.WatcherException, DBError, SQLAlchemyError) as error:
        cause = getattr(error, "inner_exception", None) or error
        return _failed(str(getattr(cause, "orig", None) or cause))
    finally:
        notify.stop(_SEND_S)
    return 0


def _failed(reason: str) -> int:
    print(f"watcher-sync: {reason}", file=sys.stderr)
    return 1
