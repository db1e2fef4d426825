# SPDX-License-Identifier: Apache-2.0
"""CONTINUOUS audits: a look at all of them now and then, and runs when they are due.

The rows say everything (``interval``, ``next_run_time``, ``hostname``), so a change by a user
takes effect at the next look, and any engine continues where another one stopped.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection

from oslo_log import log

from watcher import objects
from watcher.common import exception
from watcher.common.context import RequestContext, make_admin_context
from watcher.decision_engine.audit import backlog
from watcher.decision_engine.audit.dispatcher import AuditDispatcher
from watcher.domain import schedule
from watcher.lifecycle import OwnershipLost, audits

LOG = log.getLogger(__name__)

SHORTEST_PAUSE_S = 1.0


class ContinuousAudits:
    """Looks after the CONTINUOUS audits of one engine.

    It takes those that nobody looks after, its own, and those of engines that are not alive.

    :param live_hosts: returns the live engines; called only if there are audits of others.
    :param pause_s: seconds between two looks at most.
    """

    def __init__(
        self,
        dispatcher: AuditDispatcher,
        live_hosts: Callable[[RequestContext], Collection[str]],
        pause_s: Callable[[], float],
        now: Callable[[], datetime.datetime] = backlog.utc_now,
    ) -> None:
        self._dispatcher = dispatcher
        self._live_hosts = live_hosts
        self._pause_s = pause_s
        self._now = now
        self._next_pause_s = 0.0

    def pause_s(self) -> float:
        """Return the seconds until the next look: until the next run, if that comes sooner."""
        return min(self._pause_s(), self._next_pause_s)

    def look(self) -> None:
        """Look at every CONTINUOUS audit once."""
        context = make_admin_context()
        self._next_pause_s = self._pause_s()
        found = backlog.continuous_audits(context)
        if not found:
            return
        mine = self._mine(context, found)
        now = self._now()
        for audit in mine:
            try:
                self._look_at(context, audit, now)
            except OwnershipLost as lost:
                LOG.debug("Audit %s is somebody else's: %s", audit.uuid, lost)

    def _mine(
        self, context: RequestContext, found: Collection[objects.Audit]
    ) -> list[objects.Audit]:
        own = (None, self._dispatcher.host)
        others = {audit.hostname for audit in found if audit.hostname not in own}
        alive = frozenset(self._live_hosts(context)) if others else frozenset()
        return [
            audit
            for audit in found
            if audit.hostname in own or audit.hostname not in alive
            if not self._dispatcher.is_busy_with(audit.uuid)
        ]

    def _look_at(
        self, context: RequestContext, audit: objects.Audit, now: datetime.datetime
    ) -> None:
        if audits.is_running(audit):  # but no thread here runs it: it was interrupted
            self._dispatcher.resume(context, audit)
            return
        if schedule.is_over(_aware(audit.end_time), now):
            audits.expire(context, audit)
            return
        if not schedule.in_window(_aware(audit.start_time), now):
            return
        try:
            tick = schedule.look(
                audit.interval,
                _aware(audit.next_run_time),
                now,
                since=_earliest(audit),
                key=audit.uuid,
            )
        except exception.InvalidIntervalOrCron as error:
            audits.fail(context, audit, str(error))
            return
        if tick.run and not self._dispatcher.is_held_up(audit):
            self._dispatcher.run_due(context, audit)
        elif tick.next_run_time is not None:
            self._wait(context, audit, tick.next_run_time, now)
        elif not tick.run:  # a last run that is held up may still begin until it is too late
            audits.expire(context, audit)

    def _wait(
        self,
        context: RequestContext,
        audit: objects.Audit,
        until: datetime.datetime,
        now: datetime.datetime,
    ) -> None:
        left_s = max(SHORTEST_PAUSE_S, (until - now).total_seconds())
        self._next_pause_s = min(self._next_pause_s, left_s)
        stored = until.replace(tzinfo=None)
        if (stored, self._dispatcher.host) != (audit.next_run_time, audit.hostname):
            audits.postpone(context, audit, self._dispatcher.host, stored)


def _earliest(audit: objects.Audit) -> datetime.datetime | None:
    """Return the moment after which an audit's first instant may come."""
    made, start = _aware(audit.created_at), _aware(audit.start_time)
    if start is None or made is None or start <= made:
        return made
    return start - datetime.timedelta(seconds=1)


def _aware(moment: datetime.datetime | None) -> datetime.datetime | None:
    return None if moment is None else moment.replace(tzinfo=datetime.UTC)
