# SPDX-License-Identifier: Apache-2.0
"""Checks the options of the message bus when a daemon starts.

Some of them would make the library fail for every message, however often it was retried.
"""

from __future__ import annotations

from watcher import conf
from watcher.rpc import settings


def require() -> None:
    """End the program if the messaging library cannot work with the configuration.

    No broker is contacted: it may come up later.

    :raises SystemExit: with a message that names the option
    """
    try:
        settings.check(conf.CONF)
    except ValueError as error:
        raise SystemExit(f"{conf.CONF.prog}: {error}") from error
