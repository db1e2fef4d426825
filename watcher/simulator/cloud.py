# SPDX-License-Identifier: Apache-2.0
"""The simulated cloud: its verbs, which refuse what Nova refuses, and its clock.

Every public method first runs what is due, then reads or changes, under one lock that is
never held during input or output. Nothing runs in the background.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import functools
import pathlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from watcher.simulator import processes, snapshot_file
from watcher.simulator.errors import BadRequest, CloudError, Conflict, NotFound, NoValidHost
from watcher.simulator.faults import FaultList
from watcher.simulator.ledger import Ledger
from watcher.simulator.motion import Motion, Options
from watcher.simulator.records import (
    Aggregate,
    Contents,
    Flavor,
    Host,
    Migration,
    Project,
    Resources,
    Server,
)
from watcher.simulator.timeline import Timeline


class Cloud:
    """Hosts, servers and what happens to them; thread-safe."""

    def __init__(
        self,
        contents: Contents,
        options: Options | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        started: datetime.datetime | None = None,
    ) -> None:
        self.options = options or Options()
        self.clock = clock
        self.faults = FaultList(clock)
        self._lock = threading.RLock()
        self._ledger = Ledger(contents)
        self._timeline = Timeline(clock, started or datetime.datetime.now(datetime.UTC))
        self._motion = Motion(self._ledger, self._timeline, self.faults, self.options)

    @contextlib.contextmanager
    def _present(self) -> Iterator[Ledger]:
        with self._lock:
            self._timeline.catch_up()
            yield self._ledger

    # Contents

    def now(self) -> datetime.datetime:
        """Return the simulated date."""
        with self._present():
            return self._timeline.date()

    def contents(self) -> Contents:
        """Return everything that exists now as one value."""
        with self._present() as ledger:
            return ledger.contents()

    def dump(self, path: str | pathlib.Path) -> None:
        """Write everything that exists now to a file that :func:`load` takes."""
        snapshot_file.write(self.contents(), path)

    def projects(self) -> tuple[Project, ...]:
        """Return the projects."""
        return self._ledger.projects

    def aggregates(self) -> tuple[Aggregate, ...]:
        """Return the aggregates."""
        return self._ledger.aggregates

    def zone_of(self, hostname: str) -> str:
        """Return the availability zone of a host."""
        return self._ledger.zones[hostname]

    def flavors(self) -> list[Flavor]:
        """Return the flavors."""
        return list(self._ledger.flavors.values())

    def flavor(self, ident: str) -> Flavor:
        """Return a flavor by its id."""
        found = self._ledger.flavors.get(ident)
        if found is None:
            raise NotFound(f"Flavor {ident} could not be found.")
        return found

    def hosts(self, hostname: str | None = None) -> list[Host]:
        """Return the hosts in the order of their file, or only the one with a name, if any."""
        with self._present() as ledger:
            if hostname is None:
                return list(ledger.hosts.values())
            return [ledger.hosts[hostname]] if hostname in ledger.hosts else []

    def host(self, hostname: str) -> Host:
        """Return a host by the name of its service."""
        with self._present() as ledger:
            return self._host(ledger, hostname)

    def host_by_id(self, ident: str) -> Host | None:
        """Return a host by the id of its hypervisor or service, or by its number."""
        with self._present() as ledger:
            return ledger.host_by_id(ident)

    def servers(self, hostname: str | None = None) -> list[Server]:
        """Return the servers, only those of one host if it is named, oldest first."""
        with self._present() as ledger:
            if hostname is None:
                return list(ledger.servers.values())
            return ledger.servers_on(hostname) if hostname in ledger.hosts else []

    def server(self, ident: str) -> Server:
        """Return a server by its id."""
        with self._present() as ledger:
            return self._server(ledger, ident)

    def server_counts(self) -> dict[str, int]:
        """Return the number of servers of each host."""
        with self._present() as ledger:
            return {name: ledger.count_on(name) for name in ledger.hosts}

    def migrations(self, server_uuid: str | None = None) -> list[Migration]:
        """Return the migrations, only those of one server if it is named, oldest first."""
        with self._present() as ledger:
            if server_uuid is None:
                return list(ledger.migrations.values())
            return ledger.migrations_of(server_uuid)

    def progress(self, migration: Migration) -> float:
        """Return how far a running move has come, 0..1."""
        with self._present():
            return self._motion.progress(migration)

    def used(self, hostname: str) -> Resources:
        """Return the room held on a host: by its servers and by moves from and to it."""
        with self._present() as ledger:
            return ledger.used(hostname)

    def held(self, hostname: str) -> Mapping[str, Resources]:
        """Return who (server or migration id) holds what on a host."""
        with self._present() as ledger:
            return ledger.held(hostname)

    def held_by(self, consumer: str) -> Mapping[str, Resources]:
        """Return what a server or migration holds, by host."""
        with self._present() as ledger:
            return ledger.held_by(consumer)

    def generation(self, hostname: str) -> int:
        """Return a number that grows with every change to what a host holds."""
        with self._present() as ledger:
            return ledger.generations[hostname]

    # Hosts

    def change_service(
        self,
        service_uuid: str,
        *,
        status: str | None = None,
        disabled_reason: str | None = None,
        forced_down: bool | None = None,
    ) -> Host:
        """Enable, disable or force down the service of a host."""
        with self._present() as ledger:
            host = ledger.host_by_id(service_uuid)
            if host is None or host.service_uuid != service_uuid:
                raise NotFound(f"Service {service_uuid} could not be found.")
            if status is not None:
                host = dataclasses.replace(host, status=status, disabled_reason=disabled_reason)
            if forced_down is not None:
                host = dataclasses.replace(host, forced_down=forced_down)
            ledger.hosts[host.hostname] = host
            return host

    def set_host_state(self, hostname: str, *, up: bool, after_s: float = 0.0) -> None:
        """Let a host go down or come up; moves from and to a host that goes down fail."""
        with self._present() as ledger:
            self._host(ledger, hostname)
            switch = functools.partial(self._motion.switch_host, hostname, up)
            self._timeline.at(self._timeline.now_s + after_s, switch)
            self._timeline.catch_up()

    # Servers

    def create_server(
        self,
        name: str,
        flavor_id: str,
        *,
        host: str | None = None,
        zone: str | None = None,
        **attributes: Any,
    ) -> Server:
        """Place a new server on the host, in the zone, or anywhere; it builds, then is active."""
        with self._present() as ledger:
            flavor = ledger.flavors.get(flavor_id)
            if flavor is None:
                raise BadRequest(f"Flavor {flavor_id} could not be found.")
            if host is not None and host not in ledger.hosts:
                raise BadRequest(f"Compute host {host} could not be found.")
            if zone is not None and zone not in ledger.zones.values():
                raise BadRequest("The requested availability zone is not available")
            date = self._timeline.date()
            server = Server(
                uuid=self._motion.new_uuid(),
                number=ledger.last_number + 1,
                name=name,
                flavor=flavor,
                host=None,
                created=date,
                updated=date,
                vm_state="building",
                pinned_zone=zone,
                **attributes,
            )
            ledger.put_server(server)
            chosen = self._motion.schedule(server, server.size(), host)
            if chosen is not None:
                ledger.hold(chosen.hostname, server.uuid, server.size())
            stages = processes.build(chosen.hostname if chosen else None, str(NoValidHost()))
            return self._motion.begin(server, None, stages)

    def delete_server(self, ident: str) -> None:
        """Delete a server, whatever it is doing."""
        with self._present() as ledger:
            server = self._server(ledger, ident)
            self._motion.delete(server)

    def stop(self, ident: str) -> None:
        """Power a server off."""
        with self._present() as ledger:
            server = self._at_rest(ledger, ident, "stop", ("active",))
            self._motion.begin(server, None, processes.STOP)

    def start(self, ident: str) -> None:
        """Power a server on."""
        with self._present() as ledger:
            server = self._at_rest(ledger, ident, "start", ("stopped",))
            self._motion.begin(server, None, processes.START)

    def lock(self, ident: str, reason: str | None = None) -> None:
        """Lock a server."""
        with self._present() as ledger:
            self._server(ledger, ident)
            ledger.change_server(ident, {"locked": True, "locked_reason": reason})

    def unlock(self, ident: str) -> None:
        """Unlock a server."""
        with self._present() as ledger:
            self._server(ledger, ident)
            ledger.change_server(ident, {"locked": False, "locked_reason": None})

    # Moves

    def live_migrate(
        self, ident: str, host: str | None = None, *, force: bool = False, wait: bool = True
    ) -> None:
        """Begin a live migration to the host, or to one that the scheduler chooses.

        :param force: do not ask the scheduler about the host (microversions below 2.68)
        :param wait: refuse when the scheduler refuses (Nova below 2.34); else accept, and the
            migration ends in error
        """
        with self._present() as ledger:
            server = self._at_rest(ledger, ident, "os-migrateLive", ("active", "paused"))
            if host is not None and host not in ledger.hosts:
                raise BadRequest(f"Compute host {host} could not be found.")
            try:
                dest = self._live_destination(ledger, server, host, force)
            except CloudError:
                self._motion.fail_to_place(server, "live-migration", server.flavor, at_once=wait)
                if wait:
                    raise
                return
            self._motion.move_live(server, dest)

    def _live_destination(
        self, ledger: Ledger, server: Server, host: str | None, force: bool
    ) -> str:
        for name in (server.host, host):
            if name is not None and not ledger.hosts[name].is_up:
                raise BadRequest(f"Compute service of {name} is unavailable at this time.")
        if host == server.host:
            raise NoValidHost
        if force and host is not None:
            return host
        chosen = self._motion.schedule(server, server.size(), host)
        if chosen is None:
            raise NoValidHost
        return chosen.hostname

    def abort_live_migration(self, ident: str, migration_id: int) -> None:
        """Stop a queued or running live migration; the server stays where it is."""
        with self._present() as ledger:
            self._server(ledger, ident)
            migration = ledger.migrations.get(migration_id)
            if migration is None or migration.server_uuid != ident:
                raise NotFound(f"Migration {migration_id} not found for instance {ident}")
            if not self._motion.is_moving_live(migration):
                raise Conflict(
                    f"Instance {ident} is in an invalid state for 'abort live migration'"
                )
            self._motion.cancel(migration)

    def cold_migrate(self, ident: str, host: str | None = None) -> None:
        """Begin a cold migration; it waits for its confirmation at the destination."""
        with self._present() as ledger:
            server = self._at_rest(ledger, ident, "migrate", ("active", "stopped"))
            self._source_is_up(ledger, server)
            if host is not None and host not in ledger.hosts:
                raise BadRequest(f"Compute host {host} could not be found.")
            if host is not None and host == server.host:
                raise BadRequest("Cannot migrate to the host where the server exists.")
            self._motion.move_cold(server, "migration", server.flavor, host)

    def resize(self, ident: str, flavor_id: str) -> None:
        """Begin a resize to another host; it waits for its confirmation."""
        with self._present() as ledger:
            server = self._at_rest(ledger, ident, "resize", ("active", "stopped"))
            self._source_is_up(ledger, server)
            flavor = ledger.flavors.get(flavor_id)
            if flavor is None:
                raise BadRequest(f"Flavor {flavor_id} could not be found.")
            if flavor.id == server.flavor.id:
                raise BadRequest("When resizing, instances must change flavor!")
            self._motion.move_cold(server, "resize", flavor, None)

    def confirm_resize(self, ident: str) -> None:
        """Confirm a cold migration or resize: the room at the source is released."""
        with self._present() as ledger:
            server = self._at_rest(ledger, ident, "confirmResize", ("resized",))
            migration = ledger.migrations_of(ident)[-1]
            self._motion.begin(server, migration, processes.confirm(server.state_before))

    def revert_resize(self, ident: str) -> None:
        """Undo a cold migration or resize: the server goes back to the source."""
        with self._present() as ledger:
            server = self._at_rest(ledger, ident, "revertResize", ("resized",))
            migration = ledger.migrations_of(ident)[-1]
            before = server.state_before
            stages = processes.revert(before, migration.source, migration.old_flavor)
            self._motion.begin(server, migration, stages)

    @staticmethod
    def _host(ledger: Ledger, hostname: str) -> Host:
        if hostname not in ledger.hosts:
            raise NotFound(f"Compute host {hostname} could not be found.")
        return ledger.hosts[hostname]

    @staticmethod
    def _server(ledger: Ledger, ident: str) -> Server:
        if ident not in ledger.servers:
            raise NotFound(f"Instance {ident} could not be found.")
        return ledger.servers[ident]

    def _at_rest(self, ledger: Ledger, ident: str, verb: str, vm_states: tuple[str, ...]) -> Server:
        """Return the server if it is in one of the states and no process is under way for it."""
        server = self._server(ledger, ident)
        for name, value, is_fine in (
            ("vm_state", server.vm_state, server.vm_state in vm_states),
            ("task_state", server.task_state, server.task_state is None),
            ("process", "confirming", not self._motion.is_busy(ident)),
        ):
            if not is_fine:
                raise Conflict(f"Cannot '{verb}' instance {ident} while it is in {name} {value}")
        return server

    @staticmethod
    def _source_is_up(ledger: Ledger, server: Server) -> None:
        if server.host is not None and not ledger.hosts[server.host].is_up:
            raise Conflict("Service is unavailable at this time.")
