# SPDX-License-Identifier: Apache-2.0
"""Keeps the latest snapshot of the cloud for every audit of this process.

A snapshot is replaced as a whole, never patched. Its age counts from the moment its
reading *began*, because that is the latest moment of which it certainly knows everything: an
audit gets a snapshot whose reading began after, or a given time before, the audit asked.
"""

from __future__ import annotations

import dataclasses
import functools
import threading
import time
from collections.abc import Callable
from concurrent import futures

from oslo_log import log

from watcher import conf as options
from watcher.clients import bundle
from watcher.common import exception
from watcher.decision_engine.loading import default as loading
from watcher.decision_engine.model import xml_form
from watcher.domain.snapshot import Snapshot

LOG = log.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class _PendingReading:
    """A reading under way: when it began, and its future result."""

    began: float
    result: futures.Future[Snapshot]


class SnapshotStore:
    """The latest snapshot of one kind of resource; safe to use from any thread.

    There is one reading at a time. Whoever asks meanwhile waits for its result, or its
    error, if it began late enough; otherwise for the next one, shared by all who
    wait. A snapshot that could not be renewed is never returned as if it were new.

    :param read: reads the cloud
    :param max_age_s: seconds that a reading may have begun before :meth:`get`; asked each time
    :param period_s: seconds between two calls of :meth:`refresh`; asked each time
    """

    def __init__(
        self,
        read: Callable[[], Snapshot],
        *,
        max_age_s: Callable[[], float],
        period_s: Callable[[], float] = lambda: 3600,
        name: str = "compute",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.period_s = period_s
        self._read = read
        self._max_age_s = max_age_s
        self._clock = clock
        self._lock = threading.Lock()
        self._latest: Snapshot | None = None
        self._began = 0.0
        self._version = 0
        self._running: _PendingReading | None = None

    @property
    def latest(self) -> Snapshot | None:
        """Return the last snapshot that could be read, however old; None before the first."""
        return self._latest

    def get(self, max_age_s: float | None = None) -> Snapshot:
        """Return a snapshot fresh enough for planning, reading the cloud if necessary.

        :param max_age_s: seconds, instead of the store's rule; 0 reads after this call only
        :raises ClusterDataModelCollectionError: the cloud could not be read.
        """
        limit = self._max_age_s() if max_age_s is None else max_age_s
        oldest = self._clock() - limit
        while True:
            with self._lock:
                if self._latest is not None and self._began >= oldest:
                    return self._latest
                running = self._running
                mine = running is None
                if running is None:
                    running = _PendingReading(self._clock(), futures.Future())
                    self._running = running
            if mine:
                self._run(running)
                return running.result.result()
            if running.began >= oldest:
                return self._shared(running)
            futures.wait([running.result])

    def refresh(self) -> None:
        """Read the cloud now; for the periodic job, so a failure is logged and not raised."""
        try:
            snapshot = self.get(max_age_s=0)
        except exception.WatcherException as error:
            LOG.warning("The %s model was not renewed: %s", self.name, error)
        else:
            LOG.info(
                "The %s model has version %d: %d hosts, %d servers",
                self.name,
                snapshot.version,
                len(snapshot.hosts),
                len(snapshot.servers),
            )

    def _shared(self, running: _PendingReading) -> Snapshot:
        try:
            return running.result.result()
        except exception.ClusterDataModelCollectionError as error:
            # A new error for each: threads that raise the same object spoil its traceback.
            raise exception.ClusterDataModelCollectionError(str(error), cdm=self.name) from error

    def _run(self, running: _PendingReading) -> None:
        try:
            found = dataclasses.replace(self._read(), version=self._version + 1)
        except BaseException as error:  # noqa: BLE001
            with self._lock:
                self._running = None
            # Waiters must hear of any end of this reading, or they wait for ever.
            running.result.set_exception(error)
            return
        with self._lock:
            self._version = found.version
            self._latest, self._began, self._running = found, running.began, None
        running.result.set_result(found)


def shared(name: str = "compute") -> SnapshotStore:
    """Return this process's store for one collector plug-in; reads nothing yet.

    :raises LoadingError: there is no such plug-in.
    """
    return _made(name)


def text() -> str:
    """Describe the models this process has, for people; reads nothing."""
    store = shared()
    model = store.latest
    frame = "~" * len(store.name)
    found = "not read by this process" if model is None else xml_form.to_xml(model)
    return f"{frame}\n{store.name}\n{frame}\n\n{found}"


@functools.cache
def _made(name: str) -> SnapshotStore:
    collector = loading.COLLECTORS.load(name, osc=bundle.shared())
    return SnapshotStore(
        collector.execute,
        max_age_s=lambda: options.CONF.collector.model_max_age,
        period_s=lambda: collector.period,
        name=name,
    )
