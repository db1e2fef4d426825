# SPDX-License-Identifier: Apache-2.0
"""The action that lets a compute host take new servers, or not."""

from __future__ import annotations

from typing import Any, Final

from oslo_log import log

from watcher._i18n import _
from watcher.applier.actions import base, looks
from watcher.applier.actions.schemas import NAME
from watcher.clients import nova, retry
from watcher.common import exception

LOG = log.getLogger(__name__)

#: How long Nova may be away, in seconds, before the outcome of a change counts as unknown.
DEADLINE_S: float = 60.0
INTERVAL_S: float = 5.0

#: What each published state means in Nova: ``up`` and ``down`` are wishes, not commands
#: (``forced_down`` would evacuate nothing and lie about a living host).
TARGETS: Final = {"up": "enabled", "enabled": "enabled", "down": "disabled", "disabled": "disabled"}
OPPOSITE: Final = {"enabled": "disabled", "disabled": "enabled"}


class ChangeNovaServiceState(base.BaseAction):
    """Enable or disable the compute service of a host. Reverted by the opposite."""

    STATE = "state"
    REASON = "disabled_reason"
    RESOURCE_NAME = "resource_name"

    @property
    def schema(self) -> dict[str, Any]:
        """The published schema, its misspelt keywords corrected."""
        return {
            "type": "object",
            "properties": {
                "resource_id": NAME,
                "resource_name": NAME,
                "state": {"type": "string", "enum": ["up", "down", "enabled", "disabled"]},
                "disabled_reason": NAME,
            },
            "required": ["resource_id", "state"],
            "additionalProperties": False,
        }

    @property
    def host(self) -> str:
        """The host of the service: the resource's name, else its id."""
        return str(self.input_parameters.get(self.RESOURCE_NAME) or self.resource_id)

    @property
    def state(self) -> str:
        """The wanted state as the strategy gave it."""
        return str(self.input_parameters[self.STATE])

    @property
    def reason(self) -> str | None:
        """Why the host is disabled; kept by Nova."""
        reason: str | None = self.input_parameters.get(self.REASON)
        return reason

    def get_description(self) -> str:
        """Return what the action does."""
        return _("Disables or enables the nova-compute service; a disabled one takes no servers")

    def pre_condition(self) -> None:
        """Check that there is something to change.

        :raises ActionSkipped: there is no such service, or it is as wanted.
        """
        service = self._service()
        if service is None:
            raise exception.ActionSkipped(_("nova-compute service %s not found") % self.host)
        if service.status == TARGETS[self.state]:
            raise exception.ActionSkipped(
                _("nova-compute service %(host)s is already in state %(state)s")
                % {"host": self.host, "state": self.state}
            )

    def execute(self) -> bool:
        """Change the state."""
        return self._change(TARGETS[self.state])

    def post_condition(self) -> None:
        """Nothing to clean up."""

    def revert(self) -> bool:
        """Change to the opposite state."""
        return self._change(OPPOSITE[TARGETS[self.state]])

    def resume(self) -> bool | None:
        """See whether the state is as wanted; setting it again is harmless."""
        return True if self._seen() == TARGETS[self.state] else None

    def _change(self, status: str) -> bool:
        """Set the state and read it back, which also tells what became of an unanswered request.

        :raises WatcherException: saying what was seen instead, or why nothing could be seen.
        """
        doubt: nova.NovaUnanswered | None = None
        LOG.info("Host %s: nova-compute becomes %s", self.host, status)
        try:
            self.patience.call(lambda: self._ask(status))
        except nova.NovaUnanswered as error:
            LOG.warning("Host %s: checking whether the request reached Nova. %s", self.host, error)
            doubt = error
        seen = self._seen()
        if seen == status:
            return True
        if doubt is not None:
            raise doubt
        raise exception.WatcherException(
            _("nova-compute service %(host)s is %(now)s, not %(wanted)s")
            % {"host": self.host, "now": seen, "wanted": status}
        )

    def _ask(self, status: str) -> None:
        if status == "disabled":
            self.osc.nova.disable_service(self.host, self.reason)
        else:
            self.osc.nova.enable_service(self.host)

    def _seen(self) -> str:
        """Return the status that Nova shows, waiting for a Nova that is away.

        :raises WatcherException: Nova's last failure, at the deadline.
        :raises Interrupted: the daemon's time to stop is over.
        """

        def look() -> str:
            service = self._service()
            return service.status if service is not None else _("gone")

        try:
            return looks.until_seen(
                look,
                deadline_s=DEADLINE_S,
                longest_pause_s=INTERVAL_S,
                stop=self.stop,
                who=lambda: f"nova-compute service {self.host}",
            )
        except retry.WaitTimeout as error:
            raise exception.WatcherException(
                _("It is not known whether nova-compute service %(host)s was changed: %(cause)s")
                % {"host": self.host, "cause": error.__cause__ or error}
            ) from error

    def _service(self) -> nova.ComputeService | None:
        services = self.osc.nova.list_services(self.host)
        return next((one for one in services if one.host == self.host), None)
