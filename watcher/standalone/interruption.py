# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C, SIGTERM and a closed terminal: the process checks for them where it can stop.

They raise nothing. An exception from a signal handler can hit any line: in the middle of a
transaction it becomes a database error; between the start of a thread and its registration it
leaves the thread behind.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
from collections.abc import Iterator

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class AskedToEnd(Exception):
    """Somebody asked the process to stop."""


class Interruption:
    """Whether somebody has asked the process to stop; asking again changes nothing.

    A pipe, because a signal handler may take no lock that the interrupted line could hold.
    """

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def ask(self) -> None:
        """Ask for the end; may be called by a signal handler."""
        with contextlib.suppress(BlockingIOError):  # full of earlier requests
            os.write(self._writing, b".")

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until somebody asks, at most so many seconds; tell whether somebody has."""
        return bool(select.select([self._reading], [], [], timeout_s)[0])

    def check(self, within_s: float = 0.0) -> None:
        """Do nothing for so many seconds, unless asked to stop.

        :raises Interrupted: when it is, or was before.
        """
        if self.wait(within_s):
            raise AskedToEnd

    def close(self) -> None:
        """Give back the file descriptors."""
        os.close(self._reading)
        os.close(self._writing)


@contextlib.contextmanager
def by_signals() -> Iterator[Interruption]:
    """Let Ctrl-C, SIGTERM and a closed terminal ask for the end while the context lasts.

    After that they stay ignored if one came: the process joins threads until its very end, and
    an impatient second Ctrl-C must not break that off. What ``nohup`` ignores stays ignored.
    """
    made = Interruption()
    followed = [
        number
        for number in SIGNALS
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN
    ]
    previous = {number: signal.signal(number, lambda *_: made.ask()) for number in followed}
    try:
        yield made
    finally:
        asked = made.wait(0)
        for number, handler in previous.items():
            signal.signal(number, signal.SIG_IGN if asked else handler)
        made.close()
