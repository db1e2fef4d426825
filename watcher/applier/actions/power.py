# SPDX-License-Identifier: Apache-2.0
"""Power a server off or on and follow it in Nova's records until that is seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from oslo_log import log

from watcher._i18n import _
from watcher.applier.actions import base, looks
from watcher.clients import nova, retry
from watcher.common import exception

if TYPE_CHECKING:
    from collections.abc import Callable

LOG = log.getLogger(__name__)

#: Published: eight looks, ten seconds apart. Nova cuts off a guest that does not react
#: after 60 seconds, so this is enough for it.
DEADLINE_S: float = 80.0
INTERVAL_S: float = 10.0


@dataclass(frozen=True, slots=True)
class Target:
    """Where a change of power leads, in Nova's words."""

    vm_state: str
    task_state: str
    text: str


STOPPED: Final = Target("stopped", "powering-off", "stopped")
STARTED: Final = Target("active", "powering-on", "started")


class PowerChange:
    """One server on its way to a target."""

    def __init__(
        self,
        client: nova.NovaClient,
        server_id: str,
        target: Target,
        stop: base.StopRequest,
        patience: base.Patience,
    ) -> None:
        self._nova = client
        self._server_id = server_id
        self._target = target
        self._stop = stop
        self._patience = patience
        self._begun = False
        self._seen = "nothing"

    def run(self, ask: Callable[[str], None]) -> None:
        """Ask Nova, unless the server is there already, and wait until it was seen there.

        :param ask: the verb of the client.
        :raises ComputeResourceNotFound: the server has gone.
        :raises WatcherException: with Nova's reason, or what was seen last at the deadline.
        :raises Interrupted: the daemon's time to stop is over; the change continues in Nova.
        """
        unanswered: nova.NovaUnanswered | None = None
        before = self._patience.call(lambda: self._nova.get_server(self._server_id))
        if before.vm_state == self._target.vm_state:
            return
        try:
            self._patience.call(lambda: ask(self._server_id))
        except nova.NovaConflict:
            # Perhaps because somebody else has requested the same.
            if not self.is_under_way():
                raise
        except nova.NovaUnanswered as error:
            LOG.warning(
                "server %s: checking whether the request reached Nova. %s", self._server_id, error
            )
            unanswered = error
        self.wait(unanswered)

    def is_under_way(self) -> bool:
        """Tell whether the server is on its way to the target, or there.

        :raises ComputeResourceNotFound: the server has gone.
        """
        server = self._nova.get_server(self._server_id)
        self._begun = server.task_state == self._target.task_state
        return self._begun or server.vm_state == self._target.vm_state

    def wait(self, doubt: Exception | None = None) -> None:
        """Wait until the server was seen at the target.

        :param doubt: why it is unknown whether the request reached Nova.
        """
        self._until(self._look, doubt)

    def settle(self) -> bool:
        """Find out what became of a change that a dead process requested, and wait for its end.

        :returns: whether the server is at the target; False if nothing takes it there.
        :raises ComputeResourceNotFound: the server has gone.
        """
        if self._until(self._assess) == "resting":
            return False
        self.wait()
        return True

    def _assess(self) -> str:
        return "going" if self.is_under_way() else "resting"

    def _until(self, probe: Callable[[], str | None], doubt: Exception | None = None) -> str:
        try:
            return looks.until_seen(
                probe,
                deadline_s=DEADLINE_S,
                longest_pause_s=INTERVAL_S,
                stop=self._stop,
                who=lambda: f"server {self._server_id}: {self._seen}",
            )
        except retry.WaitTimeout as error:
            cause = error.__cause__ or doubt
            raise exception.WatcherException(
                _("Server %(id)s was not %(wanted)s within %(limit)d seconds, %(seen)s%(cause)s")
                % {
                    "id": self._server_id,
                    "wanted": self._target.text,
                    "limit": DEADLINE_S,
                    "seen": self._seen,
                    "cause": f"; {cause}" if cause else "",
                }
            ) from error

    def _look(self) -> str | None:
        server = self._nova.get_server(self._server_id)
        self._seen = f"last seen with status {server.status}, task {server.task_state}"
        if server.vm_state == self._target.vm_state and not server.task_state:
            return server.vm_state
        if server.status == "ERROR":
            fault = f": {server.fault}" if server.fault else ""
            raise exception.WatcherException(
                _("Server %(id)s is in ERROR%(fault)s") % {"id": server.uuid, "fault": fault}
            )
        if server.task_state:
            self._begun = True
        elif self._begun:
            raise exception.WatcherException(
                _("Server %(id)s was not %(wanted)s: Nova gave up and left it %(status)s")
                % {"id": server.uuid, "wanted": self._target.text, "status": server.status}
            )
        return None
