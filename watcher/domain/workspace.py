# SPDX-License-Identifier: Apache-2.0
"""What-if moves on top of a snapshot: private to their user, and only the differences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from watcher.common import exception
from watcher.domain.snapshot import Host, Resources, Server, Snapshot


class Workspace:
    """A private what-if layer over a snapshot: moves cost O(1) and touch only this object."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._placement: dict[str, str] = {}
        self._left: dict[str, set[str]] = {}
        self._arrived: dict[str, dict[str, None]] = {}
        self._used: dict[str, Resources] = {}

    @property
    def hosts(self) -> Mapping[str, Host]:
        """Return all hosts by uuid, in the order of collection."""
        return self.snapshot.hosts

    @property
    def servers(self) -> Mapping[str, Server]:
        """Return all servers by uuid, in the order of collection."""
        return self.snapshot.servers

    def move(self, server_uuid: str, host_uuid: str) -> bool:
        """Put a server on a host, whatever the host has free; O(1).

        :return: whether anything changed: not if the server is there already.
        :raises InstanceNotFound: no server has this uuid.
        :raises InstanceNotMapped: the server runs nowhere that the model knows.
        :raises ComputeNodeNotFound: no host has this uuid.
        """
        target = self.host(host_uuid)
        source = self.host_of(server_uuid)
        if source is None:
            raise exception.InstanceNotMapped(uuid=server_uuid)
        if source.uuid == target.uuid:
            return False
        self._leave(server_uuid, source.uuid)
        self._arrived.setdefault(target.uuid, {})[server_uuid] = None
        size = self.server(server_uuid).size
        self._used[source.uuid] = self.used(source.uuid) - size
        self._used[target.uuid] = self.used(target.uuid) + size
        self._placement[server_uuid] = target.uuid
        return True

    def moves(self) -> Iterator[tuple[Server, Host, Host]]:
        """Yield (server, where it was, where it is) for every server that ended up elsewhere."""
        for server_uuid, host_uuid in self._placement.items():
            before = self.snapshot.placement[server_uuid]
            if before != host_uuid:
                yield self.servers[server_uuid], self.hosts[before], self.hosts[host_uuid]

    def host(self, host_uuid: str) -> Host:
        """Return one host, see :meth:`Snapshot.host`."""
        return self.snapshot.host(host_uuid)

    def host_named(self, hostname: str) -> Host:
        """Return one host by name, see :meth:`Snapshot.host_named`."""
        return self.snapshot.host_named(hostname)

    def server(self, server_uuid: str) -> Server:
        """Return one server, see :meth:`Snapshot.server`."""
        return self.snapshot.server(server_uuid)

    def host_of(self, server_uuid: str) -> Host | None:
        """Return where a server is after the moves so far."""
        moved = self._placement.get(server_uuid)
        return self.snapshot.host_of(server_uuid) if moved is None else self.hosts[moved]

    def servers_of(self, host_uuid: str) -> tuple[Server, ...]:
        """Return a host's servers after the moves so far, newcomers last."""
        residents = self.snapshot.servers_of(host_uuid)
        left = self._left.get(host_uuid)
        if left:
            residents = tuple(server for server in residents if server.uuid not in left)
        return residents + tuple(self.servers[one] for one in self._arrived.get(host_uuid, ()))

    def used(self, host_uuid: str) -> Resources:
        """Return what the servers on a host take after the moves so far."""
        changed = self._used.get(host_uuid)
        return self.snapshot.used(host_uuid) if changed is None else changed

    def capacity(self, host_uuid: str) -> Resources:
        """Return what servers may take of a host."""
        return self.snapshot.capacity(host_uuid)

    def free(self, host_uuid: str) -> Resources:
        """Return capacity minus use after the moves so far."""
        return self.capacity(host_uuid) - self.used(host_uuid)

    def zone_of(self, host_uuid: str) -> str | None:
        """Return a host's availability zone."""
        return self.snapshot.zone_of(host_uuid)

    def _leave(self, server_uuid: str, host_uuid: str) -> None:
        arrived = self._arrived.get(host_uuid, {})
        if server_uuid in arrived:
            del arrived[server_uuid]
        else:
            self._left.setdefault(host_uuid, set()).add(server_uuid)
