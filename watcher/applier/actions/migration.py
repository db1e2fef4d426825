# SPDX-License-Identifier: Apache-2.0
"""The action that moves a server to another host, live or cold.

It counts as done only when Nova's own records say so. Following a move is in
``watcher.applier.actions.move``; the published hooks are here.
"""

from __future__ import annotations

from typing import Any

from oslo_log import log

from watcher._i18n import _
from watcher.applier.actions import base, move
from watcher.applier.actions.schemas import NAME, SERVER_ID
from watcher.clients import nova
from watcher.common import exception

LOG = log.getLogger(__name__)


class Migrate(base.BaseAction):
    """Move a server from ``source_node`` to ``destination_node``, or to a host of Nova's choice.

    Reverted by moving it back with the same kind of migration. A running live migration can be
    aborted; a cold one cannot.
    """

    MIGRATION_TYPE = "migration_type"
    LIVE_MIGRATION = "live"
    COLD_MIGRATION = "cold"
    DESTINATION_NODE = "destination_node"
    SOURCE_NODE = "source_node"

    @property
    def schema(self) -> dict[str, Any]:
        """The published schema, its misspelt keywords corrected."""
        return {
            "type": "object",
            "properties": {
                "destination_node": NAME,
                "migration_type": {"type": "string", "enum": ["live", "cold"]},
                "resource_id": SERVER_ID,
                "resource_name": NAME,
                "source_node": NAME,
            },
            "required": ["migration_type", "resource_id", "source_node"],
            "additionalProperties": False,
        }

    @property
    def instance_uuid(self) -> str:
        """The id of the server."""
        return self.resource_id

    @property
    def migration_type(self) -> str:
        """``live`` or ``cold``."""
        return str(self.input_parameters[self.MIGRATION_TYPE])

    @property
    def destination_node(self) -> str | None:
        """The host to go to; None lets Nova choose."""
        return self.input_parameters.get(self.DESTINATION_NODE) or None

    @property
    def source_node(self) -> str:
        """The host on which the strategy saw the server."""
        return str(self.input_parameters[self.SOURCE_NODE])

    def get_description(self) -> str:
        """Return what the action does."""
        return _("Moving a VM instance from source_node to destination_node")

    def check_abort(self) -> bool:
        """Only a live migration can be aborted."""
        return self.migration_type == self.LIVE_MIGRATION

    def pre_condition(self) -> None:
        """Check server and destination as they are now.

        :raises ActionSkipped: the server has gone, or is no longer on the source.
        :raises WatcherException: the destination or the server's status forbids the move.
        """
        server_id = self.instance_uuid
        try:
            server = self.osc.nova.get_server(server_id)
        except exception.ComputeResourceNotFound as error:
            raise exception.ActionSkipped(_("Instance %s not found") % server_id) from error
        if server.host != self.source_node:
            raise exception.ActionSkipped(
                _("Instance %(id)s is not running on source node %(src)s (currently on %(now)s)")
                % {"id": server_id, "src": self.source_node, "now": server.host}
            )
        if self.destination_node is not None:
            self._check_destination(self.destination_node)
        if self.migration_type == self.LIVE_MIGRATION and server.status != "ACTIVE":
            raise exception.WatcherException(
                _(
                    "Live migration requires instance %(id)s to be in ACTIVE status "
                    "(current status: %(status)s)"
                )
                % {"id": server_id, "status": server.status}
            )

    def execute(self) -> bool:
        """Move the server to the destination."""
        return self.migrate(self.destination_node)

    def revert(self) -> bool:
        """Move the server back."""
        return self.migrate(self.source_node)

    def post_condition(self) -> None:
        """Nothing to clean up: a cold migration is confirmed while it is followed."""

    def migrate(self, destination: str | None = None) -> bool:
        """Ask Nova once and wait until the server was seen on its new host.

        :raises WatcherException: with Nova's reason, or what was seen last at the deadline.
        """
        server = self.patience.call(self._server)
        follow = self._follow(server.host, destination or None)
        self.patience.call(follow.remember_old_migrations)
        LOG.info(
            "%s migration of server %s from %s to %s",
            self.migration_type,
            server.uuid,
            server.host,
            destination or "a host of Nova's choice",
        )
        try:
            self.patience.call(lambda: self._ask(server.uuid, destination or None))
        except nova.NovaUnanswered as error:
            LOG.warning("server %s: checking whether Nova moves it. %s", server.uuid, error)
            if not follow.has_begun():
                raise
        try:
            follow.until_arrived()
        except exception.ComputeResourceNotFound as error:
            raise follow.failed(_("the server has disappeared meanwhile")) from error
        return True

    def resume(self) -> bool | None:
        """Adopt a migration that runs in Nova, or see that the server has arrived.

        :returns: None if nothing moves the server and it is not where it should be, or is gone.
        """
        follow = self._follow(self.source_node, self.destination_node)
        try:
            return True if follow.settle() else None
        except exception.ComputeResourceNotFound:
            LOG.info("server %s has disappeared since its move began", self.instance_uuid)
            return None

    def abort(self) -> bool | None:
        """Abort a running live migration; True if the server stayed on its source."""
        if self.migration_type != self.LIVE_MIGRATION:
            LOG.warning("a cold migration cannot be aborted: server %s", self.instance_uuid)
            return None
        follow = self._follow(self.source_node, self.destination_node)
        return follow.abort()

    def _ask(self, server_id: str, destination: str | None) -> None:
        if self.migration_type == self.LIVE_MIGRATION:
            self.osc.nova.live_migrate(server_id, destination)
        else:
            self.osc.nova.cold_migrate(server_id, destination)

    def _server(self) -> nova.Server:
        try:
            return self.osc.nova.get_server(self.instance_uuid)
        except exception.ComputeResourceNotFound as error:
            raise exception.InstanceNotFound(name=self.instance_uuid) from error

    def _follow(self, source: str | None, destination: str | None) -> move.Move:
        return move.Move(
            self.osc.nova,
            self.instance_uuid,
            live=self.migration_type == self.LIVE_MIGRATION,
            source=source,
            destination=destination,
            stop=self.stop,
        )

    def _check_destination(self, destination: str) -> None:
        """Check that the host may take servers.

        :raises WatcherException: it is unknown, disabled or down.
        """
        values = {"host": destination}
        try:
            services = self.patience.call(lambda: self.osc.nova.list_services(destination))
        except exception.WatcherException as error:
            raise exception.WatcherException(
                _("Destination node %(host)s not found: %(error)s")
                % {"host": destination, "error": error}
            ) from error
        service = next((one for one in services if one.host == destination), None)
        if service is None:
            raise exception.WatcherException(_("Destination node %(host)s not found") % values)
        if service.status != "enabled":
            raise exception.WatcherException(
                _("Destination node %(host)s is not in enabled state") % values
            )
        if service.state != "up":
            raise exception.WatcherException(_("Destination node %(host)s is not up") % values)
