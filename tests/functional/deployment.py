# SPDX-License-Identifier: Apache-2.0
"""A whole deployment of separate processes: simulated cloud, API, decision engine, applier."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
import weakref
from collections.abc import Callable, Iterator
from typing import Any

BIN = pathlib.Path(sys.executable).parent
FIRST_PORT, PORTS = 10_000, 3_000
#: An audit or a plan stays in these; a SUCCEEDED audit may run again.
FINAL_STATES = {"FAILED", "CANCELLED", "DELETED", "SUPERSEDED"}
PLAN_DONE = ("action_plans", "SUCCEEDED")
DAEMONS = ("watcher-api", "watcher-decision-engine", "watcher-applier")
#: What takes longer counts as failed. A slow machine is not: nothing should take a tenth of it.
LONGEST_S = 120.0
#: A daemon's own time for an orderly end is a minute.
STOP_S = 90.0
#: All that were made and are still in use, for the report of a failure.
MADE: weakref.WeakSet[Deployment] = weakref.WeakSet()

CONFIGURATION = """
[DEFAULT]
host = test-host
state_path = {folder}
transport_url = {transport}
control_exchange = {exchange}
periodic_interval = 2
enable_authentication = {authentication}
[api]
port = {api_port}
workers = 1
enable_webhooks_auth = {authentication}
[database]
connection = {database}
[oslo_messaging_notifications]
driver = messagingv2
[watcher_decision_engine]
conductor_topic = {exchange}.decision
notification_topics = {exchange}.notifications
continuous_audit_interval = 2
[watcher_applier]
conductor_topic = {exchange}.applier
[nova]
migration_max_retries = 120
migration_interval = 0.5
http_retry_interval = 0.2
[collector]
api_query_max_retries = 2
api_query_interval = 0
# Each audit reads the cloud anew, so that a test's fault meets the audit however fast the start.
model_max_age = 0
[keystone_authtoken]
www_authenticate_uri = {auth_url}
{credentials}
[watcher_clients_auth]
{credentials}
{extra}
"""

CREDENTIALS = """auth_url = {auth_url}
auth_type = password
username = watcher
password = secret
project_name = service
user_domain_name = Default
project_domain_name = Default
region_name = RegionOne"""


def free_port() -> int:
    """Return a loopback port that nobody listens on, and that no later call returns.

    Each process of the tests has a range of its own, below the ports that the kernel gives to
    clients: a port stays free while the server that has it is restarted.
    """
    for port in _ports:
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no free port is left")


def _own_ports() -> Iterator[int]:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = FIRST_PORT + worker % 4 * PORTS
    start = random.randrange(PORTS)
    return iter([first + (start + step) % PORTS for step in range(PORTS)])


def wait_for(
    what: str, probe: Callable[[], Any], timeout_s: float = LONGEST_S, every_s: float = 0.2
) -> Any:
    """Return the first true answer of a probe; fail with its last answer after the timeout."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            found = probe()
        except OSError as error:
            found, last = None, error
        else:
            last = found
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {timeout_s} s; last seen: {last!r}")
        time.sleep(every_s)


_ports = _own_ports()


class Deployment:
    """Processes, configuration and the calls that tests make to them."""

    def __init__(self, folder: pathlib.Path, database: str, transport: str) -> None:
        self.folder = folder
        self.database = database
        self.transport = transport
        self.exchange = f"test-{uuid.uuid4().hex[:8]}"
        self.api_port, self.cloud_port = free_port(), free_port()
        self.api_url = f"http://127.0.0.1:{self.api_port}"
        self.cloud_url = f"http://127.0.0.1:{self.cloud_port}"
        self.auth_url = f"{self.cloud_url}/identity/v3"
        self.authentication = True
        self.extra = ""
        self.cloud_arguments = ["--hosts", "4", "--servers", "16", "--seed", "1"]
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        MADE.add(self)

    # Processes

    def start(self, *names: str) -> Deployment:
        """Start the named processes; without names the cloud, the database and all daemons."""
        if not names:
            self._spawn_cloud()  # which takes about as long as the database
            self.upgrade_database()
            self.wait_for_cloud()
            names = DAEMONS
        for name in names:
            self.spawn(name, [BIN / name, "--config-file", self.write_configuration()])
        if "watcher-api" in names:
            wait_for("the API answers", lambda: self.request("GET", "/")[0] == 200)
        return self

    def start_peer(self, name: str, host: str) -> str:
        """Start another daemon of a kind, with an identity of its own; return its name here."""
        path = self.folder / f"watcher-{host}.conf"
        common = self.write_configuration().read_text()
        path.write_text(common.replace("host = test-host", f"host = {host}", 1))
        self.spawn(f"{name}@{host}", [BIN / name, "--config-file", path])
        return f"{name}@{host}"

    def start_cloud(self) -> None:
        """Start the simulated cloud and wait until its Keystone answers."""
        self._spawn_cloud()
        self.wait_for_cloud()

    def _spawn_cloud(self) -> None:
        own = ["--port", str(self.cloud_port), "--password", "secret"]
        arguments = [*own, "--infra-optim-url", self.api_url, *self.cloud_arguments]
        self.spawn("watcher-simulator", [BIN / "watcher-simulator", *arguments])

    def wait_for_cloud(self) -> None:
        """Wait until the Keystone of the cloud answers."""
        wait_for("the simulated cloud answers", lambda: _get(self.auth_url))

    def upgrade_database(self) -> None:
        """Make the tables."""
        subprocess.run(
            [BIN / "watcher-db-manage", "--config-file", self.write_configuration(), "upgrade"],
            check=True,
            env=_environment(),
        )

    def write_configuration(self) -> pathlib.Path:
        """Write watcher.conf from what is set at the moment."""
        path = self.folder / "watcher.conf"
        credentials = CREDENTIALS.format(auth_url=self.auth_url)
        values = vars(self) | {"credentials": credentials}
        path.write_text(CONFIGURATION.format(**values))
        return path

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a process and its children."""
        os.killpg(self._processes[name].pid, number)

    def kill(self, name: str) -> None:
        """Kill a process at once (SIGKILL), with its children, and wait for its end."""
        self.signal(name, signal.SIGKILL)
        self._processes.pop(name).wait()

    def kill_master(self, name: str) -> int:
        """Kill a daemon's first process only: its worker notices and ends in its own time.

        :returns: what :meth:`wait_for_workers` wants to know.
        """
        process = self._processes.pop(name)
        process.kill()
        process.wait()
        return process.pid

    def wait_for_workers(self, group: int) -> None:
        """Wait until all processes have ended that a daemon's first process left behind."""
        wait_for("the old worker has ended", lambda: not _members(group))

    def terminate(self, name: str, timeout_s: float = STOP_S) -> int:
        """Stop a process with SIGTERM and return its exit code."""
        process = self._processes.pop(name)
        process.terminate()
        return _end_of(process, timeout_s)

    def alive(self, name: str) -> bool:
        """Tell whether a process still runs."""
        return self._processes[name].poll() is None

    def runs(self) -> bool:
        """Tell whether it has processes."""
        return bool(self._processes)

    def log(self, name: str) -> str:
        """Return what a process has printed so far."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def last_lines(self, count: int) -> dict[str, str]:
        """Return the end of the log of each process that ever was, by its name."""
        logs = sorted(self.folder.glob("*.log"))
        return {log.stem: "\n".join(self.log(log.stem).splitlines()[-count:]) for log in logs}

    def stop(self) -> None:
        """Stop the daemons, then the cloud; what takes too long is killed and fails the test."""
        daemons = set(self._processes) - {"watcher-simulator"}
        stuck = []
        for names in (daemons, set(self._processes) - daemons):
            ending = {name: self._processes.pop(name) for name in names}
            for process in ending.values():
                process.terminate()
            for name, process in ending.items():
                try:
                    _end_of(process)
                except subprocess.TimeoutExpired:
                    stuck.append(name)
        assert not stuck, f"did not stop on SIGTERM: {stuck}"

    def spawn(self, name: str, command: list[Any]) -> None:
        """Start any command as a process of the deployment; the name is for the other calls."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=self.folder,
                env=_environment(),
            )

    # Calls

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Call our API; return status and document."""
        common = {"OpenStack-API-Version": "infra-optim 1.7", "Content-Type": "application/json"}
        common |= {"X-Auth-Token": self.token()} if self.authentication else {"X-Roles": "admin"}
        return _call(method, self.api_url + path, body, common | headers)

    def get(self, path: str) -> Any:
        """Return a document of our API."""
        status, document = self.request("GET", path)
        assert status == 200, (path, status, document)
        return document

    def post(self, path: str, body: Any = None) -> Any:
        """Post to our API and return the document."""
        status, document = self.request("POST", path, {} if body is None else body)
        assert status in (200, 201, 202), (path, status, document)
        return document

    def create_audit(self, **values: Any) -> dict[str, Any]:
        """Create a ONESHOT audit, by default of strategy dummy."""
        body = {"audit_type": "ONESHOT", "goal": "dummy", "strategy": "dummy"} | values
        found: dict[str, Any] = self.post("/v1/audits", body)
        return found

    def wait_state(
        self, kind: str, ident: str, *states: str, timeout_s: float = LONGEST_S
    ) -> dict[str, Any]:
        """Wait until an audit or a plan has one of the states; return it.

        Another state that it will not leave fails the test at once, with what its actions say.
        """

        def look() -> Any:
            found = self.get(f"/v1/{kind}/{ident}")
            if found["state"] in states:
                return found
            if found["state"] in FINAL_STATES or (kind, found["state"]) == PLAN_DONE:
                raise AssertionError(f"{kind} {ident} is {found['state']}: {self._told(found)}")
            return None

        return wait_for(f"{kind} {ident} becomes {' or '.join(states)}", look, timeout_s)

    def _told(self, record: dict[str, Any]) -> str:
        """Return what an audit, or a plan with its actions, says of its end."""
        actions = self.actions(record["uuid"]) if "audit_uuid" in record else []
        lines = [f"{one['action_type']} {one['state']} {one['status_message']}" for one in actions]
        return "\n".join([str(record["status_message"]), *lines])

    def wait_until_active(self) -> None:
        """Wait until both daemons report ACTIVE through the API."""
        wait_for(
            "both daemons are ACTIVE",
            lambda: (
                sorted(
                    s["name"]
                    for s in self.get("/v1/services")["services"]
                    if s["status"] == "ACTIVE"
                )
                == ["watcher-applier", "watcher-decision-engine"]
            ),
        )

    def wait_until_engine_answers(self) -> None:
        """Wait until a decision engine answers calls over the bus, which is after it is ACTIVE."""
        wait_for(
            "the decision engine answers calls",
            lambda: self.request("GET", "/v1/strategies/dummy/state")[0] == 200,
            timeout_s=240,
        )

    def plans(self, audit_uuid: str) -> list[dict[str, Any]]:
        """Return the plans of an audit."""
        found: list[dict[str, Any]] = self.get(f"/v1/action_plans/detail?audit_uuid={audit_uuid}")[
            "action_plans"
        ]
        return found

    def actions(self, plan_uuid: str) -> list[dict[str, Any]]:
        """Return the actions of a plan."""
        found: list[dict[str, Any]] = self.get(f"/v1/actions/detail?action_plan_uuid={plan_uuid}")[
            "actions"
        ]
        return found

    def token(self) -> str:
        """Return a token of the simulated Keystone."""
        domain = {"name": "Default"}
        user = {"name": "admin", "password": "secret", "domain": domain}
        body = {
            "auth": {
                "identity": {"methods": ["password"], "password": {"user": user}},
                "scope": {"project": {"name": "admin", "domain": domain}},
            }
        }
        request = urllib.request.Request(
            self.auth_url + "/auth/tokens",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            found: str = answer.headers["X-Subject-Token"]
            return found

    def nova(self, path: str) -> Any:
        """Return a document of the simulated Nova."""
        headers = {"X-Auth-Token": self.token(), "OpenStack-API-Version": "compute 2.88"}
        status, document = _call("GET", f"{self.cloud_url}/compute/v2.1{path}", None, headers)
        assert status == 200, (path, status, document)
        return document

    def servers_on(self, host: str) -> list[str]:
        """Return the ids of the servers that Nova has on a host."""
        found = self.nova("/servers/detail?all_tenants=True")["servers"]
        return sorted(item["id"] for item in found if item["OS-EXT-SRV-ATTR:host"] == host)

    def fullest_host(self) -> tuple[str, list[str]]:
        """Return the host with the most servers, and their ids."""
        hosts = self.nova("/os-hypervisors/detail")["hypervisors"]
        found = {item["service"]["host"]: [] for item in hosts}
        found |= {host: self.servers_on(host) for host in found}
        return max(found.items(), key=lambda item: len(item[1]))

    def fault(self, **fault: Any) -> int:
        """Script a fault of the simulated cloud; return its id."""
        status, document = _call("POST", f"{self.cloud_url}/simulator/faults", fault, {})
        assert status < 300, (status, document)
        number: int = document["id"]
        return number

    def wait_until_met(self, fault: int) -> None:
        """Wait until a request has met a scripted fault."""

        def met() -> bool:
            _, document = _call("GET", f"{self.cloud_url}/simulator/faults", None, {})
            left = {one["id"]: one["used"] for one in document["faults"]}
            return fault not in left or left[fault] > 0  # one that is used up is not listed

        wait_for("a request meets the fault", met, every_s=0.05)

    def mend(self) -> None:
        """End all scripted faults of the simulated cloud; a request under way is still late."""
        status, document = _call("DELETE", f"{self.cloud_url}/simulator/faults", None, {})
        assert status < 300, (status, document)

    def openstack(self, *arguments: str) -> Any:
        """Run the openstack client and return what it prints, decoded from JSON if it can be."""
        done = self.run_client("openstack", *arguments)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return json.loads(done.stdout) if "json" in arguments else done.stdout

    def run_client(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of the client programs as an administrator, whatever comes of it."""
        return subprocess.run(
            [BIN / program, *arguments],
            env=self.client_environment(),
            capture_output=True,
            text=True,
            timeout=300,
        )

    def client_environment(self) -> dict[str, str]:
        """Return the environment of an administrator's shell."""
        return _environment() | {
            "OS_AUTH_URL": self.auth_url,
            "OS_AUTH_TYPE": "password",
            "OS_USERNAME": "admin",
            "OS_PASSWORD": "secret",
            "OS_PROJECT_NAME": "admin",
            "OS_USER_DOMAIN_NAME": "Default",
            "OS_PROJECT_DOMAIN_NAME": "Default",
            "OS_IDENTITY_API_VERSION": "3",
            "OS_INFRA_OPTIM_API_VERSION": "1.7",
        }


def signals_of(pid: int, kind: str) -> set[int]:
    """Return the signals that a process catches (``SigCgt``) or ignores (``SigIgn``)."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    mask = next(int(line.split()[1], 16) for line in lines if line.startswith(f"{kind}:"))
    return {number for number in range(1, 65) if mask >> (number - 1) & 1}


def _members(group: int) -> list[int]:
    """Return the processes of a group that still run."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ends just now
            state, _parent, own = path.read_text().rpartition(")")[2].split()[:3]
            if int(own) == group and state != "Z":
                found.append(int(path.parent.name))
    return found


def _end_of(process: subprocess.Popen[bytes], timeout_s: float = STOP_S) -> int:
    """Return the exit code of a process that was told to end; kill it after the timeout."""
    try:
        return process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    return kept | {"PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore"}


def _get(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=20):
            return True
    except urllib.error.HTTPError:
        return True


def _call(method: str, url: str, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    if data is not None:
        headers = {"Content-Type": "application/json"} | headers
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")
