# SPDX-License-Identifier: Apache-2.0
"""The simulator over real HTTP: openstacksdk, keystonemiddleware, the command line, the process."""

from __future__ import annotations

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import openstack.connection
import openstack.exceptions
import pytest
from keystoneauth1 import exceptions as auth_exceptions
from keystoneauth1 import identity, session
from keystonemiddleware import auth_token
from oslo_config import cfg
from webob import Request

from watcher.simulator.motion import Options
from watcher.simulator.origins import generate
from watcher.simulator.server import PASSWORD, SimulatorServer

pytestmark = pytest.mark.filterwarnings(
    # openstacksdk 4.22 warns of its own calls of its own functions.
    "ignore::openstack.warnings.RemovedInSDK50Warning"
)

BIN = pathlib.Path(sys.executable).parent
BACKGROUND_S = 120.0
#: For a thousand servers; it is half a second, unless it grows with their square.
PAGE_S = 10.0
AT_ONCE_S = 0.02


@pytest.fixture
def migration_seconds() -> float:
    return 0.3


#: For tests that look at a migration while it runs.
slowly = pytest.mark.parametrize("migration_seconds", [10.0])
#: For tests that end it.
for_ever = pytest.mark.parametrize("migration_seconds", [3600.0])


@pytest.fixture
def simulator(migration_seconds: float) -> Iterator[SimulatorServer]:
    cloud = generate(5, 40, 1, Options(migration_seconds=migration_seconds))
    server = SimulatorServer(cloud)
    server.start()
    yield server
    server.stop()


def connect(simulator: SimulatorServer) -> openstack.connection.Connection:
    auth = identity.Password(
        auth_url=simulator.auth_url(),
        username="watcher",
        password=PASSWORD,
        project_name="service",
        user_domain_name="Default",
        project_domain_name="Default",
    )
    return openstack.connection.Connection(session=session.Session(auth=auth))


@pytest.fixture
def client(simulator: SimulatorServer) -> Iterator[openstack.connection.Connection]:
    made = connect(simulator)
    yield made
    made.close()


def wait_for(what: str, probe: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + BACKGROUND_S
    while time.monotonic() < deadline:
        if found := probe():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {BACKGROUND_S} s: {what}")


def an_active_server(client: openstack.connection.Connection) -> Any:
    return next(
        each for each in client.compute.servers(all_projects=True) if each.status == "ACTIVE"
    )


def another_host(client: openstack.connection.Connection, server: Any) -> str:
    names = [each.host for each in client.compute.services(binary="nova-compute")]
    return next(name for name in names if name != server.compute_host)


def fault(simulator: SimulatorServer, **fields: Any) -> None:
    request = urllib.request.Request(
        f"{simulator.url()}/simulator/faults", json.dumps(fields).encode(), method="POST"
    )
    urllib.request.urlopen(request).close()


def test_the_sdk_reads_the_whole_cloud(client):
    hosts = list(client.compute.hypervisors(details=True, with_servers=True))
    servers = list(client.compute.servers(all_projects=True, limit=7))
    assert (len(hosts), len(servers)) == (5, 40)
    assert sum(len(host.servers) for host in hosts) == 40
    assert len(list(client.compute.flavors(is_public=None))) == 5
    assert list(client.compute.aggregates())
    inventory = client.placement.get(f"/resource_providers/{hosts[0].id}/inventories").json()
    assert set(inventory["inventories"]) == {"VCPU", "MEMORY_MB", "DISK_GB"}
    assert [each.name for each in client.identity.services(type="compute")] == ["nova"]


@slowly
def test_the_sdk_migrates_a_server_live(client):
    server = an_active_server(client)
    dest = another_host(client, server)
    client.compute.live_migrate_server(server.id, host=dest, block_migration="auto")
    moving = client.compute.get_server(server.id)
    assert (moving.status, moving.task_state) == ("MIGRATING", "migrating")
    found = wait_for(
        "the server is at the destination",
        lambda: (
            (now := client.compute.get_server(server.id)).compute_host == dest
            and now.status == "ACTIVE"
        ),
    )
    assert found
    (migration,) = client.compute.migrations(instance_uuid=server.id)
    assert (migration.status, migration.migration_type) == ("completed", "live-migration")


@for_ever
def test_the_sdk_aborts_a_live_migration(client):
    server = an_active_server(client)
    dest = another_host(client, server)
    client.compute.live_migrate_server(server.id, host=dest, block_migration="auto")
    (migration,) = client.compute.server_migrations(server.id)
    client.compute.abort_server_migration(migration.id, server.id)
    after = client.compute.get_server(server.id)
    assert (after.status, after.compute_host) == ("ACTIVE", server.compute_host)


def test_the_sdk_migrates_a_server_cold_and_confirms_it(client):
    server = an_active_server(client)
    dest = another_host(client, server)
    client.compute.migrate_server(server.id, host=dest)
    wait_for(
        "the move waits for its confirmation",
        lambda: client.compute.get_server(server.id).status == "VERIFY_RESIZE",
    )
    client.compute.confirm_server_resize(server.id)
    wait_for(
        "the server is active", lambda: client.compute.get_server(server.id).status == "ACTIVE"
    )
    assert client.compute.get_server(server.id).compute_host == dest


def test_the_sdk_disables_a_service_and_is_refused_its_host(client):
    server = an_active_server(client)
    dest = another_host(client, server)
    (service,) = client.compute.services(binary="nova-compute", host=dest)
    client.compute.disable_service(service.id, disabled_reason="watcher_disabled")
    (found,) = client.compute.services(binary="nova-compute", host=dest)
    assert (found.status, found.disabled_reason) == ("disabled", "watcher_disabled")
    with pytest.raises(openstack.exceptions.BadRequestException, match="No valid host was found"):
        client.compute.live_migrate_server(server.id, host=dest, block_migration="auto")


def test_what_the_sdk_does_not_find_it_reports(client):
    with pytest.raises(openstack.exceptions.NotFoundException, match="could not be found"):
        client.compute.get_server("5a000000-0000-4000-8000-00000000000a")


def test_expired_tokens_are_renewed_by_the_sdk(simulator, client):
    list(client.compute.flavors())
    fault(simulator, kind="expire_tokens")
    assert list(client.compute.flavors())


def test_a_reset_is_seen_as_such_and_the_simulator_goes_on(simulator, client):
    list(client.compute.flavors())
    fault(simulator, kind="reset", path="/flavors", count=1)
    with pytest.raises(auth_exceptions.ConnectFailure, match="Connection reset by peer"):
        list(client.compute.flavors())
    assert list(client.compute.flavors())


def test_an_error_is_seen_as_such(simulator, client):
    fault(simulator, kind="error", path="/flavors", count=1, status=500)
    with pytest.raises(openstack.exceptions.HttpException, match="told to fail"):
        list(client.compute.flavors())


def test_a_stop_does_not_wait_for_latencies(simulator):
    fault(simulator, kind="latency", seconds=600)
    slow = subprocess.Popen(
        [sys.executable, "-c", f"import urllib.request as u; u.urlopen('{simulator.auth_url()}')"],
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for("the slow request is there", lambda: simulator.cloud.faults.documents()[0]["used"])
        begun = time.monotonic()
        simulator.stop()
        assert time.monotonic() - begun < 60
    finally:
        slow.wait(BACKGROUND_S)


def test_keystonemiddleware_accepts_its_tokens(simulator, client):
    seen = {}

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.update(environ)
        start_response("200 OK", [])
        return [b""]

    own = cfg.ConfigOpts()
    own([], default_config_files=[], default_config_dirs=[])
    guarded = auth_token.AuthProtocol(
        application,
        {
            # Or the middleware leaves options that must be given in everybody's configuration.
            "oslo_config_config": own,
            "auth_type": "password",
            "auth_url": simulator.auth_url(),
            "username": "watcher",
            "password": PASSWORD,
            "project_name": "service",
            "user_domain_name": "Default",
            "project_domain_name": "Default",
            "www_authenticate_uri": simulator.auth_url(),
            "memcached_servers": "",
        },
    )
    good = Request.blank("/", headers={"X-Auth-Token": client.auth_token})
    assert good.get_response(guarded).status_int == 200
    assert (seen["HTTP_X_USER_NAME"], seen["HTTP_X_PROJECT_NAME"]) == ("watcher", "service")
    assert "admin" in seen["HTTP_X_ROLES"].split(",")
    bad = Request.blank("/", headers={"X-Auth-Token": "unknown"})
    assert bad.get_response(guarded).status_int == 401
    assert Request.blank("/").get_response(guarded).status_int == 401


def test_a_page_of_a_thousand_servers_is_quick():
    server = SimulatorServer(generate(100, 1000, 1))
    server.start()
    try:
        client = connect(server)
        path = "/servers/detail?all_tenants=True"
        client.compute.get(path, microversion="2.96")
        begun = time.monotonic()
        answer = client.compute.get(path, microversion="2.96")
        elapsed_s = time.monotonic() - begun
        client.close()
    finally:
        server.stop()
    assert len(answer.json()["servers"]) == 1000
    assert elapsed_s < PAGE_S, f"{elapsed_s:.2f} s"


@pytest.fixture
def process(tmp_path: pathlib.Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [BIN / "watcher-simulator", "--hosts", "3", "--servers", "6", "--port", "0"]
    running = subprocess.Popen(
        [*command, "--dump", tmp_path / "cloud.json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert running.stdout is not None
    lines = []
    for line in running.stdout:
        lines.append(line)
        if line.startswith("[watcher_clients_auth]"):
            break
    yield running, "".join(lines)
    running.kill()
    running.communicate()


def test_the_command_prints_credentials_and_ends_cleanly_on_interrupt(process, tmp_path):
    running, text = process
    assert "# 3 hosts, 6 servers at http://127.0.0.1:" in text
    running.send_signal(signal.SIGINT)
    rest, _ = running.communicate(timeout=BACKGROUND_S)
    assert running.returncode == 0
    assert "Traceback" not in rest
    assert len(json.loads((tmp_path / "cloud.json").read_text())["servers"]) == 6


def test_the_command_ends_when_it_is_told_many_times_at_once(process):
    running, _text = process
    begun = time.monotonic()
    for _ in range(10):
        running.send_signal(signal.SIGINT)
        running.send_signal(signal.SIGTERM)
    lasted_s = time.monotonic() - begun
    running.communicate(timeout=BACKGROUND_S)
    # A signal that was held up comes when nobody is left to handle it.
    late = {-signal.SIGINT, -signal.SIGTERM} if lasted_s > AT_ONCE_S else set()
    assert running.returncode in {0, *late}


def test_the_openstack_command_works_with_the_credentials_printed(process):
    _running, text = process
    if not (BIN / "openstack").exists():
        pytest.skip("python-openstackclient is not installed")
    environment = os.environ | dict(re.findall(r"^export (\w+)=(.*)$", text, re.MULTILINE))

    def run(*arguments: str) -> Any:
        command = [BIN / "openstack", *arguments, "-f", "json"]
        done = subprocess.run(
            command, env=environment, check=True, capture_output=True, text=True, timeout=300
        )
        return json.loads(done.stdout)

    assert len(run("server", "list", "--all-projects")) == 6
    assert len(run("hypervisor", "list")) == 3
    assert {each["Binary"] for each in run("compute", "service", "list")} == {"nova-compute"}
