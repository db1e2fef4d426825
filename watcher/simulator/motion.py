# SPDX-License-Identifier: Apache-2.0
"""What happens to servers: places for them, and processes that take time.

Checks of what a user may ask for are in :mod:`watcher.simulator.cloud`; here everything is allowed.
Not thread-safe: the cloud that owns it locks.
"""

from __future__ import annotations

import dataclasses
import functools
import random
import uuid
from collections.abc import Mapping
from types import MappingProxyType

from watcher.simulator import processes, scheduler
from watcher.simulator.errors import NoValidHost
from watcher.simulator.faults import FaultList
from watcher.simulator.ledger import RUNNING_LIVE, Ledger
from watcher.simulator.processes import Frees, Process, Stage
from watcher.simulator.records import Flavor, Host, Migration, Resources, Server
from watcher.simulator.timeline import Timeline

TASK_OF_KIND: Mapping[str, str] = MappingProxyType(
    {"live-migration": "migrating", "migration": "resize_prep", "resize": "resize_prep"}
)


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """How the cloud behaves.

    - ``migration_seconds``: how long a migration lasts, >= 0; other processes scale with it
    - ``live_migrations_per_host``: how many may leave a host at once; the rest queue (None: all)
    - ``failure_ratio``: share of the migrations that fail half-way, 0..1
    - ``seed``: for these failures, and for new ids
    """

    migration_seconds: float = 1.0
    live_migrations_per_host: int | None = None
    failure_ratio: float = 0.0
    seed: int = 1

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.migration_seconds < 0:
            raise ValueError(f"migration_seconds: expected >= 0, found {self.migration_seconds}")
        if not 0 <= self.failure_ratio <= 1:
            raise ValueError(f"failure_ratio: expected 0 to 1, found {self.failure_ratio}")
        if self.live_migrations_per_host is not None and self.live_migrations_per_host < 1:
            found = self.live_migrations_per_host
            raise ValueError(f"live_migrations_per_host: expected >= 1, found {found}")


@dataclasses.dataclass(slots=True)
class _Job:
    """A process under way for one server."""

    server_uuid: str
    migration_id: int | None
    stages: Process
    started_s: float | None = None
    """None while it queues."""


class Motion:
    """The processes under way; at most one for each server."""

    def __init__(
        self, ledger: Ledger, timeline: Timeline, faults: FaultList, options: Options
    ) -> None:
        self._ledger = ledger
        self._timeline = timeline
        self._faults = faults
        self._options = options
        self._chance = random.Random(f"motion-{options.seed}")  # noqa: S311 - makes examples, not secrets
        self._jobs: dict[str, _Job] = {}
        self._queues: dict[str, list[_Job]] = {}

    def new_uuid(self) -> str:
        """Return an id that the seed and the number of earlier calls determine."""
        return str(uuid.UUID(int=self._chance.getrandbits(128), version=4))

    def is_busy(self, server_uuid: str) -> bool:
        """Tell whether a process is under way for a server."""
        return server_uuid in self._jobs

    def is_moving_live(self, migration: Migration) -> bool:
        """Tell whether a live migration can still be cancelled."""
        job = self._jobs.get(migration.server_uuid)
        return (
            job is not None
            and job.migration_id == migration.id
            and migration.kind == "live-migration"
            and migration.status in RUNNING_LIVE[:-1]
        )

    def progress(self, migration: Migration) -> float:
        """Return how far a running move has come, 0..1."""
        job = self._jobs.get(migration.server_uuid)
        if job is None or job.migration_id != migration.id or job.started_s is None:
            return 0.0
        lasts_s = self._options.migration_seconds or 1.0
        return min(1.0, (self._timeline.now_s - job.started_s) / lasts_s)

    def schedule(self, server: Server, size: Resources, wanted: str | None) -> Host | None:
        """Return the wanted host, or any, if the server can go there; else None."""
        if self._faults.finds_no_host(server, wanted):
            return None
        hosts = self._ledger.hosts
        return scheduler.choose(
            [hosts[wanted]] if wanted is not None else hosts.values(),
            size,
            self._ledger.used,
            zones=self._ledger.zones,
            wanted_zone=server.pinned_zone,
            not_on=server.host,
        )

    def move_live(self, server: Server, dest: str) -> None:
        """Begin a live migration, or queue it behind those leaving the same host."""
        migration = self._new_migration(server, "live-migration", dest, server.flavor)
        breaks = self._breaks(server, migration)
        job = _Job(server.uuid, migration.id, processes.live_migration(dest, breaks=breaks))
        limit = self._options.live_migrations_per_host
        running = len(self._ledger.live_migrations_from(migration.source))
        if limit is None or running < limit:
            self._start(job)
            return
        self._jobs[server.uuid] = job
        self._queues.setdefault(migration.source, []).append(job)
        self._ledger.change_migration(migration.id, {"status": "queued"})
        self._ledger.change_server(server.uuid, {"task_state": "migrating"})

    def move_cold(self, server: Server, kind: str, flavor: Flavor, wanted: str | None) -> None:
        """Begin a cold migration or resize; without a host it ends in error after a while."""
        chosen = self.schedule(server, server.size(flavor), wanted)
        if chosen is None:
            self.fail_to_place(server, kind, flavor, at_once=False)
            return
        server = self._ledger.change_server(server.uuid, {"state_before": server.vm_state})
        migration = self._new_migration(server, kind, chosen.hostname, flavor)
        breaks = self._breaks(server, migration)
        self.begin(server, migration, processes.resize(chosen.hostname, flavor, breaks=breaks))

    def fail_to_place(self, server: Server, kind: str, flavor: Flavor, *, at_once: bool) -> None:
        """Record a move for which there is no host."""
        migration = self._new_migration(server, kind, None, flavor)
        stages = processes.unplaced(TASK_OF_KIND[kind], str(NoValidHost()))
        if at_once:
            self._ledger.change_migration(migration.id, stages[-1].migration)
        else:
            self.begin(server, migration, stages)

    def begin(self, server: Server, migration: Migration | None, stages: Process) -> Server:
        """Begin a process for a server, in place of any other; returns the server after stage 0."""
        self._forget(server.uuid)
        self._start(_Job(server.uuid, migration.id if migration else None, stages))
        return self._ledger.servers[server.uuid]

    def delete(self, server: Server) -> None:
        """Begin to delete a server; its move, if any, ends in error."""
        job = self._jobs.get(server.uuid)
        if job is not None and job.migration_id is not None:
            gone = {"status": "error", "reason": "the server was deleted"}
            self._ledger.change_migration(job.migration_id, gone)
        self.begin(server, None, processes.DELETE)

    def cancel(self, migration: Migration) -> None:
        """End a queued or running live migration; the server stays where it is."""
        stop = Stage(0.0, processes.AT_REST, {"status": "cancelled"}, Frees.DEST)
        self._take(self._jobs[migration.server_uuid], stop, is_last=True)

    def switch_host(self, hostname: str, up: bool) -> None:
        """Let a host come up or go down; moves from and to a host that goes down fail."""
        host = self._ledger.hosts[hostname]
        self._ledger.hosts[hostname] = dataclasses.replace(host, state="up" if up else "down")
        if up:
            return
        for job in list(self._jobs.values()):
            if job.migration_id is None:
                continue
            migration = self._ledger.migrations[job.migration_id]
            if hostname in (migration.source, migration.dest):
                self._break(job, migration, f"the compute service of {hostname} went down")

    def _break(self, job: _Job, migration: Migration, reason: str) -> None:
        if migration.dest is None or migration.status in ("confirming", "reverting", "reverted"):
            return
        if migration.kind == "live-migration":
            last = processes.live_migration(migration.dest, breaks=True, reason=reason)[-1]
        else:
            flavor = migration.new_flavor
            last = processes.resize(migration.dest, flavor, breaks=True, reason=reason)[-1]
            back = {"host": migration.source, "flavor": migration.old_flavor}
            last = dataclasses.replace(last, server={**last.server, **back})
        self._take(job, last, is_last=True)

    def _breaks(self, server: Server, migration: Migration) -> bool:
        is_unlucky = self._chance.random() < self._options.failure_ratio
        return self._faults.breaks(server, migration) or is_unlucky

    def _new_migration(
        self, server: Server, kind: str, dest: str | None, flavor: Flavor
    ) -> Migration:
        """Record a migration and, if it has a destination, hold room on both of its hosts."""
        source = server.host or ""
        migration = Migration(
            id=len(self._ledger.migrations) + 1,
            uuid=self.new_uuid(),
            server_uuid=server.uuid,
            kind=kind,
            source=source,
            dest=dest,
            old_flavor=server.flavor,
            new_flavor=flavor,
            status="accepted",
            created=self._timeline.date(),
            project_id=server.project_id,
            user_id=server.user_id,
        )
        self._ledger.put_migration(migration)
        if dest is not None:
            self._ledger.release(source, server.uuid)
            self._ledger.hold(source, migration.uuid, server.size())
            self._ledger.hold(dest, server.uuid, server.size(flavor))
        return migration

    def _start(self, job: _Job) -> None:
        self._jobs[job.server_uuid] = job
        job.started_s = self._timeline.now_s
        first, *later = job.stages
        self._take(job, first, is_last=not later)
        for stage in later:
            due_s = job.started_s + stage.at * self._options.migration_seconds
            call = functools.partial(self._take, job, stage, is_last=stage is later[-1])
            self._timeline.at(due_s, call)

    def _take(self, job: _Job, stage: Stage, *, is_last: bool) -> None:
        """Take one stage of a process, unless another has replaced it."""
        if self._jobs.get(job.server_uuid) is not job:
            return
        if stage.deletes:
            self._forget(job.server_uuid)
            self._ledger.drop_server(job.server_uuid)
            return
        self._change(job, stage)
        if is_last:
            self._forget(job.server_uuid)

    def _change(self, job: _Job, stage: Stage) -> None:
        date = self._timeline.date()
        if stage.server:
            launched = {"launched": date} if "host" in stage.server else {}
            changes = {**stage.server, **launched, "updated": date}
            self._ledger.change_server(job.server_uuid, changes)
        if job.migration_id is None:
            return
        if stage.migration:
            changes = {**stage.migration, "updated": date}
            self._ledger.change_migration(job.migration_id, changes)
        self._free(self._ledger.migrations[job.migration_id], stage.frees)

    def _free(self, migration: Migration, frees: Frees) -> None:
        if frees is Frees.NONE or migration.dest is None:
            return
        self._ledger.release(migration.source, migration.uuid)
        if frees is Frees.DEST:
            server = self._ledger.servers[migration.server_uuid]
            self._ledger.release(migration.dest, server.uuid)
            size = server.size(migration.old_flavor)
            self._ledger.hold(migration.source, server.uuid, size)

    def _forget(self, server_uuid: str) -> None:
        """End a process, and begin a live migration that waited for it."""
        job = self._jobs.pop(server_uuid, None)
        if job is None or job.migration_id is None:
            return
        queue = self._queues.get(self._ledger.migrations[job.migration_id].source, [])
        if job in queue:
            queue.remove(job)
        elif queue and self._ledger.migrations[job.migration_id].kind == "live-migration":
            self._start(queue.pop(0))
