# SPDX-License-Identifier: Apache-2.0
"""Waiting for something to become true, and retrying, both with a deadline.

Time and sleeping are arguments, so that callers can be woken early (pass the ``wait``
method of a ``threading.Event`` as ``sleep``) and tests need not wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from watcher.common import exception

T = TypeVar("T")

Clock = Callable[[], float]
Sleep = Callable[[float], object]


class WaitTimeout(exception.WatcherException):
    """The awaited condition did not become true in time."""

    msg_fmt = "%(what)s was not observed within %(deadline_s)s seconds"


class WaitCancelled(exception.WatcherException):
    """Somebody asked to stop waiting."""

    msg_fmt = "Waiting for %(what)s was cancelled"


def wait_until(
    probe: Callable[[], T | None],
    deadline_s: float,
    interval_s: float,
    cancelled: Callable[[], bool] | None = None,
    *,
    what: str = "The expected state",
    tolerate: tuple[type[Exception], ...] = (),
    clock: Clock = time.monotonic,
    sleep: Sleep = time.sleep,
) -> T:
    """Call ``probe`` until it returns something true, and return that.

    The probe is called at once, then every ``interval_s``, and one last time when the
    deadline is reached. ``cancelled`` is asked before each call.

    :param deadline_s: seconds from now
    :param tolerate: errors of the probe that count as "not yet"
    :raises WaitTimeout: it never became true; chained to the last tolerated error.
    :raises WaitCancelled: ``cancelled`` said so.
    """
    ends = clock() + deadline_s
    failure: Exception | None = None
    while True:
        if cancelled is not None and cancelled():
            raise WaitCancelled(what=what)
        try:
            found = probe()
        except tolerate as error:
            failure = error
        else:
            if found:
                return found
        left = ends - clock()
        if left <= 0:
            raise WaitTimeout(what=what, deadline_s=deadline_s) from failure
        sleep(min(interval_s, left))


def attempt(
    call: Callable[[], T],
    *,
    attempts: int,
    interval_s: float,
    on: Callable[[Exception], bool] = lambda _error: True,
    deadline_s: float | None = None,
    clock: Clock = time.monotonic,
    sleep: Sleep = time.sleep,
) -> T:
    """Call until it works; the last error is passed on to the caller.

    :param attempts: the most calls, including the first
    :param on: which errors are worth another attempt
    :param deadline_s: seconds from now after which no further attempt starts
    """
    ends = None if deadline_s is None else clock() + deadline_s
    made = 0
    while True:
        made += 1
        try:
            return call()
        except Exception as error:
            too_late = ends is not None and clock() + interval_s >= ends
            if made >= attempts or too_late or not on(error):
                raise
        sleep(interval_s)
