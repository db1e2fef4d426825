# SPDX-License-Identifier: Apache-2.0
"""Looking at the cloud again and again until something is seen, as actions do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from watcher.applier.actions import base
from watcher.clients import retry
from watcher.common import exception

FIRST_PAUSE_S: Final = 0.5


def until_seen(
    probe: Callable[[], str | None],
    *,
    deadline_s: float,
    longest_pause_s: float,
    stop: base.StopRequest,
    who: Callable[[], str],
) -> str:
    """Call ``probe`` until it returns something true, and return that; Nova may be away meanwhile.

    Pauses double from half a second, so that what is quick is seen early.

    :param who: says what was seen last, for the log.
    :raises Interrupted: the daemon's time to stop is over.
    :raises WaitTimeout: nothing was seen in time; chained to Nova's last failure.
    """
    pause_s = min(FIRST_PAUSE_S, longest_pause_s)

    def pause(seconds: float) -> None:
        nonlocal pause_s
        stop.expired.wait(min(seconds, pause_s))
        pause_s = min(2 * pause_s, longest_pause_s)

    try:
        return retry.wait_until(
            probe,
            deadline_s,
            longest_pause_s,
            stop.expired.is_set,
            tolerate=(exception.NovaClientError,),
            sleep=pause,
        )
    except retry.WaitCancelled as error:
        raise base.Interrupted(who()) from error
