# SPDX-License-Identifier: Apache-2.0
"""Nova's client: what it sends, what it makes of answers, and what of failures."""

from __future__ import annotations

import datetime

import pytest
from keystoneauth1 import exceptions
from oslo_config import cfg

from tests.fixtures.cloud_http import FakeService, hypervisor_row, server_row, service_row
from watcher.clients import nova
from watcher.common import context, exception

SERVER = server_row(1)["id"]
SERVER_PATH = f"/servers/{SERVER}"


def test_a_version_below_the_least_is_refused(conf: cfg.ConfigOpts) -> None:
    conf.set_override("api_version", "2.53", "nova")
    with pytest.raises(ValueError, match=r"2\.56"):
        nova.NovaClient(conf, FakeService)


@pytest.mark.parametrize("caller", ["req-of-the-caller", None], ids=["caller's", "own"])
def test_requests_name_the_users_request_that_they_are_part_of(
    client: nova.NovaClient, service: FakeService, caller: str | None
) -> None:
    service.on("GET", SERVER_PATH, (200, {"server": server_row(1)}))
    current = context.make_context(global_request_id=caller)
    client.get_server(SERVER)
    expected = caller or current.request_id
    assert {call.headers.get("X-OpenStack-Request-ID") for call in service.calls} == {expected}


def test_hosts_are_read_page_by_page(client: nova.NovaClient, service: FakeService) -> None:
    pages = {
        None: {
            "hypervisors": [hypervisor_row(1), hypervisor_row(2)],
            "hypervisors_links": [{"rel": "next", "href": "http://elsewhere"}],
        },
        hypervisor_row(2)["id"]: {"hypervisors": [hypervisor_row(3, state="down")]},
    }
    service.on(
        "GET", "/os-hypervisors/detail", lambda params, _body: (200, pages[params.get("marker")])
    )
    hosts = client.list_hosts()
    assert [host.host for host in hosts] == ["host-1", "host-2", "host-3"]
    assert hosts[2].state == "down"
    assert {call.version for call in service.calls} == {"2.56"}


def test_servers_of_all_projects_are_asked_for(
    client: nova.NovaClient, service: FakeService
) -> None:
    service.on("GET", "/servers/detail", (200, {"servers": [server_row(1), server_row(2, None)]}))
    servers = client.list_servers(host="host-1")
    assert service.calls[-1].params == {"all_tenants": "True", "host": "host-1"}
    assert service.calls[-1].version == "2.96"
    assert servers[0].host == "host-1"
    assert servers[0].created == datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    assert servers[0].extra_specs == {"hw:cpu_policy": "shared"}
    assert servers[1].host is None


@pytest.mark.parametrize(
    ("highest", "sent"), [((2, 60), "2.60"), ((2, 103), "2.96"), ((2, 1), "2.56"), (None, "2.56")]
)
def test_no_version_beyond_the_services_own_is_sent(
    conf: cfg.ConfigOpts, highest: tuple[int, int] | None, sent: str
) -> None:
    service = FakeService(highest)
    service.on("GET", SERVER_PATH, (200, {"server": server_row(1)}))
    nova.NovaClient(conf, lambda: service).get_server(SERVER)
    assert service.calls[-1].version == sent


def test_a_server_booted_from_a_volume_has_no_image(
    client: nova.NovaClient, service: FakeService
) -> None:
    service.on(
        "GET", SERVER_PATH, (200, {"server": server_row(1, image="", fault={"message": "boom"})})
    )
    server = client.get_server(SERVER)
    assert not server.has_image
    assert server.fault == "boom"


def test_a_server_of_a_cell_that_is_down_is_read_as_far_as_it_is_told(
    client: nova.NovaClient, service: FakeService
) -> None:
    row = {"id": SERVER, "status": "UNKNOWN", "tenant_id": "p", "created": "2026-01-01T00:00:00Z"}
    service.on("GET", "/servers/detail", (200, {"servers": [row]}))
    (server,) = client.list_servers()
    assert (server.host, server.vm_state, server.status) == (None, "", "UNKNOWN")


def test_a_service_is_found_by_its_exact_host(
    client: nova.NovaClient, service: FakeService
) -> None:
    rows = [service_row(10), service_row(1)]
    service.on("GET", "/os-services", (200, {"services": rows}))
    assert client.get_service("host-1").uuid == rows[1]["id"]
    with pytest.raises(exception.ComputeNodeNotFound):
        client.get_service("host-2")


def test_a_service_is_disabled_with_its_reason_and_enabled(
    client: nova.NovaClient, service: FakeService
) -> None:
    row = service_row(1)
    path = f"/os-services/{row['id']}"
    service.on("GET", "/os-services", (200, {"services": [row]}))
    service.on("PUT", path, lambda _params, body: (200, {"service": {**row, **body}}))
    disabled = client.disable_service("host-1", "watcher_maintaining")
    assert (disabled.status, disabled.disabled_reason) == ("disabled", "watcher_maintaining")
    assert client.enable_service("host-1").status == "enabled"
    assert service.calls[-1].body == {"status": "enabled"}
    client.disable_service("host-1")
    assert service.calls[-1].body == {"status": "disabled"}


@pytest.mark.parametrize(
    ("verb", "arguments", "body", "version"),
    [
        (
            "live_migrate",
            ("host-2",),
            {"os-migrateLive": {"host": "host-2", "block_migration": "auto"}},
            "2.30",
        ),
        (
            "live_migrate",
            (),
            {"os-migrateLive": {"host": None, "block_migration": "auto"}},
            "2.30",
        ),
        ("cold_migrate", ("host-2",), {"migrate": {"host": "host-2"}}, "2.56"),
        ("cold_migrate", (), {"migrate": None}, "2.56"),
        ("confirm_resize", (), {"confirmResize": None}, "2.56"),
    ],
)
def test_server_actions_are_sent_as_published(
    client: nova.NovaClient,
    service: FakeService,
    verb: str,
    arguments: tuple[str, ...],
    body: object,
    version: str,
) -> None:
    service.on("POST", f"{SERVER_PATH}/action", (202, None))
    assert getattr(client, verb)(SERVER, *arguments) is None
    assert (service.calls[-1].body, service.calls[-1].version) == (body, version)


def test_migrations_come_newest_first(client: nova.NovaClient, service: FakeService) -> None:
    rows = [
        {
            "id": number,
            "uuid": f"m{number}",
            "instance_uuid": SERVER,
            "migration_type": "live-migration",
            "status": "completed",
            "source_compute": "host-1",
            "dest_compute": "host-2",
            "created_at": "2026-01-02T03:04:05.000000",
        }
        for number in (3, 9, 4)
    ]
    service.on("GET", "/os-migrations", (200, {"migrations": rows}))
    found = client.migrations_of(SERVER)
    assert [one.id for one in found] == [9, 4, 3]
    assert found[0].created == datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    assert service.calls[-1].params == {"instance_uuid": SERVER}


def test_a_live_migration_is_aborted(client: nova.NovaClient, service: FakeService) -> None:
    service.on("DELETE", f"{SERVER_PATH}/migrations/7", (202, None))
    client.abort_live_migration(SERVER, 7)
    assert service.calls[-1].version == "2.65"


@pytest.mark.parametrize(("verb", "body"), [("stop", "os-stop"), ("start", "os-start")])
def test_a_server_is_powered(
    client: nova.NovaClient, service: FakeService, verb: str, body: str
) -> None:
    service.on("POST", f"{SERVER_PATH}/action", (202, None))
    getattr(client, f"{verb}_server")(SERVER)
    assert service.calls[-1].body == {body: None}


@pytest.mark.parametrize(
    ("action", "events", "reason"),
    [
        ("migrate", [{"result": "Error", "details": "No valid host"}], "No valid host"),
        ("live-migration", [{"result": "Success", "details": None}], None),
        ("live-migration", [{"result": "Error"}], None),
        ("reboot", [{"result": "Error", "details": "no"}], None),
    ],
    ids=["failed", "good", "untold", "other"],
)
def test_the_reason_of_a_failed_migration_is_found(
    client: nova.NovaClient,
    service: FakeService,
    action: str,
    events: list[dict[str, object]],
    reason: str | None,
) -> None:
    path = f"{SERVER_PATH}/os-instance-actions"
    known = {"instanceActions": [{"request_id": "req-1", "action": action}]}
    service.on("GET", path, (200, known))
    service.on("GET", f"{path}/req-1", (200, {"instanceAction": {"events": events}}))
    assert client.migration_fault(SERVER) == reason
    assert service.calls[0].version == "2.84"


def test_aggregates_are_read(client: nova.NovaClient, service: FakeService) -> None:
    row = {"id": 4, "name": "ssd", "hosts": ["host-1"], "availability_zone": None}
    service.on("GET", "/os-aggregates", (200, {"aggregates": [row]}))
    (aggregate,) = client.list_aggregates()
    assert (aggregate.id, aggregate.hosts, aggregate.metadata) == (4, ("host-1",), {})


@pytest.mark.parametrize(
    ("answer", "expected", "text"),
    [
        pytest.param(
            (404, {"itemNotFound": {"message": "gone"}}),
            exception.ComputeResourceNotFound,
            f"{SERVER} of type Server",
            id="not found",
        ),
        pytest.param(
            (409, {"conflictingRequest": {"message": "it is resizing"}}),
            nova.NovaConflict,
            r"Nova client error: it is resizing \(HTTP 409\)",
            id="conflict",
        ),
        pytest.param(
            (503, {"error": {"message": "busy"}}), nova.NovaUnreachable, "busy", id="unavailable"
        ),
        pytest.param(
            (400, {"badRequest": {"message": "no valid host"}}),
            exception.NovaClientError,
            "no valid host",
            id="refused",
        ),
        pytest.param((500, None), exception.NovaClientError, "500", id="no text"),
        pytest.param(
            exceptions.EndpointNotFound("no compute endpoint"),
            exception.NovaClientError,
            "no compute endpoint",
            id="no endpoint",
        ),
        pytest.param(
            (200, {"surprise": 1}), exception.NovaClientError, "unexpected answer", id="no record"
        ),
        pytest.param((200, None), exception.NovaClientError, "unexpected answer", id="empty"),
    ],
)
def test_failures_become_ours_with_the_reason(
    client: nova.NovaClient,
    service: FakeService,
    answer: object,
    expected: type[Exception],
    text: str,
) -> None:
    service.on("GET", SERVER_PATH, answer)  # type: ignore[arg-type]
    with pytest.raises(expected, match=text):
        client.get_server(SERVER)


def test_an_id_that_is_no_uuid_is_not_sent(client: nova.NovaClient, service: FakeService) -> None:
    with pytest.raises(exception.InvalidUUID):
        client.get_server("../os-services")
    assert [call for call in service.calls if call.path.startswith("/servers")] == []


def test_the_deprecated_group_names_the_interface(conf: cfg.ConfigOpts) -> None:
    assert nova.default_interface(conf) == "public"
    conf.set_override("endpoint_type", "internalURL", "nova_client")
    assert nova.default_interface(conf) == "internal"
