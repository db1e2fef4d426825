# SPDX-License-Identifier: Apache-2.0
"""Reads compute hosts and servers from Nova, and what hosts have to offer from Placement.

Four lists from Nova, each one request for a thousand rows, then one request per host to
Placement, which has no bulk form of it. All with one deadline: what is late makes the
whole reading fail, because half a cloud would be mistaken for the whole.
"""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent import futures
from typing import TypeVar

from oslo_config import cfg
from oslo_log import log

from watcher import conf as options
from watcher.clients import bundle, nova, placement, retry
from watcher.common import exception
from watcher.common.utils import Struct
from watcher.decision_engine.model.collector import base
from watcher.domain import scope
from watcher.domain.snapshot import Aggregate, Host, Server, Snapshot

LOG = log.getLogger(__name__)

T = TypeVar("T")

Inventories = Mapping[str, placement.Inventory]

#: After so many connection failures in one reading, Placement is not asked any more.
PLACEMENT_PATIENCE = 3


class NovaClusterDataModelCollector(base.BaseClusterDataModelCollector):
    """The collector named ``compute``."""

    SCHEMA = scope.COMPUTE_SCHEMA

    def __init__(
        self,
        config: Struct,
        osc: bundle.OpenStackClients | None = None,
        conf: cfg.ConfigOpts = options.CONF,
    ) -> None:
        super().__init__(config, osc)
        self._conf = conf

    def execute(self) -> Snapshot:
        """Read the cloud, see the base class."""
        try:
            nova_client = self.osc.nova
        except ValueError as error:
            raise failure(str(error)) from error
        reading = _Reading(nova_client, self.osc.placement, self._conf, self.timeout_s())
        return reading.run()

    def timeout_s(self) -> float:
        """Return the seconds that one reading may take."""
        return float(self._conf.collector.compute_resources_collector_timeout)


class _Reading:
    """One pass over the cloud, its threads and its deadline."""

    def __init__(
        self,
        nova_client: nova.NovaClient,
        placement_client: placement.PlacementClient,
        conf: cfg.ConfigOpts,
        timeout_s: float,
    ) -> None:
        self._nova = nova_client
        self._placement = _PatientPlacement(placement_client)
        self._conf = conf
        self._timeout_s = timeout_s
        self._ends = time.monotonic() + self._timeout_s
        self._stopped = threading.Event()

    def run(self) -> Snapshot:
        taken_at = datetime.datetime.now(datetime.UTC)
        workers = max(1, self._conf.watcher_decision_engine.max_general_workers)
        pool = futures.ThreadPoolExecutor(workers, thread_name_prefix="compute-collector")
        try:
            return self._collect(pool, taken_at)
        except exception.WatcherException as error:
            raise failure(str(error)) from error
        except TimeoutError as error:
            text = f"it took longer than {self._timeout_s:g} seconds"
            raise failure(text) from error
        finally:
            # A late thread ends with its request's own timeout; nobody waits for it.
            self._stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)

    def _collect(self, pool: futures.Executor, taken_at: datetime.datetime) -> Snapshot:
        hosts_job = self._start(pool, self._nova.list_hosts)
        servers_job = self._start(pool, self._nova.list_servers)
        services_job = self._start(pool, self._nova.list_services)
        aggregates_job = self._start(pool, self._nova.list_aggregates)
        hypervisors = [one for one in self._result(hosts_job) if one.type != "ironic"]
        stock_jobs = {
            one.uuid: pool.submit(self._placement.inventories, one.uuid) for one in hypervisors
        }
        servers = self._result(servers_job)
        services = self._result(services_job)
        aggregates = self._result(aggregates_job)
        stock = {uuid: self._result(job) for uuid, job in stock_jobs.items()}
        self._placement.report()
        _warn_of_down_cells(servers)
        return Snapshot.of(
            (host_of(one, stock[one.uuid] or {}) for one in hypervisors),
            servers_of(servers, self._conf),
            aggregates=(aggregate_of(one) for one in aggregates),
            zones={one.host: one.zone for one in services},
            taken_at=taken_at,
        )

    def _start(self, pool: futures.Executor, call: Callable[[], T]) -> futures.Future[T]:
        """Start a list request that is retried as often as the options and the deadline allow."""
        return pool.submit(
            lambda: retry.attempt(
                call,
                attempts=self._conf.collector.api_query_max_retries,
                interval_s=self._conf.collector.api_query_interval,
                on=self._is_worth_repeating,
                deadline_s=self._left(),
                sleep=self._stopped.wait,
            )
        )

    def _is_worth_repeating(self, error: Exception) -> bool:
        return isinstance(error, exception.WatcherException) and not self._stopped.is_set()

    def _result(self, job: futures.Future[T]) -> T:
        return job.result(timeout=self._left())

    def _left(self) -> float:
        return max(0.0, self._ends - time.monotonic())


class _PatientPlacement:
    """Placement during one reading; a host it says nothing about has no inventories.

    That is published behaviour: the hypervisor's own sizes stand in, without ratios.
    """

    def __init__(self, client: placement.PlacementClient) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._unreachable = 0
        self._failures: list[str] = []

    def inventories(self, host_uuid: str) -> Inventories | None:
        """Return a host's inventories, None if they are not available."""
        with self._lock:
            if self._unreachable >= PLACEMENT_PATIENCE:
                self._failures.append("not asked")
                return None
        try:
            return self._client.inventories(host_uuid)
        except placement.PlacementError as error:
            with self._lock:
                self._failures.append(str(error))
                self._unreachable += isinstance(error, placement.PlacementUnreachable)
            return None

    def report(self) -> None:
        """Log once what went wrong."""
        if self._failures:
            LOG.warning(
                "Placement gave no inventories for %d hosts; the sizes that Nova shows "
                "are used for them, without ratios and reserved amounts. First failure: %s",
                len(self._failures),
                self._failures[0],
            )


def _warn_of_down_cells(servers: Iterable[nova.Server]) -> None:
    hidden = sum(one.host is None and one.status == "UNKNOWN" for one in servers)
    if hidden:
        LOG.warning(
            "Nova shows %d servers without their hosts: a cell is down. They and the hosts of "
            "that cell are left out of audits.",
            hidden,
        )


def failure(reason: str) -> exception.ClusterDataModelCollectionError:
    """Return the error of a reading, with its reason in the text."""
    return exception.ClusterDataModelCollectionError(
        f"The data model compute could not be built: {reason}", cdm="compute"
    )


def host_of(hypervisor: nova.Hypervisor, inventories: Inventories) -> Host:
    """Make a host of the model; each missing inventory is replaced by Nova's own size."""

    def stock(name: str, shown: int) -> placement.Inventory:
        return inventories.get(name) or placement.Inventory(shown, 0, 1.0)

    cpu = stock("VCPU", hypervisor.vcpus)
    memory = stock("MEMORY_MB", hypervisor.memory_mib)
    disk = stock("DISK_GB", hypervisor.disk_gib)
    return Host(
        uuid=hypervisor.uuid,
        hostname=hypervisor.host,
        hypervisor_hostname=hypervisor.hostname,
        status=hypervisor.status,
        state=hypervisor.state,
        disabled_reason=hypervisor.disabled_reason,
        vcpus=cpu.total,
        vcpu_reserved=cpu.reserved,
        vcpu_ratio=cpu.allocation_ratio,
        memory_mib=memory.total,
        memory_mib_reserved=memory.reserved,
        memory_ratio=memory.allocation_ratio,
        disk_gib=disk.total,
        disk_gib_reserved=disk.reserved,
        disk_ratio=disk.allocation_ratio,
    )


def servers_of(servers: Iterable[nova.Server], conf: cfg.ConfigOpts) -> list[Server]:
    """Make servers of the model, without those that are deleted."""
    extended = conf.compute_model.enable_extended_attributes
    pinned = extended and nova.parse_version(conf.nova.api_version) >= nova.PINNED_AZ
    return [
        Server(
            uuid=one.uuid,
            name=one.name,
            state=one.vm_state,
            vcpus=one.vcpus,
            memory_mib=one.memory_mib,
            disk_gib=disk_of(one),
            metadata=one.metadata,
            project_id=one.project_id,
            locked=one.locked,
            host=one.host,
            hypervisor_hostname=one.hypervisor_hostname,
            created=one.created,
            pinned_az=one.pinned_az if pinned else "",
            flavor_extra_specs=one.extra_specs if extended else {},
        )
        for one in servers
        if one.vm_state != "deleted"
    ]


def disk_of(server: nova.Server) -> int:
    """Return the GiB of local disk: a root disk only if there is an image, ephemeral, swap."""
    root_gib = server.disk_gib if server.has_image else 0
    swap_gib = -(-server.swap_mib // 1024)
    return root_gib + server.ephemeral_gib + swap_gib


def aggregate_of(found: nova.Aggregate) -> Aggregate:
    """Make an aggregate of the model."""
    return Aggregate(
        id=found.id,
        name=found.name,
        hosts=frozenset(found.hosts),
        availability_zone=found.availability_zone,
        metadata=found.metadata,
    )
