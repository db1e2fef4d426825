# SPDX-License-Identifier: Apache-2.0
"""May this server go to that host? One answer for every strategy and every action.

The oracle knows what the model knows: the host's state, its capacity with ratios and
reserved amounts, the server's state, its pinned zone and whether the audit may move it.
NUMA, PCI, traits, aggregates' metadata and server groups are not in the model; Nova's
scheduler still refuses a move that breaks those.
"""

from __future__ import annotations

import dataclasses
import enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watcher.domain.snapshot import Cluster, Host, Server

#: vm_states in which Nova moves a server, live or cold.
MOVABLE_STATES = frozenset({"active", "paused", "stopped"})

#: Sums of products of floats are compared with this much tolerance.
EPSILON = 1e-6


class Refusal(enum.StrEnum):
    """Why a server cannot go to a host."""

    SAME_HOST = "same_host"
    HOST_DOWN = "host_down"
    HOST_DISABLED = "host_disabled"
    SERVER_EXCLUDED = "server_excluded"
    SERVER_STATE = "server_state"
    PINNED_ZONE = "pinned_zone"
    VCPUS = "vcpus"
    MEMORY_MIB = "memory_mib"
    DISK_GIB = "disk_gib"


#: What neither enabling the host nor another state of the server would change.
LASTING = frozenset(
    {
        Refusal.HOST_DOWN,
        Refusal.PINNED_ZONE,
        Refusal.VCPUS,
        Refusal.MEMORY_MIB,
        Refusal.DISK_GIB,
    }
)


@dataclasses.dataclass(frozen=True, slots=True)
class Reason:
    """One refusal; ``needed`` and ``available`` are set for capacities, in the unit of the code."""

    code: Refusal
    detail: str
    needed: float | None = None
    available: float | None = None

    def __str__(self) -> str:
        return self.detail


def check(cluster: Cluster, server: Server, host: Host) -> tuple[Reason, ...]:
    """Return everything that keeps the server from the host; empty means that it may go.

    Capacities are judged as the cluster is now, so on a workspace after the moves so
    far. A server never gets more than the host has physically, whatever the ratio: that
    is how Placement limits a single allocation. O(1).
    """
    return (
        *_of_host(cluster, server, host),
        *_of_server(cluster, server, host),
        *_of_capacity(cluster, server, host),
    )


def _of_host(cluster: Cluster, server: Server, host: Host) -> list[Reason]:
    reasons = []
    current = cluster.host_of(server.uuid)
    if current is not None and current.uuid == host.uuid:
        reasons.append(Reason(Refusal.SAME_HOST, f"it is on {host.hostname} already"))
    if not host.is_up:
        reasons.append(Reason(Refusal.HOST_DOWN, f"{host.hostname} is {host.state}"))
    if not host.is_enabled:
        reasons.append(Reason(Refusal.HOST_DISABLED, f"{host.hostname} is {host.status}"))
    return reasons


def _of_server(cluster: Cluster, server: Server, host: Host) -> list[Reason]:
    reasons = []
    if server.excluded:
        reasons.append(Reason(Refusal.SERVER_EXCLUDED, "the audit's scope excludes it"))
    if server.state not in MOVABLE_STATES:
        reasons.append(Reason(Refusal.SERVER_STATE, f"it is {server.state}"))
    zone = cluster.zone_of(host.uuid)
    if server.pinned_az and zone is not None and zone != server.pinned_az:
        detail = f"it is pinned to zone {server.pinned_az}, {host.hostname} is in {zone}"
        reasons.append(Reason(Refusal.PINNED_ZONE, detail))
    return reasons


def _of_capacity(cluster: Cluster, server: Server, host: Host) -> list[Reason]:
    free = cluster.free(host.uuid)
    limits = (
        (Refusal.VCPUS, server.vcpus, min(free.vcpus, host.vcpus)),
        (Refusal.MEMORY_MIB, server.memory_mib, min(free.memory_mib, host.memory_mib)),
        (Refusal.DISK_GIB, server.disk_gib, min(free.disk_gib, host.disk_gib)),
    )
    return [
        Reason(
            code,
            f"{host.hostname} has {available:g} {code} to give, {needed:g} are needed",
            needed=needed,
            available=available,
        )
        for code, needed, available in limits
        if needed > 0 and needed > available + EPSILON
    ]
