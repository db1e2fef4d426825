# SPDX-License-Identifier: Apache-2.0
"""The threads that run audits: a bounded number, and each audit at most once at a time."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

from oslo_log import log

from watcher.db import passing

LOG = log.getLogger(__name__)

Job = Callable[[], object]


class AuditPool:
    """Runs jobs, at most one per key at a time, in order of arrival.

    Its threads end with the process even if a job does not end, so that a strategy that hangs
    cannot hold up a stop; what such a job left behind is found at the next start.

    :param size: number of threads.
    """

    def __init__(self, size: int, name: str = "watcher-audit") -> None:
        self._queue: queue.SimpleQueue[tuple[str, Job] | None] = queue.SimpleQueue()
        self._keys: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True)
            for number in range(max(1, size))
        ]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def submit(self, key: str, job: Job) -> bool:
        """Queue *job*; False if one with this key already waits or runs, or after a stop."""
        with self._lock:
            if key in self._keys or self._stopping.is_set():
                return False
            self._keys.add(key)
        self._queue.put((key, job))
        return True

    def holds(self, key: str) -> bool:
        """Tell whether a job with this key waits or runs."""
        with self._lock:
            return key in self._keys

    def stop(self, timeout_s: float = 10.0) -> bool:
        """Take no more jobs, drop those waiting, and wait for those running.

        :returns: whether all threads ended in time.
        """
        self._stopping.set()
        for _ in self._threads:
            self._queue.put(None)
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))
        left = [thread.name for thread in self._threads if thread.is_alive()]
        if left:
            LOG.warning("An audit is still running at the stop, in: %s", ", ".join(left))
        return not left

    def _work(self) -> None:
        while True:
            item = self._queue.get()
            if item is None:
                return
            key, job = item
            try:
                if not self._stopping.is_set():
                    job()
            except passing.ERRORS as error:
                LOG.error("Audit %s: a sweep will look again. %s", key, error)  # noqa: TRY400
            except Exception:
                LOG.exception("The run of audit %s failed unexpectedly", key)
            finally:
                with self._lock:
                    self._keys.discard(key)
