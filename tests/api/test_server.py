# SPDX-License-Identifier: Apache-2.0
"""The server: it starts and stops inside a process, and serves the recorded exchanges."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator

import pytest

from tests.api.conftest import Client
from tests.contract import spec
from watcher.api.http.server import ApiServer
from watcher.common.context import make_admin_context
from watcher.decision_engine import sync
from watcher.lifecycle import services
from watcher.rpc import doorbell, notify, outbox

#: Scenarios that need neither a decision engine nor an applier.
SCENARIOS = (
    "audit_templates_*",
    "audits_create_*",
    "audits_from_template",
    "audits_list",
    "audits_names",
    "audits_paging",
    "audits_patch*",
    "audits_times_*",
    "content_types",
    "goals_*",
    "odd_methods",
    "roles",
    "root_documents",
    "scoring_engines_read",
    "services_read",
    "strategies_read",
    "suffixes_and_slashes",
    "unknown_paths",
    "version_*",
    "wrong_methods",
)


@pytest.fixture
def server(client: Client) -> Iterator[ApiServer]:
    """The application behind a real socket."""
    made = ApiServer(client.application, "127.0.0.1", 0, threads=4)
    made.start()
    yield made
    made.stop()


def test_it_serves_until_it_is_stopped(client: Client) -> None:
    before = set(threading.enumerate())
    server = ApiServer(client.application, "127.0.0.1", 0, threads=2)
    server.start()
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/", timeout=10) as answer:
        assert json.load(answer)["default_version"]["id"] == "v1"
    server.stop()
    server.wait()
    assert not [thread for thread in set(threading.enumerate()) - before if thread.is_alive()]


def test_several_servers_may_share_a_port(client: Client) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    servers = [
        ApiServer(client.application, "127.0.0.1", port, threads=1, shared_port=True)
        for _ in range(2)
    ]
    for server in servers:
        server.start()
    for server in servers:
        server.stop()


def test_no_request_is_cut_off_when_the_server_stops(client: Client) -> None:
    """Clients that ask again and again, on kept and on new connections, get all their answers."""
    server = ApiServer(client.application, "127.0.0.1", 0, threads=2)
    server.start()
    cut: list[str] = []
    answered: list[int] = []
    clients = [
        threading.Thread(target=_ask_until_refused, args=(server.port, kept, answered, cut))
        for kept in (True, False, True, False, True, False)
    ]
    for each in clients:
        each.start()
    while len(answered) < 50:
        time.sleep(0.01)
    server.stop()
    for each in clients:
        each.join()
    assert cut == []


def _ask_until_refused(port: int, kept: bool, answered: list[int], cut: list[str]) -> None:
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.auto_open = 0
        try:
            connection.connect()
        except OSError:
            return
        with contextlib.closing(connection):
            try:
                while connection.sock is not None:
                    connection.request("GET", "/")
                    answer = connection.getresponse()
                    answer.read()
                    answered.append(answer.status)
                    if not kept:
                        break
            except (OSError, http.client.HTTPException) as error:
                cut.append(repr(error))


def test_a_running_request_is_answered_although_the_server_stops(client: Client) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(environ, start_response):
        begun.set()
        go_on.wait(10)
        return client.application(environ, start_response)

    server = ApiServer(slow, "127.0.0.1", 0, threads=2)
    server.start()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", "/")
    assert begun.wait(10)
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    stopping.join(0.5)
    assert stopping.is_alive()
    go_on.set()
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.headers["Connection"] == "close"
    assert json.load(answer)
    stopping.join()
    connection.close()


def test_what_goes_to_the_bus_is_sent_before_the_end(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []

    def send(message: str) -> None:
        time.sleep(0.2)
        sent.append(message)

    waiting = [
        outbox.Outbox(name, send, is_reachable=lambda: True, capacity=9, patience_s=9.0)
        for name in ("doorbell", "notifications")
    ]
    monkeypatch.setattr(doorbell, "_outbox", waiting[0])
    monkeypatch.setattr(notify, "_outbox", waiting[1])
    server = ApiServer(client.application, "127.0.0.1", 0, threads=1)
    server.start()
    for number, each in enumerate(waiting):
        each.put(f"message {number}")
    server.stop()
    assert sorted(sent) == ["message 0", "message 1"]


class TestRecordings:
    """The recorded exchanges that the API can answer alone."""

    @pytest.fixture
    def settings(self) -> dict[str, object]:
        return {"api.enable_webhooks_auth": False}

    def test_they_are_answered_as_recorded(self, server: ApiServer) -> None:
        replay = _recordings() / "replay"
        sync.sync()
        for name in ("watcher-decision-engine", "watcher-applier"):
            for _ in range(2):
                services.beat(make_admin_context(), name, "host-a")
        accepted = pathlib.Path(__file__).parents[1] / "contract" / "deviations.json"
        command = [sys.executable, replay, "--base-url", f"http://127.0.0.1:{server.port}"]
        command += ["--lenient-500", "--accept", accepted]
        for name in SCENARIOS:
            command += ["--scenario", name]
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=110)
        assert result.returncode == 0, result.stdout[-5000:] + result.stderr


def _recordings() -> pathlib.Path:
    named = os.environ.get("WATCHER_CONFORMANCE_DIR")
    found = pathlib.Path(named) if named else spec.folder().parent / "conformance"
    if not (found / "replay").exists():
        pytest.skip(f"the recordings are not at {found}; set WATCHER_CONFORMANCE_DIR")
    return found
