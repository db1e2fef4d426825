# SPDX-License-Identifier: Apache-2.0
"""Follow one server's way to another host in Nova's records.

Nova's list of migrations is always read before the server: when a migration is over, the
server read after it is where it will stay. The server's task state alone is not enough:
it is empty before a migration has begun and again after it has failed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from oslo_log import log

from watcher import conf
from watcher._i18n import _
from watcher.applier.actions import looks
from watcher.clients import retry
from watcher.common import exception

if TYPE_CHECKING:
    from watcher.applier.actions import base
    from watcher.clients import nova

CONF = conf.CONF
LOG = log.getLogger(__name__)

#: How Nova's migrations end.
BROKEN: Final = frozenset({"error", "failed", "cancelled", "reverted"})
OVER: Final = BROKEN | {"completed", "done", "confirmed"}
#: The server's task states while it is being moved.
MOVING: Final = frozenset(
    {"migrating", "resize_prep", "resize_migrating", "resize_migrated", "resize_finish"}
)
LIVE: Final = "live-migration"
COLD: Final = "migration"

CONFIRM_DEADLINE_S: Final = 60.0
CONFIRM_INTERVAL_S: Final = 1.0
ABORT_DEADLINE_S: Final = 480.0
ABORT_INTERVAL_S: Final = 2.0
REASON_DELAY_S: Final = 1.0
#: Before each look for a migration that was, or may have been, requested without an answer.
DOUBT_PAUSES_S: Final = (0.0, 1.0, 2.0, 4.0)


class Move:
    """One server on its way from ``source`` to ``destination`` (None: wherever Nova likes)."""

    def __init__(
        self,
        client: nova.NovaClient,
        server_id: str,
        *,
        live: bool,
        source: str | None,
        destination: str | None,
        stop: base.StopRequest,
    ) -> None:
        self._nova = client
        self._server_id = server_id
        self._live = live
        self._source = source
        self._destination = destination
        self._stop = stop
        self._old: frozenset[int] = frozenset()
        self._begun = False
        self._seen = "nothing"

    def remember_old_migrations(self) -> None:
        """Ignore the migrations that Nova knows now."""
        self._old = frozenset(one.id for one in self._migrations())

    def settle(self) -> bool:
        """Find out what became of a move that a dead process requested, and wait for its end.

        Nova being down at that moment says nothing about the move: it is waited for, too.  So is
        a request that was still on its way when the process died.

        :returns: whether the server has arrived; False when nothing moves it.
        :raises WatcherException: the move was still under way, and failed.
        """
        found = self._insist(self._assess)
        if found == "moving":
            LOG.info("server %s is being moved already: waiting for the end", self._server_id)
            self.until_arrived()
        return found != "resting"

    def has_begun(self) -> bool:
        """Find out whether a request that Nova did not answer has arrived.

        Nova being down says nothing: it is waited for.  Then it gets some looks' time, since what
        waited for it, this request included, is only done now.
        """
        return self._insist(self._sign) != "resting"

    def until_arrived(self) -> None:
        """Wait for the end of the move; confirm a cold one.

        :raises WatcherException: Nova gave up, or the deadline passed.
        :raises Interrupted: the daemon's time to stop is over; the move continues in Nova.
        """
        step = self._wait(self._look, *_patience())
        if step == "confirm":
            self._confirm()

    def abort(self) -> bool:
        """Abort the running live migration of the server.

        :returns: True if the server stayed on its source, False if it had arrived.
        :raises LiveMigrationFailed: neither; somebody has to look at it.
        """
        for one in self._migrations():
            if one.status not in OVER:
                try:
                    self._nova.abort_live_migration(self._server_id, one.id)
                except exception.WatcherException:
                    LOG.exception("Nova did not abort the migration of server %s", self._server_id)
                break
        host = self._wait(self._rest, ABORT_DEADLINE_S, ABORT_INTERVAL_S)
        if host not in (self._source, self._destination):
            raise exception.LiveMigrationFailed(name=self._server_id)
        return host == self._source

    def failed(self, what: str, reason: str | None = None) -> exception.WatcherException:
        """Return the error that says what went wrong with this move."""
        kind = "Live" if self._live else "Cold"
        text = f"{kind} migration of server {self._server_id} failed: {what}"
        return exception.WatcherException(f"{text}: {reason}" if reason else text)

    def _insist(self, probe: Callable[[], str]) -> str:
        """Look at an idle server some more times before believing it."""
        found = "resting"
        for pause_s in DOUBT_PAUSES_S:
            self._stop.expired.wait(pause_s)
            found = self._wait(probe, *_patience())
            if found != "resting":
                break
        return found

    def _wait(self, probe: Callable[[], str | None], deadline_s: float, top_s: float) -> str:
        try:
            return looks.until_seen(
                probe,
                deadline_s=deadline_s,
                longest_pause_s=top_s,
                stop=self._stop,
                who=lambda: f"server {self._server_id}: {self._seen}",
            )
        except retry.WaitTimeout as error:
            seen = f"{self._seen}; {error.__cause__}" if error.__cause__ else self._seen
            raise self.failed(
                _("not finished after %(limit)d seconds, %(seen)s")
                % {"limit": deadline_s, "seen": seen}
            ) from error

    def _assess(self) -> str:
        """Return what a server is doing: moving, arrived, or idle somewhere else."""
        running = any(one.status not in OVER for one in self._migrations())
        server = self._nova.get_server(self._server_id)
        self._begun = running or server.task_state in MOVING
        if self._begun:
            return "moving"
        well = self._has_arrived(server) and server.status != "ERROR"
        return "arrived" if well else "resting"

    def _sign(self) -> str:
        """Return what a server is doing, or that there is a new migration of it."""
        return "begun" if self._newest_migration() is not None else self._assess()

    def _has_arrived(self, server: nova.Server) -> bool:
        if self._destination is not None:
            return server.host == self._destination
        return server.host != self._source

    def _look(self) -> str | None:
        """Return what to do next, None to look again later."""
        record = self._newest_migration()
        server = self._nova.get_server(self._server_id)
        self._seen = (
            f"last seen on {server.host}, status {server.status}, task {server.task_state}, "
            f"migration {record.status if record else 'none'}"
        )
        if server.status == "ERROR":
            raise self.failed(_("the server is in ERROR"), server.fault)
        if server.task_state:
            self._begun = True
            return None
        if server.status == "VERIFY_RESIZE" and not self._live:
            return "confirm"
        return self._at_rest(server, record)

    def _at_rest(self, server: nova.Server, record: nova.Migration | None) -> str | None:
        """Judge a server that nothing is happening to."""
        if record is not None and record.status in BROKEN:
            raise self.failed(
                _("migration %(id)s ended as %(status)s")
                % {"id": record.id, "status": record.status},
                server.fault or self._reason(),
            )
        if record is not None and record.status not in OVER:
            return None
        if self._has_arrived(server):
            return "arrived"
        if record is not None:
            raise self.failed(
                _("migration %(id)s is %(status)s, but the server is on %(host)s")
                % {"id": record.id, "status": record.status, "host": server.host}
            )
        if self._begun:
            raise self.failed(_("Nova gave up and left the server on %s") % server.host)
        return None

    def _confirm(self) -> None:
        """Confirm a cold migration and wait until the server is as it was before.

        :raises WatcherException: saying that the server is left unconfirmed, if it is.
        """
        self._wait(self._ask_to_confirm, CONFIRM_DEADLINE_S, CONFIRM_INTERVAL_S)
        host = self._wait(self._rest, CONFIRM_DEADLINE_S, CONFIRM_INTERVAL_S)
        arrived = host == self._destination if self._destination else host != self._source
        if not arrived:
            raise self.failed(_("confirmed, but the server is on %s") % host)

    def _ask_to_confirm(self) -> str | None:
        """Confirm, unless Nova did it by itself meanwhile."""
        self._seen = "the server is left in VERIFY_RESIZE"
        if self._nova.get_server(self._server_id).status != "VERIFY_RESIZE":
            return "confirmed"
        self._nova.confirm_resize(self._server_id)
        return "asked"

    def _rest(self) -> str | None:
        """Return the server's host once nothing happens to it any more."""
        server = self._nova.get_server(self._server_id)
        self._seen = f"last seen on {server.host}, status {server.status}"
        if server.status == "ERROR":
            raise self.failed(_("the server is in ERROR"), server.fault)
        resting = not server.task_state and server.status not in ("VERIFY_RESIZE", "MIGRATING")
        return server.host if resting else None

    def _migrations(self) -> list[nova.Migration]:
        kind = LIVE if self._live else COLD
        return [one for one in self._nova.migrations_of(self._server_id) if one.type == kind]

    def _newest_migration(self) -> nova.Migration | None:
        new = [one for one in self._migrations() if one.id not in self._old]
        return max(new, key=lambda one: one.id, default=None)

    def _reason(self) -> str | None:
        """Return Nova's reason for the failure; it is recorded a moment after the migration."""
        for pause_s in (0.0, REASON_DELAY_S):
            self._stop.expired.wait(pause_s)
            try:
                reason = self._nova.migration_fault(self._server_id)
            except exception.WatcherException:
                LOG.debug("no reason known for the migration of server %s", self._server_id)
                return None
            if reason:
                return reason
        return None


def _patience() -> tuple[float, float]:
    """Return how long a move may take and the longest pause between two looks, in seconds."""
    interval_s = float(CONF.nova.migration_interval)
    return CONF.nova.migration_max_retries * interval_s, interval_s
