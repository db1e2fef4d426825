# SPDX-License-Identifier: Apache-2.0
"""The application for servers that bring their own process: mod_wsgi, uWSGI, gunicorn.

They import a module and take ``application`` from it, so configuration is read on import, from
the usual places or from ``--config-file`` among the arguments (uWSGI: ``--pyargv``).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from watcher.api import app
from watcher.api.errors import Application
from watcher.api.http.server import spare_garbage_collection
from watcher.common import config, report
from watcher.conf import CONF
from watcher.rpc import settings, transport


def initialize_wsgi_app(argv: Sequence[str] | None = None) -> Application:
    """Read the configuration and return the application.

    :param argv: arguments; what is not about configuration belongs to the server and is ignored.
    """
    config.prepare(_own_arguments(sys.argv[1:] if argv is None else argv), prog="watcher-api")
    try:
        settings.check(CONF)
    except ValueError as error:
        raise SystemExit(f"watcher-api: {error}") from error
    report.setup(CONF, "watcher-api", watch_file=False)
    transport.init(CONF)
    application = app.setup_app()
    spare_garbage_collection()
    return application


def _own_arguments(argv: Sequence[str]) -> list[str]:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--config-file", action="append", default=[])
    parser.add_argument("--config-dir", action="append", default=[])
    found, _ = parser.parse_known_args(list(argv))
    own = [part for name in found.config_file for part in ("--config-file", name)]
    return own + [part for name in found.config_dir for part in ("--config-dir", name)]
