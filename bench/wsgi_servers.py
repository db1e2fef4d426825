# SPDX-License-Identifier: Apache-2.0
"""Which WSGI server should ``watcher-api`` use?  Measured, one worker process, eight threads.

    python bench/wsgi_servers.py [--seconds 5] [--connections 8]

For each candidate a process of its own serves the real application over an SQLite file with 100
audits, without authentication.  A client with keep-alive connections asks for one audit and for the
root document.  Printed and stored beside this file (``wsgi_servers.json``): requests per second,
median and 99th percentile of the latency, and the CPU time of the server process per request,
which is the figure that other load on the machine disturbs least.

Chosen: cheroot.  It took the least CPU time for an item (2.0 ms, waitress 2.4, gunicorn 4.3) and
is on a par for the root (0.6, 0.6, 0.9); it can be started and stopped inside a process, which
gunicorn cannot, and it speaks TLS, which waitress does not.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import platform
import socket
import subprocess
import sys
import tempfile
import threading
import time
from importlib import metadata

HERE = pathlib.Path(__file__).resolve().parent
SERVERS = ("cheroot", "gunicorn", "waitress")
THREADS = 8
AUDITS = 100

_CONF = """[DEFAULT]
enable_authentication = false
transport_url = fake:
[database]
connection = sqlite:///{folder}/bench.db
"""

_SEED = """
import sys
from watcher.common import config
from watcher.db import models, repository, session as db
config.prepare(sys.argv[1:], prog="bench")
models.Base.metadata.create_all(db.engine())
with db.write() as session:
    goal = repository.create(session, models.Goal, dict(
        name="dummy", display_name="Dummy", efficacy_specification=[]))
    strategy = repository.create(session, models.Strategy, dict(
        name="dummy", display_name="Dummy", goal_id=goal.id, parameters_spec={}))
    for number in range(%d):
        audit = repository.create(session, models.Audit, dict(
            name=f"audit-{number}", audit_type="ONESHOT", state="SUCCEEDED", parameters={},
            scope=[], goal_id=goal.id, strategy_id=strategy.id))
    print(audit.uuid)
"""

_SERVE = {
    "cheroot": """
import sys
from watcher.wsgi.api import application
from cheroot import wsgi
wsgi.Server(("127.0.0.1", PORT), application, numthreads=THREADS, request_queue_size=128).start()
""",
    "waitress": """
import sys, waitress
from watcher.wsgi.api import application
waitress.serve(application, host="127.0.0.1", port=PORT, threads=THREADS)
""",
    "gunicorn": """
import sys
from gunicorn.app.base import BaseApplication
from watcher.wsgi.api import application
class App(BaseApplication):
    def load_config(self):
        for name, value in dict(bind="127.0.0.1:PORT", workers=1, threads=THREADS,
                                worker_class="gthread", keepalive=30).items():
            self.cfg.set(name, value)
    def load(self):
        return application
App().run()
""",
}


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def cpu_s(pid: int) -> float:
    """Return the CPU time of a process and its children, in seconds."""
    total = 0.0
    for each in [pid, *children(pid)]:
        fields = pathlib.Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def children(pid: int) -> list[int]:
    """Return the child processes."""
    text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(each) for each in text.split()]


class Client(threading.Thread):
    """One keep-alive connection that asks again and again."""

    def __init__(self, port: int, path: str, until: float) -> None:
        super().__init__()
        self.request = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Roles: admin\r\n"
            "OpenStack-API-Version: infra-optim 1.7\r\n\r\n"
        ).encode()
        self.port, self.until = port, until
        self.latencies_s: list[float] = []

    def run(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while time.monotonic() < self.until:
                began = time.perf_counter()
                connection.sendall(self.request)
                self.read_answer(connection)
                self.latencies_s.append(time.perf_counter() - began)

    @staticmethod
    def read_answer(connection: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            part = connection.recv(65536)
            if not part:
                raise ConnectionError("the server closed the connection")
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        )
        while len(body) < length:
            body += connection.recv(65536)


def load(pid: int, port: int, path: str, seconds: float, connections: int) -> dict[str, float]:
    """Ask for some seconds over some connections and return the figures."""
    warm_up = Client(port, path, time.monotonic() + 0.5)
    warm_up.start()
    warm_up.join()
    before, began = cpu_s(pid), time.monotonic()
    clients = [Client(port, path, began + seconds) for _ in range(connections)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    elapsed, used = time.monotonic() - began, cpu_s(pid) - before
    latencies = sorted(each for client in clients for each in client.latencies_s)
    return {
        "requests_per_s": round(len(latencies) / elapsed, 1),
        "p50_ms": round(latencies[len(latencies) // 2] * 1000, 2),
        "p99_ms": round(latencies[int(len(latencies) * 0.99)] * 1000, 2),
        "cpu_ms_per_request": round(used / len(latencies) * 1000, 3),
    }


def measure(server: str, folder: str, paths: dict[str, str], options: argparse.Namespace) -> dict:
    """Serve with one server and load it."""
    port = free_port()
    code = _SERVE[server].replace("PORT", str(port)).replace("THREADS", str(THREADS))
    arguments = [sys.executable, "-W", "ignore", "-c", code, "--config-file", f"{folder}/conf"]
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        return {
            name: load(process.pid, port, path, options.seconds, options.connections)
            for name, path in paths.items()
        }
    finally:
        process.terminate()
        process.wait(30)


def main() -> None:
    """Measure all candidates and store the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--connections", type=int, default=8)
    options = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "conf").write_text(_CONF.format(folder=folder))
        seed = [sys.executable, "-W", "ignore", "-c", _SEED % AUDITS]
        seed += ["--config-file", f"{folder}/conf"]
        uuid = subprocess.run(seed, check=True, capture_output=True, text=True).stdout.strip()
        paths = {"audit": f"/v1/audits/{uuid}", "root": "/"}
        for server in SERVERS:
            results[server] = {
                "version": metadata.version(server),
                **measure(server, folder, paths, options),
            }
            print(server, json.dumps(results[server]), flush=True)
    document = {
        "machine": f"{os.cpu_count()} CPUs, {platform.python_implementation()} "
        f"{platform.python_version()}",
        "seconds": options.seconds,
        "connections": options.connections,
        "threads": THREADS,
        "servers": results,
    }
    HERE.joinpath("wsgi_servers.json").write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
