# SPDX-License-Identifier: Apache-2.0
"""The action that powers a server off."""

from __future__ import annotations

from typing import Any

from oslo_log import log

from watcher._i18n import _
from watcher.applier.actions import base, power
from watcher.applier.actions.schemas import SERVER_ID
from watcher.common import exception

LOG = log.getLogger(__name__)


class Stop(base.BaseAction):
    """Power a server off; done when Nova shows it stopped. Reverted by powering it on.

    It cannot be aborted.
    """

    @property
    def schema(self) -> dict[str, Any]:
        """The published schema, its misspelt keyword corrected."""
        return {
            "type": "object",
            "properties": {"resource_id": SERVER_ID},
            "required": ["resource_id"],
            "additionalProperties": False,
        }

    @property
    def instance_uuid(self) -> str:
        """The id of the server."""
        return self.resource_id

    def get_description(self) -> str:
        """Return what the action does."""
        return _("Stop a VM instance")

    def pre_condition(self) -> None:
        """Check that there is a server to stop.

        :raises ActionSkipped: the server has gone, or is stopped.
        """
        server_id = self.instance_uuid
        try:
            server = self.osc.nova.get_server(server_id)
        except exception.ComputeResourceNotFound as error:
            raise exception.ActionSkipped(_("Instance %s not found") % server_id) from error
        if server.status == "SHUTOFF":
            raise exception.ActionSkipped(_("Instance %s is already stopped") % server_id)

    def execute(self) -> bool:
        """Stop the server; one that disappears meanwhile is not running either.

        :raises WatcherException: with Nova's reason, or what was seen last at the deadline.
        """
        try:
            self._change(power.STOPPED).run(self.osc.nova.stop_server)
        except exception.ComputeResourceNotFound:
            LOG.info("server %s disappeared while it was being stopped", self.instance_uuid)
        return True

    def resume(self) -> bool | None:
        """See whether the server is stopped, or wait for a stop that is under way."""
        try:
            return True if self._change(power.STOPPED).settle() else None
        except exception.ComputeResourceNotFound:
            LOG.info("server %s has disappeared since its stop began", self.instance_uuid)
            return None

    def post_condition(self) -> None:
        """Nothing to clean up."""

    def revert(self) -> bool:
        """Start the server again; False when that could not be done."""
        try:
            self._change(power.STARTED).run(self.osc.nova.start_server)
        except exception.WatcherException:
            LOG.exception("Server %s could not be started again", self.instance_uuid)
            return False
        return True

    def abort(self) -> bool:
        """Say that a requested stop cannot be taken back."""
        return False

    def _change(self, target: power.Target) -> power.PowerChange:
        return power.PowerChange(
            self.osc.nova, self.instance_uuid, target, self.stop, self.patience
        )
