# SPDX-License-Identifier: Apache-2.0
"""``watcher-applier``: the daemon that executes action plans."""

from __future__ import annotations

from watcher import conf
from watcher.applier import service
from watcher.cmd import bus, driver, readiness
from watcher.common import config
from watcher.rpc.service import Service, launch


def main() -> None:
    """Run the applier until it is told to stop."""
    config.prepare(
        prog="watcher-applier",
        description="Execute action plans: claim those that were started and run their actions.",
        example="watcher-applier --config-file /etc/watcher/watcher.conf",
    )
    driver.require()
    bus.require()

    def build() -> Service:
        readiness.check_database()
        return service.build(conf.CONF)

    launch(build, conf.CONF)
