# SPDX-License-Identifier: Apache-2.0
"""What happens when: a queue of due calls, processed only when somebody looks."""

from __future__ import annotations

import datetime
import heapq
import itertools
from collections.abc import Callable


class Timeline:
    """Simulated time. It stands still between looks, so that tests need no sleep.

    Not thread-safe: the cloud that owns it locks.

    :param clock: monotonic seconds
    :param started: the date at the first reading of the clock
    """

    def __init__(self, clock: Callable[[], float], started: datetime.datetime) -> None:
        self._clock = clock
        self._started = started
        self._origin_s = clock()
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self.now_s = self._origin_s

    def at(self, due_s: float, call: Callable[[], None]) -> None:
        """Schedule a call; calls for the same time keep their order."""
        heapq.heappush(self._queue, (due_s, next(self._order), call))

    def catch_up(self) -> None:
        """Make all calls that are due, in order, each at its own time."""
        until_s = self._clock()
        while self._queue and self._queue[0][0] <= until_s:
            due_s, _order, call = heapq.heappop(self._queue)
            self.now_s = max(self.now_s, due_s)
            call()
        self.now_s = max(self.now_s, until_s)

    def date(self) -> datetime.datetime:
        """Return the simulated date."""
        return self._started + datetime.timedelta(seconds=self.now_s - self._origin_s)
