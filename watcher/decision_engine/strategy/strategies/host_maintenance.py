# SPDX-License-Identifier: Apache-2.0
"""The strategy ``host_maintenance``: take a host out of service and empty it.

The host is disabled, so that nothing new lands on it, and its servers are moved: to a named
backup host if that can take all of them, else to where the scheduler puts them. Published
behaviour: servers that the audit excludes are moved too, since the host has to be empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oslo_log import log

from watcher._i18n import _
from watcher.common import exception
from watcher.decision_engine.strategy import step
from watcher.decision_engine.strategy.strategies import base
from watcher.domain import feasibility, parameters
from watcher.domain.snapshot import Host, Server, Snapshot
from watcher.domain.workspace import Workspace
from watcher.objects.audit import Audit

LOG = log.getLogger(__name__)

ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a user may set."""

    maintenance_node: str = parameters.parameter(
        "string", "The name of the compute host to empty.", required=True
    )
    backup_node: str | None = parameters.parameter(
        "string", "The name of the compute host that takes over all servers if it has room."
    )
    disable_live_migration: bool = parameters.parameter(
        "boolean", "Cold migrate active servers instead of live migrating them.", default=False
    )
    disable_cold_migration: bool = parameters.parameter(
        "boolean",
        "Leave servers that are not active on the host; together with "
        "disable_live_migration, stop the active ones.",
        default=False,
    )


def plan(cluster: Snapshot, given: Parameters, reason: str) -> list[step.Step]:
    """Return the steps that empty a host; O(servers on the host).

    :param reason: why the host is disabled, as stored with its compute service.
    :raises ComputeNodeNotFound: the cluster does not have one of the named hosts.
    :raises InvalidParameter: both names are the same.
    """
    host = cluster.host_named(given.maintenance_node)
    backup = cluster.host_named(given.backup_node) if given.backup_node else None
    if backup == host:
        raise exception.InvalidParameter("backup_node must not be the maintenance_node.")
    servers = cluster.servers_of(host.uuid)
    if backup is not None and servers and (refused := refusal(cluster, host, backup)):
        LOG.info("%s cannot back up %s: %s", backup.hostname, host.hostname, refused)
        backup = None
    steps = [] if _in_maintenance(host, reason) else [disable(host, reason)]
    if not servers:
        return steps
    if backup is not None and not backup.is_enabled:
        steps.insert(0, step.enable_host(backup.uuid, backup.hostname))
    handled = (_handle(server, host, backup, given) for server in servers)
    return steps + [one for one in handled if one is not None]


def refusal(cluster: Snapshot, host: Host, backup: Host) -> feasibility.Reason | None:
    """Return why *backup* cannot take all servers of *host*; None: it can.

    They are placed one after the other. That the backup is disabled does not count: it is
    enabled first. O(m) for m servers.
    """
    workspace = Workspace(cluster)
    for server in cluster.servers_of(host.uuid):
        for reason in feasibility.check(workspace, server, backup):
            if reason.code in feasibility.LASTING:
                return reason
        workspace.move(server.uuid, backup.uuid)
    return None


def disable(host: Host, reason: str) -> step.Step:
    """Return the step that keeps new servers away from *host*."""
    return step.disable_host(host.uuid, host.hostname, reason)


def _in_maintenance(host: Host, reason: str) -> bool:
    """Tell whether an earlier plan has disabled the host already."""
    return not host.is_enabled and host.disabled_reason == reason


def _handle(server: Server, host: Host, backup: Host | None, given: Parameters) -> step.Step | None:
    """Return what happens to one server; None: it stays where it is."""
    active = server.state == ACTIVE
    if given.disable_cold_migration and not active:
        return None
    if given.disable_cold_migration and given.disable_live_migration:
        return step.Step("stop", {}, server.uuid)
    return step.migrate(
        server_uuid=server.uuid,
        server_name=server.name,
        live=active and not given.disable_live_migration,
        source=host.hostname,
        destination=backup.hostname if backup else None,
    )


class HostMaintenance(base.HostMaintenanceBaseStrategy):
    """Plans how to take a host out of service without losing its servers."""

    INSTANCE_MIGRATION = "migrate"
    INSTANCE_STOP = "stop"
    CHANGE_NOVA_SERVICE_STATE = "change_nova_service_state"

    def pre_execute(self) -> None:
        self._pre_execute()

    def do_execute(self, audit: Audit | None = None) -> None:  # noqa: ARG002 - published signature
        given = self.read_parameters(Parameters)
        self.propose(plan(self.snapshot, given, self.REASON_FOR_MAINTAINING))

    def post_execute(self) -> None:
        """Do nothing: there is no indicator to report."""

    @classmethod
    def get_name(cls) -> str:
        return "host_maintenance"

    @classmethod
    def get_display_name(cls) -> str:
        return _("Host Maintenance Strategy")

    @classmethod
    def get_translatable_display_name(cls) -> str:
        return "Host Maintenance Strategy"

    @classmethod
    def get_schema(cls) -> dict[str, Any]:
        return parameters.schema_of(Parameters)
