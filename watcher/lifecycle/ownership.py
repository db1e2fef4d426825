# SPDX-License-Identifier: Apache-2.0
"""The errors for a row that somebody else changed: for daemons that own it, and for users."""

from __future__ import annotations

from watcher.common import exception


class OwnershipLost(exception.WatcherException):
    """The row has another owner or another state than this process believes.

    A user changed it, or this process was declared dead and a peer took over. Whoever gets this
    stops working on the row and writes nothing more.
    """

    msg_fmt = "%(noun)s %(uuid)s is no longer %(state)s on host %(host)s: stop working on it."


class Outdated(exception.Conflict):
    """The row left the state in which the user's call was judged.

    Nothing was written.  Whoever reads the row again can judge the call by what is there now.
    """

    msg_fmt = "%(noun)s %(uuid)s is no longer %(state)s: read it again."
