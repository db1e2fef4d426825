# SPDX-License-Identifier: Apache-2.0
"""A background sender: callers hand over a message and continue, whatever the broker does.

One thread sends in the order of arrival. While the broker is away the messages wait, bounded in
number and in age. A forked process starts with an empty outbox and a thread of its own.
"""

from __future__ import annotations

import atexit
import collections
import os
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from oslo_log import log

LOG = log.getLogger(__name__)

_T = TypeVar("_T")

_RETRY_FIRST_S = 0.5
_RETRY_MOST_S = 15.0
_EXIT_FLUSH_S = 2.0


class Outbox(Generic[_T]):
    """Sends messages one after the other in a thread of its own.

    :param name: of the thread, and of the outbox in logs
    :param send: sends one message; may block; raises when it could not be sent
    :param is_reachable: tells cheaply whether trying makes sense
    :param capacity: messages that may wait; more are refused
    :param patience_s: age in seconds at which a message that cannot be sent is given up
    """

    _changed: threading.Condition
    _waiting: collections.deque[tuple[float, _T]]
    _thread: threading.Thread | None
    _busy: bool
    _failing: bool
    _refused: int

    def __init__(
        self,
        name: str,
        send: Callable[[_T], None],
        *,
        is_reachable: Callable[[], bool],
        capacity: int,
        patience_s: float,
    ) -> None:
        self.name = name
        self._send = send
        self._is_reachable = is_reachable
        self._capacity = capacity
        self._patience_s = patience_s
        self._reset()
        os.register_at_fork(after_in_child=self._reset)
        atexit.register(self.flush, _EXIT_FLUSH_S)

    def put(self, message: _T) -> bool:
        """Take a message; never blocks, never raises.

        :returns: whether it was taken
        """
        with self._changed:
            if len(self._waiting) >= self._capacity:
                self._refused += 1
                if self._refused == 1:
                    LOG.warning(
                        "%s: %d messages wait for the broker, further ones are dropped",
                        self.name,
                        len(self._waiting),
                    )
                return False
            self._waiting.append((time.monotonic(), message))
            self._changed.notify_all()
            return self._ensure_thread()

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything is sent, unless the broker is known to be away.

        :returns: whether nothing waits any more
        """
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while (self._waiting or self._busy) and not self._failing:
                left = deadline - time.monotonic()
                if left <= 0 or self._thread is None or not self._thread.is_alive():
                    break
                self._changed.wait(left)
            return not self._waiting and not self._busy

    def stop(self, timeout_s: float) -> None:
        """Send what can be sent in time, then end the thread; ``put`` starts it again."""
        self.flush(timeout_s)
        with self._changed:
            thread, self._thread = self._thread, None
            lost = len(self._waiting)
            self._waiting.clear()
            self._changed.notify_all()
        if lost:
            LOG.warning("%s: %d messages could not be sent before the end", self.name, lost)
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout_s)

    def _reset(self) -> None:
        """Start afresh; also in a forked child, where the thread is gone and locks may be held."""
        self._changed = threading.Condition()
        self._waiting = collections.deque()
        self._thread = None
        self._busy = False
        self._failing = False
        self._refused = 0

    def _ensure_thread(self) -> bool:
        if self._thread is not None and self._thread.is_alive():
            return True
        thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the interpreter is ending, or has no more threads
            LOG.warning("%s: the sender could not be started", self.name)
            return False
        self._thread = thread
        return True

    def _is_mine(self) -> bool:
        return self._thread is threading.current_thread()

    def _run(self) -> None:
        pause_s = _RETRY_FIRST_S
        while True:
            taken = self._take()
            if taken is None:
                return
            since, message = taken
            sent = self._try_to_send(message)
            self._settle(since, message, sent=sent)
            if sent:
                pause_s = _RETRY_FIRST_S
                continue
            with self._changed:
                self._changed.wait_for(lambda: not self._is_mine(), pause_s)
            pause_s = min(pause_s * 2, _RETRY_MOST_S)

    def _take(self) -> tuple[float, _T] | None:
        with self._changed:
            self._changed.wait_for(lambda: bool(self._waiting) or not self._is_mine())
            if not self._is_mine():
                return None
            self._busy = True
            return self._waiting.popleft()

    def _try_to_send(self, message: _T) -> bool:
        try:
            if not self._is_reachable():
                self._failed("no broker accepts connections")
                return False
            self._send(message)
        except Exception as error:  # noqa: BLE001  # whatever a driver raises, the sender goes on
            self._failed(repr(error))
            return False
        if self._failing:
            LOG.info("%s: messages are sent again", self.name)
        return True

    def _failed(self, reason: str) -> None:
        if not self._failing:
            LOG.warning("%s: a message cannot be sent now, it is kept: %s", self.name, reason)

    def _settle(self, since: float, message: _T, *, sent: bool) -> None:
        """Account for an attempt: keep what failed in its place, give up what is too old."""
        with self._changed:
            self._busy = False
            self._failing = not sent
            if sent:
                self._refused = 0
            elif time.monotonic() - since < self._patience_s:
                self._waiting.appendleft((since, message))
            else:
                LOG.warning("%s: a message was dropped after %d s", self.name, self._patience_s)
            self._changed.notify_all()
