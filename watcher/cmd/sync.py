# SPDX-License-Identifier: Apache-2.0
"""``watcher-sync``: brings goals and strategies in the database into line with the plug-ins."""

from __future__ import annotations

import sys

from oslo_log import log

from watcher import conf
from watcher.cmd import bus, driver, readiness
from watcher.common import config, exception
from watcher.db import failures
from watcher.decision_engine import sync
from watcher.rpc import notify
from watcher.rpc.daemon import NotReady

_SEND_S = 10.0


def main() -> int:
    """Do once what every decision engine does when it starts; return the exit code."""
    config.parse_args(
        sys.argv[1:],
        prog="watcher-sync",
        description="Write the installed goals, strategies and scoring engines to the database.",
        example="watcher-sync --config-file /etc/watcher/watcher.conf",
    )
    conf.CONF.set_default("use_stderr", True)  # nothing on standard output, as published
    log.setup(conf.CONF, config.LOG_PROJECT)
    driver.require()
    bus.require()
    try:
        readiness.check_database()  # a unit of work would wait for it, and say nothing
        sync.sync()
    except (NotReady, exception.WatcherException) as error:
        return _failed(str(error))
    except failures.FAILURES as error:
        return _failed(failures.reason(error))
    finally:
        notify.stop(_SEND_S)
    return 0


def _failed(reason: str) -> int:
    print(f"watcher-sync: {reason}", file=sys.stderr)
    return 1
