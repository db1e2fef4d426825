# SPDX-License-Identifier: Apache-2.0
"""``watcher-api``: the REST API with a server of its own."""

from __future__ import annotations

import os
import sys

from watcher import conf
from watcher.api import app
from watcher.api.http.server import ApiServer, spare_garbage_collection
from watcher.api.http.tls import Tls
from watcher.cmd import bus, driver, readiness
from watcher.common import config
from watcher.common.listening import check_is_free
from watcher.rpc.service import launch


def main() -> None:
    """Serve the API until told to stop."""
    config.prepare(
        prog="watcher-api",
        description="Serve the REST API of the optimisation service, from [api] workers processes.",
        example="watcher-api --config-file /etc/watcher/watcher.conf",
    )
    driver.require()
    bus.require()
    api = conf.CONF.api
    try:
        check_is_free(api.host, api.port, "set another [api] port")
        tls = Tls.configured(conf.CONF)
    except OSError as error:
        sys.exit(f"watcher-api: {error.strerror or error}")
    except ValueError as error:
        sys.exit(f"watcher-api: {error}")

    def serve() -> ApiServer:
        readiness.tell_database()
        application = app.setup_app()
        spare_garbage_collection()
        return ApiServer(application, api.host, api.port, tls=tls, shared_port=True)

    launch(serve, conf.CONF, workers=api.workers or len(os.sched_getaffinity(0)))
