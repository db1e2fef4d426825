# SPDX-License-Identifier: Apache-2.0
"""Looks at the options of the message bus at the start of a daemon.

With some of them the library would fail at each message, however often it was tried.
"""

from __future__ import annotations

from watcher import conf
from watcher.rpc import settings


def require() -> None:
    """End the program if the messaging library cannot work with the configuration.

    Nothing is asked of a broker: it may come later.

    :raises SystemExit: with a sentence that names the option
    """
    try:
        settings.check(conf.CONF)
    except ValueError as error:
        raise SystemExit(f"{conf.CONF.prog}: {error}") from error
