# SPDX-License-Identifier: Apache-2.0
"""Work that a daemon does again and again, each job in a thread of its own."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable

from oslo_db import exception as db_exception
from oslo_log import log

from watcher.common.context import make_context

LOG = log.getLogger(__name__)

_LEAST_PAUSE_S = 0.01
_OUTAGES = (
    db_exception.DBConnectionError,
    db_exception.DBDeadlock,
    db_exception.DBNonExistentTable,
)
"""Errors whose trace says nothing: the database is away, too busy, or has no tables. Those of
``watcher.db.passing``, which is a sibling of this layer and cannot be imported here."""


@dataclasses.dataclass(frozen=True, slots=True)
class PeriodicJob:
    """What is done how often.

    :param interval_s: seconds from one start to the next, or what returns them (asked each time,
        so that a changed option takes effect)
    :param run_at_once: whether the first run is at the start or one interval later
    """

    name: str
    function: Callable[[], object]
    interval_s: float | Callable[[], float]
    run_at_once: bool = True

    def next_interval_s(self) -> float:
        """Return the seconds from one start to the next as they are now."""
        return float(self.interval_s() if callable(self.interval_s) else self.interval_s)


class JobRunner:
    """Runs one job in its own thread until it is stopped.

    An error of the job is logged, with its trace once if it has something to say, and the job
    goes on.
    """

    def __init__(self, owner: str, job: PeriodicJob) -> None:
        self.job = job
        self.label = f"{owner}:{job.name}"
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._failures = 0
        self._thread = threading.Thread(target=self._loop, name=self.label, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def kick(self) -> None:
        """Run the job soon; once more if it is running now."""
        self._wake.set()

    def stop(self) -> None:
        """Ask for the end after the present run; does not wait."""
        self._stopping.set()
        self._wake.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; false when the job still runs."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _loop(self) -> None:
        started = time.monotonic()
        if not self.job.run_at_once:
            self._pause(started)
        while not self._stopping.is_set():
            self._wake.clear()
            started = time.monotonic()
            self._run_once()
            self._pause(started)

    def _pause(self, started: float) -> None:
        left = started + self._interval_s() - time.monotonic()
        self._wake.wait(max(left, _LEAST_PAUSE_S))

    def _interval_s(self) -> float:
        try:
            return self.job.next_interval_s()
        except Exception:
            LOG.exception("The interval of job %s cannot be read, using 60 s", self.label)
            return 60.0

    def _run_once(self) -> None:
        make_context(is_admin=True)  # a request id of its own in the logs of each run
        try:
            self.job.function()
        except Exception as error:
            self._failures += 1
            if self._failures == 1 and not isinstance(error, _OUTAGES):
                LOG.exception("The periodic job %s failed and will be tried again", self.label)
            else:
                text = "The periodic job %s failed (%d in a row): %s"
                LOG.warning(text, self.label, self._failures, error)
            return
        if self._failures:
            LOG.info("The periodic job %s works again", self.label)
        self._failures = 0
