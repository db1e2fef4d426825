# SPDX-License-Identifier: Apache-2.0
"""The cloud's books: records by id and by host, and who occupies what room where.

Not thread-safe: the cloud that owns a ledger locks.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from watcher.simulator.records import (
    NOTHING,
    Aggregate,
    Contents,
    Flavor,
    Host,
    Migration,
    Project,
    Resources,
    Server,
)

RUNNING_LIVE = ("queued", "preparing", "running", "post-migrating")


class Ledger:
    """Everything that exists, indexed."""

    def __init__(self, contents: Contents) -> None:
        self.hosts: dict[str, Host] = {host.hostname: host for host in contents.hosts}
        self.flavors: dict[str, Flavor] = {flavor.id: flavor for flavor in contents.flavors}
        self.aggregates: tuple[Aggregate, ...] = contents.aggregates
        self.projects: tuple[Project, ...] = contents.projects
        self.zones: Mapping[str, str] = contents.zones()
        self._names_by_id: dict[str, str] = {
            ident: host.hostname
            for host in reversed(contents.hosts)
            for ident in (host.uuid, host.service_uuid, str(host.number))
        }
        self.servers: dict[str, Server] = {}
        self.last_number = 0
        self.migrations: dict[int, Migration] = {}
        self.generations: dict[str, int] = dict.fromkeys(self.hosts, 1)
        self._servers_on: dict[str, dict[str, None]] = {name: {} for name in self.hosts}
        self._migrations_of: dict[str, list[int]] = {}
        self._held: dict[str, dict[str, Resources]] = {name: {} for name in self.hosts}
        self._hosts_held: dict[str, set[str]] = {}
        self._used: dict[str, Resources] = dict.fromkeys(self.hosts, NOTHING)
        for server in contents.servers:
            self.put_server(server)
            if server.host is not None:
                self.hold(server.host, server.uuid, server.size())

    def contents(self) -> Contents:
        """Return everything as one value."""
        return Contents(
            tuple(self.hosts.values()),
            tuple(self.servers.values()),
            tuple(self.flavors.values()),
            self.aggregates,
            self.projects,
        )

    def host_by_id(self, ident: str) -> Host | None:
        """Return a host by the id of its hypervisor or service, or by its number."""
        name = self._names_by_id.get(ident)
        return None if name is None else self.hosts[name]

    def put_server(self, server: Server) -> None:
        """Record a server, new or changed."""
        self.last_number = max(self.last_number, server.number)
        old = self.servers.get(server.uuid)
        if old is not None and old.host is not None and old.host != server.host:
            self._servers_on[old.host].pop(server.uuid, None)
        if server.host is not None:
            self._servers_on[server.host][server.uuid] = None
        self.servers[server.uuid] = server

    def change_server(self, uuid: str, changes: Mapping[str, Any]) -> Server:
        """Record a change to a server; returns the server after it."""
        server = dataclasses.replace(self.servers[uuid], **changes)
        self.put_server(server)
        return server

    def drop_server(self, uuid: str) -> None:
        """Forget a server and the room it held; its migrations stay on record."""
        server = self.servers.pop(uuid)
        if server.host is not None:
            self._servers_on[server.host].pop(uuid, None)
        consumers = {uuid, *(migration.uuid for migration in self.migrations_of(uuid))}
        for consumer in consumers:
            for name in self.held_by(consumer):
                self.release(name, consumer)

    def servers_on(self, hostname: str) -> list[Server]:
        """Return the servers of a host, in the order of their arrival."""
        return [self.servers[uuid] for uuid in self._servers_on[hostname]]

    def count_on(self, hostname: str) -> int:
        """Return the number of servers of a host."""
        return len(self._servers_on[hostname])

    def put_migration(self, migration: Migration) -> None:
        """Record a migration, new or changed."""
        if migration.id not in self.migrations:
            self._migrations_of.setdefault(migration.server_uuid, []).append(migration.id)
        self.migrations[migration.id] = migration

    def change_migration(self, number: int, changes: Mapping[str, Any]) -> None:
        """Record a change to a migration."""
        self.put_migration(dataclasses.replace(self.migrations[number], **changes))

    def migrations_of(self, server_uuid: str) -> list[Migration]:
        """Return the migrations of a server, the latest last."""
        return [self.migrations[number] for number in self._migrations_of.get(server_uuid, ())]

    def live_migrations_from(self, hostname: str) -> list[Migration]:
        """Return the live migrations now leaving a host."""
        return [
            migration
            for server in self.servers_on(hostname)
            if server.task_state == "migrating"
            for migration in self.migrations_of(server.uuid)[-1:]
            if migration.status in RUNNING_LIVE
        ]

    def hold(self, hostname: str, consumer: str, amount: Resources) -> None:
        """Reserve room on a host for a consumer, replacing what it held there."""
        self.release(hostname, consumer)
        self._held[hostname][consumer] = amount
        self._hosts_held.setdefault(consumer, set()).add(hostname)
        self._used[hostname] = self._used[hostname].plus(amount)
        self.generations[hostname] += 1

    def release(self, hostname: str, consumer: str) -> None:
        """Release what a consumer holds on a host, if anything."""
        amount = self._held[hostname].pop(consumer, None)
        if amount is not None:
            self._used[hostname] = self._used[hostname].minus(amount)
            self._hosts_held[consumer].discard(hostname)
            if not self._hosts_held[consumer]:
                del self._hosts_held[consumer]
            self.generations[hostname] += 1

    def held(self, hostname: str) -> Mapping[str, Resources]:
        """Return who holds what on a host."""
        return dict(self._held[hostname])

    def held_by(self, consumer: str) -> dict[str, Resources]:
        """Return what a consumer holds, by host."""
        names = sorted(self._hosts_held.get(consumer, ()))
        return {name: self._held[name][consumer] for name in names}

    def used(self, hostname: str) -> Resources:
        """Return how much of a host is held."""
        return self._used[hostname]
