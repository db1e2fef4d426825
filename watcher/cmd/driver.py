# SPDX-License-Identifier: Apache-2.0
"""Looks for the driver of the database at the start of a daemon.

Without it nothing would ever work, however often it was retried; so the daemon says so at once.
"""

from __future__ import annotations

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from watcher import conf


def require() -> None:
    """End the program if there is no way to talk to the configured database.

    Nothing is asked of the database itself: it may come later.

    :raises SystemExit: with a sentence: no driver is installed, or the URL cannot be read.
    """
    prog = conf.CONF.prog
    try:
        url = make_url(conf.CONF.database.connection)
        url.get_dialect().import_dbapi()
    except ArgumentError as error:
        raise SystemExit(f"{prog}: [database] connection cannot be used: {error}") from error
    except ModuleNotFoundError as error:
        # The extras "mysql" and "postgresql" of the package install the known ones.
        shown = url.render_as_string(hide_password=True)
        raise SystemExit(f"{prog}: the driver of {shown} is not installed: {error}") from error
