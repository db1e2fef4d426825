# SPDX-License-Identifier: Apache-2.0
"""``watcher-decision-engine``: the daemon that runs audits."""

from __future__ import annotations

from watcher import conf
from watcher.cmd import bus, driver, readiness
from watcher.common import config, report
from watcher.decision_engine import service
from watcher.decision_engine.model import store
from watcher.rpc.service import Service, launch


def main() -> None:
    """Run the decision engine until it is told to stop."""
    config.prepare(
        prog="watcher-decision-engine",
        description="Run audits: read the cloud into a model and let strategies plan on it.",
        example="watcher-decision-engine --config-file /etc/watcher/watcher.conf",
    )
    driver.require()
    bus.require()

    def build() -> Service:
        readiness.check_database()
        return service.build(conf.CONF)

    report.add_section("CDMCs", store.text)
    launch(build, conf.CONF)
