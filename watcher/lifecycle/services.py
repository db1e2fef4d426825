# SPDX-License-Identifier: Apache-2.0
"""Daemons: that they live, which of them leads, and what to do when one dies.

Liveness is judged by the database's clock alone: heartbeats are written with it and their age is
computed with it, so clocks of hosts that differ declare nobody dead.
"""

from __future__ import annotations

import dataclasses
import datetime
import time
from collections.abc import Callable, Iterable, Sequence

from oslo_log import log

from watcher.common.context import RequestContext, make_admin_context
from watcher.conf import CONF
from watcher.db import models, queries, repository
from watcher.db import session as db
from watcher.domain.states import ServiceStatus
from watcher.notifications import StateUpdate, emit
from watcher.objects.service import Service

LOG = log.getLogger(__name__)

HEARTBEAT_S = 60.0
"""Seconds between two heartbeats at most, as published."""

CleanUp = Callable[[RequestContext, str], int]
"""Does what can be done with the rows of a dead host; returns how many it still owns."""


@dataclasses.dataclass(frozen=True, slots=True)
class Liveness:
    """One daemon and what its last heartbeat says."""

    service: Service
    status: ServiceStatus

    @property
    def host(self) -> str:
        """The name that the daemon is known by."""
        return str(self.service.host)


def heartbeat_interval_s() -> float:
    """Return the seconds between two heartbeats: one that fails must not look like death."""
    return min(HEARTBEAT_S, float(CONF.service_down_time) / 3)


@db.retried
def beat(context: RequestContext, name: str, host: str) -> None:  # noqa: ARG001
    """Write the heartbeat of a daemon; its row is made at the first one.

    :param name: ``watcher-decision-engine`` or ``watcher-applier``.
    """
    with db.write() as session:
        now = queries.utc_now(session)
        rows = repository.list_rows(session, models.Service, filters={"name": name, "host": host})
        if rows:
            repository.update(session, models.Service, rows[0].id, {"last_seen_up": now})
        else:
            values = {"name": name, "host": host, "last_seen_up": now}
            repository.create(session, models.Service, values)


@db.retried
def statuses(context: RequestContext, name: str | None = None) -> list[Liveness]:
    """Return all daemons (of a kind), in order of their rows. Two statements."""
    with db.read() as session:
        now = queries.utc_now(session)
        filters = {} if name is None else {"name": name}
        rows = repository.list_rows(session, models.Service, filters=filters)
    return [Liveness(Service.from_row(context, row), status_of(row, now)) for row in rows]


def status_of(service: models.Service, now: datetime.datetime) -> ServiceStatus:
    """Return what the age of the last heartbeat says.

    :param service: row with naive UTC times.
    :param now: the database's clock, naive UTC.
    """
    seen = service.last_seen_up or service.updated_at or service.created_at
    if seen is None:
        return ServiceStatus.FAILED
    age_s = abs((now - seen).total_seconds())
    return ServiceStatus.ACTIVE if age_s <= CONF.service_down_time else ServiceStatus.FAILED


def leader(daemons: Iterable[Liveness]) -> str | None:
    """Return the host that acts for all: the smallest name among the ACTIVE ones."""
    active = (daemon.host for daemon in daemons if daemon.status is ServiceStatus.ACTIVE)
    return min(active, default=None)


class Watch:
    """Watches the daemons of one kind for one of them; every daemon of the kind has one.

    The leader announces changes and cleans up after dead hosts, at each step again until they
    own nothing: a peer that died while the leader was dying too is not forgotten.

    While the database was away nobody could send a heartbeat. So after a step that failed, or
    took long, silent daemons get time for one before they are presumed dead.
    """

    def __init__(
        self,
        name: str,
        host: str,
        clean_up: CleanUp,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Watch for ``host``.

        :param clean_up: called by the leader for each FAILED host at each step; an error in it
            is logged and the step goes on with the next host.
        :param clock: seconds that only grow.
        """
        self._name = name
        self._host = host
        self._clean_up = clean_up
        self._known: dict[int, ServiceStatus] = {}
        self._dead: frozenset[str] = frozenset()
        self._clock = clock
        self._judges_from = clock()

    def step(self, context: RequestContext | None = None) -> Sequence[str]:
        """Look once; return the dead hosts that still own something. Call it periodically."""
        context = context or make_admin_context()
        daemons = self._read(context)
        if self._clock() < self._judges_from:
            return []
        dead = [daemon.host for daemon in daemons if daemon.status is ServiceStatus.FAILED]
        self._dead = frozenset(dead)
        leads = leader(daemons) == self._host
        for daemon in daemons:
            self._notice(context, daemon, leads=leads)
        if not leads:
            return []
        return [host for host in dead if self._owns_something(context, host)]

    def live_hosts(self, context: RequestContext) -> list[str]:
        """Return the hosts that send heartbeats, or that the last step did not presume dead."""
        return [
            daemon.host
            for daemon in statuses(context, self._name)
            if daemon.status is ServiceStatus.ACTIVE or daemon.host not in self._dead
        ]

    def _read(self, context: RequestContext) -> list[Liveness]:
        """Return the daemons; put off the next verdict if the database was away meanwhile."""
        heartbeat_s = heartbeat_interval_s()
        began_at = self._clock()
        away = True
        try:
            found = statuses(context, self._name)
            away = self._clock() - began_at > heartbeat_s / 4
        finally:
            if away:
                self._judges_from = self._clock() + heartbeat_s
        return found

    def _notice(self, context: RequestContext, daemon: Liveness, *, leads: bool) -> None:
        old = self._known.get(daemon.service.id)
        self._known[daemon.service.id] = daemon.status
        if old == daemon.status:
            return
        if daemon.status is ServiceStatus.FAILED:
            LOG.warning("%s on %s stopped sending heartbeats", self._name, daemon.host)
        if leads and old is not None:
            update = StateUpdate(old, daemon.status)
            emit(context, "service.update", daemon.service, state_update=update)

    def _owns_something(self, context: RequestContext, host: str) -> bool:
        try:
            return self._clean_up(context, host) > 0
        except Exception:
            LOG.exception("Work of the dead %s on %s is still to be taken over", self._name, host)
            return True
