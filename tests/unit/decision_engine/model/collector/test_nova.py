# SPDX-License-Identifier: Apache-2.0
"""The compute collector: what a snapshot is made of, and when there is none."""

from __future__ import annotations

import datetime
import logging
import threading
from typing import Any

import pytest
from keystoneauth1 import exceptions
from oslo_config import cfg

from tests.fixtures.cloud_http import (
    FakeService,
    hypervisor_row,
    inventory_rows,
    server_row,
    service_row,
)
from watcher.clients import nova, placement
from watcher.common import exception
from watcher.conf import collector as collector_options
from watcher.conf import compute_model, decision_engine, nova_client
from watcher.conf import nova as nova_options
from watcher.decision_engine.model.collector.nova import NovaClusterDataModelCollector
from watcher.domain.snapshot import Snapshot


def refuse() -> exceptions.ConnectFailure:
    return exceptions.ConnectFailure("connection refused")


class Cloud:
    """A cloud of two hosts whose answers a test may replace; stands for the client bundle."""

    def __init__(self) -> None:
        self.conf = cfg.ConfigOpts()
        for module in (
            collector_options,
            compute_model,
            decision_engine,
            nova_client,
            nova_options,
        ):
            module.register_opts(self.conf)
        self.conf([])
        self.conf.set_override("http_retry_interval", 0.1, "nova")
        self.conf.set_override("http_retries", 1, "nova")
        self.conf.set_override("api_query_max_retries", 2, "collector")
        self.conf.set_override("api_query_interval", 0, "collector")
        self.compute = FakeService()
        self.stock = FakeService()
        self.hypervisors(hypervisor_row(1), hypervisor_row(2))
        self.servers(server_row(1), server_row(2, "host-2"))
        self.compute.on(
            "GET",
            "/os-services",
            (200, {"services": [service_row(1), service_row(2, zone="zone-2")]}),
        )
        row = {"id": 1, "name": "ssd", "hosts": ["host-2"], "availability_zone": None}
        self.compute.on("GET", "/os-aggregates", (200, {"aggregates": [row]}))

    def hypervisors(self, *rows: dict[str, Any]) -> None:
        self.compute.on("GET", "/os-hypervisors/detail", (200, {"hypervisors": rows}))

    def servers(self, *rows: dict[str, Any]) -> None:
        self.compute.on("GET", "/servers/detail", (200, {"servers": rows}))

    def inventories(self, number: int, answer: Any) -> None:
        path = f"/resource_providers/{hypervisor_row(number)['id']}/inventories"
        self.stock.on("GET", path, answer)

    @property
    def nova(self) -> nova.NovaClient:
        return nova.NovaClient(self.conf, lambda: self.compute, sleep=lambda _seconds: None)

    @property
    def placement(self) -> placement.PlacementClient:
        return placement.PlacementClient(lambda: self.stock)

    def read(self) -> Snapshot:
        collector = NovaClusterDataModelCollector(None, self, self.conf)  # type: ignore[arg-type]
        return collector.execute()


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


def test_a_snapshot_holds_the_hosts_with_placements_inventories(cloud: Cloud) -> None:
    cloud.inventories(1, (200, inventory_rows(VCPU=8, MEMORY_MB=1000, DISK_GB=50)))
    before = datetime.datetime.now(datetime.UTC)
    snapshot = cloud.read()
    host = snapshot.host_named("host-1")
    assert (host.vcpus, host.vcpu_reserved, host.vcpu_ratio) == (8, 1, 2.0)
    assert (host.memory_mib, host.memory_mib_reserved, host.memory_ratio) == (1000, 1, 2.0)
    assert (host.disk_gib, host.disk_gib_reserved, host.disk_ratio) == (50, 1, 2.0)
    assert snapshot.taken_at is not None
    assert snapshot.taken_at >= before


def test_each_missing_inventory_is_replaced_by_novas_own_size(cloud: Cloud) -> None:
    cloud.inventories(1, (200, inventory_rows(VCPU=8)))
    host = cloud.read().host_named("host-1")
    assert (host.vcpus, host.memory_mib, host.disk_gib) == (8, 32768, 400)
    assert (host.memory_mib_reserved, host.memory_ratio) == (0, 1.0)


def test_servers_are_placed_on_their_hosts_with_zones_and_aggregates(cloud: Cloud) -> None:
    snapshot = cloud.read()
    host = snapshot.host_named("host-2")
    assert [one.name for one in snapshot.servers_of(host.uuid)] == ["server-2"]
    assert snapshot.zone_of(host.uuid) == "zone-2"
    assert snapshot.aggregates[0].hosts == {"host-2"}


def test_hosts_are_matched_by_their_whole_name(cloud: Cloud) -> None:
    cloud.hypervisors(hypervisor_row(1), hypervisor_row(10))
    cloud.servers(server_row(1, "host-1"), server_row(2, "host-10"))
    snapshot = cloud.read()
    names = {host.hostname: len(snapshot.servers_of(host.uuid)) for host in snapshot.hosts.values()}
    assert names == {"host-1": 1, "host-10": 1}


def test_the_number_of_requests_does_not_grow_with_the_servers(cloud: Cloud) -> None:
    cloud.servers(*(server_row(number) for number in range(500)))
    assert len(cloud.read().servers) == 500
    assert len(cloud.compute.calls) == 4
    assert len(cloud.stock.calls) == 2


def test_ironic_hypervisors_and_deleted_servers_are_left_out(cloud: Cloud) -> None:
    cloud.hypervisors(hypervisor_row(1), hypervisor_row(2, hypervisor_type="ironic"))
    cloud.servers(
        server_row(1),
        server_row(2, **{"OS-EXT-STS:vm_state": "deleted"}),
        server_row(3, **{"OS-EXT-STS:vm_state": "soft-delete"}),
        server_row(4, None),
    )
    snapshot = cloud.read()
    assert [one.hostname for one in snapshot.hosts.values()] == ["host-1"]
    assert [one.name for one in snapshot.servers.values()] == ["server-1", "server-3", "server-4"]
    assert snapshot.host_of(server_row(4)["id"]) is None


@pytest.mark.parametrize(
    ("image", "swap_mib", "expected"),
    [({"id": "x"}, 0, 25), ("", 0, 5), ("", 1, 6), ({"id": "x"}, 2048, 27), ("", 1025, 7)],
)
def test_disk_is_root_only_with_an_image_plus_ephemeral_and_swap_rounded_up(
    cloud: Cloud, image: object, swap_mib: int, expected: int
) -> None:
    flavor = {"vcpus": 1, "ram": 1, "disk": 20, "ephemeral": 5, "swap": swap_mib}
    cloud.servers(server_row(1, image=image, flavor=flavor))
    (server,) = cloud.read().servers.values()
    assert server.disk_gib == expected


@pytest.mark.parametrize(
    ("enabled", "version", "zone", "specs"),
    [
        (False, "2.96", "", {}),
        (True, "2.56", "", {"hw:cpu_policy": "shared"}),
        (True, "2.96", "zone-1", {"hw:cpu_policy": "shared"}),
    ],
)
def test_extended_attributes_are_read_if_asked_for(
    cloud: Cloud, enabled: bool, version: str, zone: str, specs: dict[str, str]
) -> None:
    cloud.conf.set_override("enable_extended_attributes", enabled, "compute_model")
    cloud.conf.set_override("api_version", version, "nova")
    server = next(iter(cloud.read().servers.values()))
    assert (server.pinned_az, server.flavor_extra_specs) == (zone, specs)


def test_a_failing_list_is_asked_for_again(cloud: Cloud) -> None:
    cloud.compute.on("GET", "/os-aggregates", (500, None), (200, {"aggregates": []}))
    assert cloud.read().aggregates == ()


def test_a_list_that_keeps_failing_fails_the_reading_with_the_reason(cloud: Cloud) -> None:
    cloud.compute.on("GET", "/servers/detail", refuse())
    with pytest.raises(
        exception.ClusterDataModelCollectionError, match=r"compute.*connection refused"
    ):
        cloud.read()
    assert [call.path for call in cloud.compute.calls].count("/servers/detail") == 4


def test_a_version_that_is_too_low_fails_the_reading_with_the_reason(cloud: Cloud) -> None:
    cloud.conf.set_override("api_version", "2.1", "nova")
    with pytest.raises(exception.ClusterDataModelCollectionError, match=r"2\.56"):
        cloud.read()


def test_an_answer_that_comes_too_late_fails_the_reading(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = threading.Event()
    cloud.compute.on("GET", "/os-aggregates", lambda _params, _body: (late.wait(30), None))
    collector = NovaClusterDataModelCollector(None, cloud, cloud.conf)  # type: ignore[arg-type]
    monkeypatch.setattr(collector, "timeout_s", lambda: 0.05)
    with pytest.raises(
        exception.ClusterDataModelCollectionError, match=r"longer than 0\.05 seconds"
    ):
        collector.execute()
    late.set()


def test_placement_that_is_down_is_not_asked_for_every_host(
    cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    cloud.hypervisors(*(hypervisor_row(number) for number in range(1, 41)))
    for number in range(1, 41):
        cloud.inventories(number, refuse())
    with caplog.at_level(logging.WARNING):
        snapshot = cloud.read()
    assert len(snapshot.hosts) == 40
    assert len(cloud.stock.calls) < 10
    assert "no inventories for 40 hosts" in caplog.text


def test_a_cell_that_is_down_is_told(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    cloud.servers(server_row(1), {"id": server_row(2)["id"], "status": "UNKNOWN"})
    with caplog.at_level(logging.WARNING):
        cloud.read()
    assert "1 servers without their hosts" in caplog.text
