# SPDX-License-Identifier: Apache-2.0
"""The shape of a daemon: an RPC topic, periodic jobs, and what is done at the start and the end.

Several services can live in one process; ``launch`` runs one as a daemon of its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from oslo_log import log

from watcher.rpc import doorbell, notify
from watcher.rpc.daemon import launch
from watcher.rpc.periodic import JobRunner, PeriodicJob
from watcher.rpc.topic_listener import TopicListener

__all__ = ["PeriodicJob", "Service", "TopicListener", "launch"]

LOG = log.getLogger(__name__)

_STOP_TIMEOUT_S = 5.0


class Service:
    """A service that can be started and stopped once.

    :param name: as in the service list, e.g. ``watcher-applier``
    :param topic: RPC topic; ``None`` for a service that nobody calls
    :param endpoints: objects whose methods can be called
    :param jobs: periodic work; names are unique
    :param on_start: called in order before anything else; an exception ends the start
    :param on_stop: called in order after the jobs have ended; exceptions are logged
    """

    def __init__(
        self,
        name: str,
        topic: str | None = None,
        endpoints: Sequence[Any] = (),
        jobs: Sequence[PeriodicJob] = (),
        on_start: Sequence[Callable[[], object]] = (),
        on_stop: Sequence[Callable[[], object]] = (),
    ) -> None:
        self.name = name
        self._on_start = tuple(on_start)
        self._on_stop = tuple(on_stop)
        self._server = TopicListener(topic, endpoints) if topic else None
        self._runners = {job.name: JobRunner(name, job) for job in jobs}
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._is_running = False

    def start(self) -> None:
        """Do what is to be done at the start, then listen and run the jobs in the background."""
        for function in self._on_start:
            function()
        with self._lock:
            if self._stopped.is_set() or self._is_running:
                return
            self._is_running = True
        if self._server is not None:
            self._server.start()
        for runner in self._runners.values():
            runner.start()
        LOG.info("%s has started", self.name)

    def kick(self, job_name: str) -> None:
        """Run a periodic job soon; nothing if there is none of this name."""
        runner = self._runners.get(job_name)
        if runner is not None:
            runner.kick()

    def wait_until_listening(self, timeout_s: float) -> bool:
        """Wait until messages are received; false when they are not in time."""
        return self._server is None or self._server.wait_until_listening(timeout_s)

    def stop(self, timeout_s: float = _STOP_TIMEOUT_S) -> None:
        """End the threads, do what is to be done at the end, send what waits to be sent."""
        with self._lock:
            was_running, self._is_running = self._is_running, False
        if was_running:
            self._end_threads(timeout_s)
            self._call_on_stop()
            doorbell.flush(1.0)
            notify.flush(1.0)
            LOG.info("%s has stopped", self.name)
        self._stopped.set()

    def wait(self) -> None:
        """Block until the service has been stopped."""
        self._stopped.wait()

    def _end_threads(self, timeout_s: float) -> None:
        ending: list[JobRunner | TopicListener] = list(self._runners.values())
        if self._server is not None:
            ending.append(self._server)
        for each in ending:
            each.stop()
        deadline = time.monotonic() + timeout_s
        for each in ending:
            if not each.join(max(deadline - time.monotonic(), 0.01)):
                LOG.warning(
                    "%s has not stopped within %s s and is abandoned", each.label, timeout_s
                )

    def _call_on_stop(self) -> None:
        for function in self._on_stop:
            try:
                function()
            except Exception:
                LOG.exception("%s: a step at the end failed", self.name)
