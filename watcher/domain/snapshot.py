# SPDX-License-Identifier: Apache-2.0
"""The cloud as it was at one moment.

A snapshot is shared by all running audits, so nothing in it can be changed: a
new state of the cloud is a new snapshot. A strategy that wants to try moves does so
on a private workspace (see ``workspace``). Nothing here fetches anything, and no rule
about who may go where lives here (see ``feasibility``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from watcher.common import exception

if TYPE_CHECKING:
    import datetime

EMPTY: Mapping[str, str] = MappingProxyType({})


@dataclasses.dataclass(frozen=True, slots=True)
class Resources:
    """An amount of the three things that servers take from a host."""

    vcpus: float = 0
    memory_mib: float = 0
    disk_gib: float = 0

    def __add__(self, other: Resources) -> Resources:
        return Resources(
            self.vcpus + other.vcpus,
            self.memory_mib + other.memory_mib,
            self.disk_gib + other.disk_gib,
        )

    def __sub__(self, other: Resources) -> Resources:
        return Resources(
            self.vcpus - other.vcpus,
            self.memory_mib - other.memory_mib,
            self.disk_gib - other.disk_gib,
        )


NOTHING = Resources()


@dataclasses.dataclass(frozen=True, slots=True)
class Host:
    """A compute host: what it has, what it reserves, how far it may be overcommitted.

    ``uuid`` is the hypervisor's id, ``hostname`` the host of its compute service.
    """

    uuid: str
    hostname: str
    status: str = "enabled"
    state: str = "up"
    disabled_reason: str | None = None
    vcpus: int = 0
    vcpu_reserved: int = 0
    vcpu_ratio: float = 1.0
    memory_mib: int = 0
    memory_mib_reserved: int = 0
    memory_ratio: float = 1.0
    disk_gib: int = 0
    disk_gib_reserved: int = 0
    disk_ratio: float = 1.0
    hypervisor_hostname: str = ""

    @property
    def is_up(self) -> bool:
        """Tell whether the compute service reports in."""
        return self.state == "up"

    @property
    def is_enabled(self) -> bool:
        """Tell whether the scheduler may use the host."""
        return self.status == "enabled"

    @property
    def capacity(self) -> Resources:
        """Return what servers may take in total: (total - reserved) * ratio."""
        return Resources(
            (self.vcpus - self.vcpu_reserved) * self.vcpu_ratio,
            (self.memory_mib - self.memory_mib_reserved) * self.memory_ratio,
            (self.disk_gib - self.disk_gib_reserved) * self.disk_ratio,
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Server:
    """A virtual machine with the amounts of its flavour; ``state`` is Nova's vm_state."""

    uuid: str
    name: str = ""
    state: str = "active"
    vcpus: int = 0
    memory_mib: int = 0
    disk_gib: int = 0
    metadata: Mapping[str, str] = dataclasses.field(default_factory=lambda: EMPTY)
    project_id: str = ""
    locked: bool = False
    host: str | None = None
    hypervisor_hostname: str | None = None
    created: datetime.datetime | None = None
    pinned_az: str = ""
    flavor_extra_specs: Mapping[str, str] = dataclasses.field(default_factory=lambda: EMPTY)
    excluded: bool = False

    @property
    def size(self) -> Resources:
        """Return what the server takes from its host, running or not."""
        return Resources(self.vcpus, self.memory_mib, self.disk_gib)


@dataclasses.dataclass(frozen=True, slots=True)
class Aggregate:
    """A named group of hosts; ``hosts`` are names of compute services."""

    id: int
    name: str
    hosts: frozenset[str] = frozenset()
    availability_zone: str | None = None
    metadata: Mapping[str, str] = dataclasses.field(default_factory=lambda: EMPTY)


class Cluster(Protocol):
    """What both a snapshot and a workspace can tell."""

    def host(self, host_uuid: str) -> Host: ...

    def host_of(self, server_uuid: str) -> Host | None: ...

    def servers_of(self, host_uuid: str) -> tuple[Server, ...]: ...

    def used(self, host_uuid: str) -> Resources: ...

    def free(self, host_uuid: str) -> Resources: ...

    def zone_of(self, host_uuid: str) -> str | None: ...


@dataclasses.dataclass(frozen=True, slots=True)
class Snapshot:
    """Hosts, servers and who runs where. Make one with :meth:`of`.

    ``hosts`` and ``servers`` keep the order of collection, which decides ties.
    ``placement`` maps a server's uuid to its host's; a server that is missing there
    runs nowhere that the model knows. ``zones`` maps the name of a compute service
    to its availability zone. ``aggregates`` and ``zones`` describe the whole cloud
    even when hosts were left out.
    """

    version: int
    taken_at: datetime.datetime | None
    hosts: Mapping[str, Host]
    servers: Mapping[str, Server]
    placement: Mapping[str, str]
    aggregates: tuple[Aggregate, ...]
    zones: Mapping[str, str]
    _residents: Mapping[str, tuple[str, ...]] = dataclasses.field(repr=False, compare=False)
    _used: Mapping[str, Resources] = dataclasses.field(repr=False, compare=False)
    _names: Mapping[str, str] = dataclasses.field(repr=False, compare=False)

    @classmethod
    def of(
        cls,
        hosts: Iterable[Host],
        servers: Iterable[Server] = (),
        *,
        placement: Mapping[str, str] | None = None,
        aggregates: Iterable[Aggregate] = (),
        zones: Mapping[str, str] | None = None,
        version: int = 0,
        taken_at: datetime.datetime | None = None,
    ) -> Snapshot:
        """Index the given elements, in time linear in their number.

        :param placement: server uuid to host uuid; left out, it follows from the
            servers' ``host`` (and ``hypervisor_hostname`` where several hypervisors
            share one compute service). Entries about unknown elements are dropped.
        """
        host_map = {host.uuid: host for host in hosts}
        server_map = {server.uuid: server for server in servers}
        if placement is None:
            placement = _placement_by_name(host_map.values(), server_map.values())
        kept = {
            uuid: placement[uuid]
            for uuid in server_map
            if uuid in placement and placement[uuid] in host_map
        }
        names: dict[str, str] = {}
        for host in host_map.values():
            names.setdefault(host.hostname, host.uuid)
        residents = _residents(host_map, kept)
        return cls(
            version=version,
            taken_at=taken_at,
            hosts=MappingProxyType(host_map),
            servers=MappingProxyType(server_map),
            placement=MappingProxyType(kept),
            aggregates=tuple(aggregates),
            zones=MappingProxyType(dict(zones or {})),
            _residents=MappingProxyType(residents),
            _used=MappingProxyType(
                {uuid: _sum(server_map[one].size for one in ids) for uuid, ids in residents.items()}
            ),
            _names=MappingProxyType(names),
        )

    def host(self, host_uuid: str) -> Host:
        """Return one host.

        :raises ComputeNodeNotFound: no host has this uuid.
        """
        try:
            return self.hosts[host_uuid]
        except KeyError:
            raise exception.ComputeNodeNotFound(name=host_uuid) from None

    def host_named(self, hostname: str) -> Host:
        """Return the first host whose compute service has this name.

        :raises ComputeNodeNotFound: there is none.
        """
        try:
            return self.hosts[self._names[hostname]]
        except KeyError:
            raise exception.ComputeNodeNotFound(name=hostname) from None

    def server(self, server_uuid: str) -> Server:
        """Return one server.

        :raises InstanceNotFound: no server has this uuid.
        """
        try:
            return self.servers[server_uuid]
        except KeyError:
            raise exception.InstanceNotFound(name=server_uuid) from None

    def host_of(self, server_uuid: str) -> Host | None:
        """Return where a server runs, or None if that is not a host of the model.

        :raises InstanceNotFound: no server has this uuid.
        """
        host_uuid = self.placement.get(self.server(server_uuid).uuid)
        return None if host_uuid is None else self.hosts[host_uuid]

    def servers_of(self, host_uuid: str) -> tuple[Server, ...]:
        """Return a host's servers in the order of collection."""
        self.host(host_uuid)
        return tuple(self.servers[one] for one in self._residents[host_uuid])

    def used(self, host_uuid: str) -> Resources:
        """Return what the servers on a host take, whatever their state."""
        self.host(host_uuid)
        return self._used[host_uuid]

    def capacity(self, host_uuid: str) -> Resources:
        """Return what servers may take of a host."""
        return self.host(host_uuid).capacity

    def free(self, host_uuid: str) -> Resources:
        """Return capacity minus use; negative on a host that is over its limits."""
        return self.capacity(host_uuid) - self.used(host_uuid)

    def zone_of(self, host_uuid: str) -> str | None:
        """Return a host's availability zone as its compute service reports it."""
        return self.zones.get(self.host(host_uuid).hostname)

    def restricted(self, host_uuids: Iterable[str], *, excluded: Iterable[str] = ()) -> Snapshot:
        """Return a snapshot with only these hosts and their servers.

        :param excluded: uuids of servers to mark as not to be moved; unknown ones are
            ignored. Servers that run nowhere are kept.
        """
        wanted = set(host_uuids)
        marked = set(excluded)
        servers = (
            dataclasses.replace(server, excluded=True) if server.uuid in marked else server
            for server in self.servers.values()
            if self.placement.get(server.uuid, None) in wanted or server.uuid not in self.placement
        )
        return Snapshot.of(
            (host for host in self.hosts.values() if host.uuid in wanted),
            servers,
            placement=self.placement,
            aggregates=self.aggregates,
            zones=self.zones,
            version=self.version,
            taken_at=self.taken_at,
        )


def _placement_by_name(hosts: Iterable[Host], servers: Iterable[Server]) -> dict[str, str]:
    by_name: dict[str, str] = {}
    by_both: dict[tuple[str, str], str] = {}
    for host in hosts:
        by_name.setdefault(host.hostname, host.uuid)
        by_both.setdefault((host.hostname, host.hypervisor_hostname), host.uuid)
    placement: dict[str, str] = {}
    for server in servers:
        name = server.host or ""
        exact = by_both.get((name, server.hypervisor_hostname or ""))
        found = exact or by_name.get(name)
        if found is not None:
            placement[server.uuid] = found
    return placement


def _residents(
    hosts: Mapping[str, Host], placement: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    lists: dict[str, list[str]] = {uuid: [] for uuid in hosts}
    for server_uuid, host_uuid in placement.items():
        lists[host_uuid].append(server_uuid)
    return {uuid: tuple(ids) for uuid, ids in lists.items()}


def _sum(sizes: Iterable[Resources]) -> Resources:
    total = NOTHING
    for size in sizes:
        total += size
    return total
