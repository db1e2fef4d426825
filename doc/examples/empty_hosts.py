# SPDX-License-Identifier: Apache-2.0
"""A strategy of your own: disable hosts that run nothing, up to a limit set by the user."""

from __future__ import annotations

from watcher.decision_engine.strategy import step
from watcher.decision_engine.strategy.strategies import base
from watcher.domain.snapshot import Host, Snapshot

REASON = "empty"


def empty_hosts(cluster: Snapshot, limit: int) -> list[Host]:
    """Return enabled hosts without a server, the first *limit* by name. O(n) for n hosts."""
    found = [
        host
        for host in cluster.hosts.values()
        if host.is_enabled and not cluster.servers_of(host.uuid)
    ]
    return sorted(found, key=lambda host: host.hostname)[:limit]


class EmptyHosts(base.SavingEnergyBaseStrategy):
    """Plans to disable hosts that run nothing."""

    def pre_execute(self) -> None:
        self._pre_execute()

    def do_execute(self, audit: object = None) -> None:  # noqa: ARG002 - the base's signature
        limit = self.input_parameters["limit"]
        for host in empty_hosts(self.snapshot, limit):
            self.propose([step.disable_host(host.uuid, host.hostname, REASON)])

    def post_execute(self) -> None:
        """Report nothing: the goal has no efficacy indicators."""

    @classmethod
    def get_name(cls) -> str:
        return "empty_hosts"

    @classmethod
    def get_display_name(cls) -> str:
        return "Disable empty hosts"

    @classmethod
    def get_translatable_display_name(cls) -> str:
        return "Disable empty hosts"

    @classmethod
    def get_schema(cls) -> dict[str, object]:
        return {"properties": {"limit": {"type": "integer", "minimum": 1, "default": 1}}}
