# SPDX-License-Identifier: Apache-2.0
"""Sets up the process of the tests, whatever it was started by.

The package is imported before anything else, since it chooses the threading backend of
oslo.service: a test module that imports oslo.messaging first would choose eventlet for the run.
"""

from __future__ import annotations

import signal

import watcher  # noqa: F401
from tests import properties

properties.load_profile()


def pytest_configure() -> None:
    """Hear the signals that were ignored where the tests were started.

    Under nohup, or in the background of a script, tests and their daemons would inherit that. What
    has a handler here is at its default in the daemons.
    """
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)
