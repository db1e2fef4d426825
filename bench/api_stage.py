# SPDX-License-Identifier: Apache-2.0
"""What ``bench/api.py`` measures on: a MariaDB and a ``watcher-api`` of its own, filled with rows.

The database server is started for the bench, so that its counter of statements counts ours only,
and counts all of them: pings and rollbacks too.  Rows are made by the server from numbers, so that
they are the same in every run and 100 000 of them take seconds.
"""

from __future__ import annotations

import getpass
import http.client
import os
import pathlib
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

import pymysql

DATABASE = "watcher"
GOALS = 15
STRATEGIES = 33
HEADERS = {"X-Roles": "admin", "OpenStack-API-Version": "infra-optim 1.7"}

_CONF = """[DEFAULT]
state_path = {folder}
transport_url = {transport}
enable_authentication = false
[api]
host = 127.0.0.1
port = {port}
workers = 1
[database]
connection = {url}
"""


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def uuid_of(prefix: str, number: int | str) -> str:
    """Return the SQL expression of the uuid of a row: a digest, so in no order of rows."""
    digest = f"MD5(CONCAT('{prefix}', {number}))"
    cuts = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    return "CONCAT_WS('-', " + ", ".join(f"SUBSTR({digest}, {a}, {n})" for a, n in cuts) + ")"


_TIMES = "'2026-01-01' + INTERVAL seq SECOND, '2026-02-01' + INTERVAL seq SECOND, NULL, 0"
_STAMPS = "created_at, updated_at, deleted_at, deleted"

#: Table -> columns, and their values by number of row. ``{parent}`` is spread over the parents.
_ROWS: Mapping[str, tuple[str, str]] = {
    "goals": (
        f"{_STAMPS}, id, uuid, name, display_name, efficacy_specification",
        f"{_TIMES}, seq, {uuid_of('goal', 'seq')}, CONCAT('goal_', seq), CONCAT('Goal ', seq), "
        """'[{"name": "moves", "description": "Moved servers", "unit": "%", "schema": "{}"}]'""",
    ),
    "strategies": (
        f"{_STAMPS}, id, uuid, name, display_name, goal_id, parameters_spec",
        f"{_TIMES}, seq, {uuid_of('strategy', 'seq')}, CONCAT('strategy_', seq), "
        f"CONCAT('Strategy ', seq), 1 + seq % {GOALS}, "
        """'{"properties": {"threshold": {"description": "Where it begins to act", "type": """
        """"number", "default": 35.0, "minimum": 0, "maximum": 100}, "period": {"description": """
        """"Seconds that are looked at", "type": "integer", "default": 300}, "granularity": """
        """{"description": "Seconds between two values", "type": "number", "default": 300}}}'""",
    ),
    "audits": (
        f"{_STAMPS}, id, uuid, name, audit_type, state, parameters, `interval`, goal_id, "
        "strategy_id, scope, auto_trigger, next_run_time, hostname, start_time, end_time, "
        "`force`, status_message",
        f"{_TIMES}, seq, {uuid_of('audit', 'seq')}, CONCAT('strategy_1-', seq), "
        "IF(seq % 4, 'ONESHOT', 'CONTINUOUS'), IF(seq % 10, 'SUCCEEDED', 'FAILED'), "
        """'{"threshold": 35.0, "period": 300}', IF(seq % 4, NULL, '3600'), """
        f"1 + seq % {GOALS}, 1 + seq % {STRATEGIES}, '[]', 0, NULL, 'host-1', NULL, NULL, 0, NULL",
    ),
    "action_plans": (
        f"{_STAMPS}, id, uuid, audit_id, strategy_id, state, global_efficacy, hostname, "
        "status_message",
        f"{_TIMES}, seq, {uuid_of('plan', 'seq')}, 1 + seq % {{parents}}, "
        f"1 + seq % {STRATEGIES}, IF(seq % 3, 'SUCCEEDED', 'RECOMMENDED'), "
        """'[{"name": "moves", "description": "Moved servers", "unit": "%", "value": 25.0}]', """
        "'host-1', NULL",
    ),
    "efficacy_indicators": (
        f"{_STAMPS}, id, uuid, name, description, unit, value, action_plan_id, data",
        f"{_TIMES}, seq, {uuid_of('indicator', 'seq')}, 'moves', 'Moved servers', '%', 25, seq, "
        "25.5",
    ),
    "actions": (
        f"{_STAMPS}, id, uuid, action_plan_id, action_type, input_parameters, state, parents, "
        "status_message",
        f"{_TIMES}, seq, {uuid_of('action', 'seq')}, 1 + seq % {{parents}}, 'migrate', "
        """CONCAT('{"migration_type": "live", "source_node": "host-1", "destination_node": """
        """"host-2", "resource_id": "', """
        f"""{uuid_of("server", "seq")}, '"}}'), """
        f"IF(seq % 3, 'SUCCEEDED', 'PENDING'), CONCAT('[\"', {uuid_of('action', 'seq + 1')}, "
        """'"]'), NULL""",
    ),
}


class MariaDb:
    """A MariaDB server with an empty data folder, which ends with the bench."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder, self.port = folder / "mariadb", free_port()
        self.url = f"mysql+pymysql://bench:bench@127.0.0.1:{self.port}/{DATABASE}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make the data folder, start, and make an empty database with a user."""
        common = ["--no-defaults", f"--user={getpass.getuser()}", f"--datadir={self.folder}"]
        install = [
            "mariadb-install-db",
            *common,
            "--skip-test-db",
            "--auth-root-authentication-method=normal",
        ]
        subprocess.run(install, check=True, capture_output=True)
        path = f"{os.environ['PATH']}:/usr/sbin"
        self._process = subprocess.Popen(
            [
                "mariadbd", *common, f"--port={self.port}", f"--socket={self.folder}/socket",
                "--bind-address=127.0.0.1", "--innodb-buffer-pool-size=512M",
                "--character-set-server=utf8mb4",
            ],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | {"PATH": path},
        )  # fmt: skip
        wait_for(lambda: (self.folder / "socket").exists() and self._root().close() is None)
        with self._root() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {DATABASE}")
            cursor.execute("CREATE USER bench@'127.0.0.1' IDENTIFIED BY 'bench'")
            cursor.execute("GRANT ALL ON *.* TO bench@'127.0.0.1'")

    def stop(self) -> None:
        """End the server."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)

    def connect(self) -> pymysql.Connection[Any]:
        """Open a connection to the database."""
        return pymysql.connect(
            host="127.0.0.1", port=self.port, user="bench", password="bench",
            database=DATABASE, charset="utf8mb4", autocommit=True,
        )  # fmt: skip

    def _root(self) -> pymysql.Connection[Any]:
        return pymysql.connect(unix_socket=f"{self.folder}/socket", user="root")

    def version(self) -> str:
        """Return the version of the server."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT VERSION()")
            return str(cursor.fetchall()[0][0])


class Statements:
    """Counts what the server was asked to execute, by anybody but this counter."""

    def __init__(self, database: MariaDb) -> None:
        self._connection = database.connect()
        self._own = 0

    def read(self) -> int:
        """Return the statements so far."""
        with self._connection.cursor() as cursor:
            cursor.execute("SHOW GLOBAL STATUS LIKE 'Questions'")
            self._own += 1
            return int(cursor.fetchall()[0][1]) - self._own


def fill(database: MariaDb, sizes: Mapping[str, int]) -> None:
    """Bring the tables to these numbers of rows; rows that are there stay."""
    sizes = {"goals": GOALS, "strategies": STRATEGIES, **sizes}
    sizes["efficacy_indicators"] = sizes["action_plans"]
    parents = {"action_plans": sizes["audits"], "actions": sizes["action_plans"]}
    with database.connect() as connection, connection.cursor() as cursor:
        for table, (columns, values) in _ROWS.items():
            cursor.execute(f"SELECT COALESCE(MAX(id), 0) FROM {table}")
            present = int(cursor.fetchall()[0][0])
            if present >= sizes[table]:
                continue
            # Not str.format(): the JSON texts have braces.
            values = values.replace("{parents}", str(parents.get(table)))
            numbers = f"seq_{present + 1}_to_{sizes[table]}"
            cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {values} FROM {numbers}")
        cursor.execute(
            "INSERT IGNORE INTO action_descriptions (deleted, action_type, description) "
            "VALUES (0, 'migrate', 'Moves a server to another host')"
        )
        cursor.execute("ANALYZE TABLE " + ", ".join(_ROWS))
        cursor.fetchall()


class Api:
    """A ``watcher-api`` with one worker process."""

    def __init__(self, folder: pathlib.Path, url: str, transport: str) -> None:
        self.folder, self.port = folder, free_port()
        self.configuration = folder / "watcher.conf"
        text = _CONF.format(folder=folder, transport=transport, port=self.port, url=url)
        self.configuration.write_text(text)
        self._process: subprocess.Popen[bytes] | None = None

    def make_tables(self) -> None:
        """Run ``watcher-db-manage upgrade``."""
        subprocess.run(
            [*self._command("watcher-db-manage"), "upgrade"],
            check=True,
            capture_output=True,
        )

    def start(self) -> None:
        """Start, and wait until it answers."""
        with (self.folder / "watcher-api.log").open("ab") as log:
            self._process = subprocess.Popen(self._command("watcher-api"), stdout=log, stderr=log)
        wait_for(lambda: self.ask("GET", "/"))

    def stop(self) -> None:
        """End the server."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)

    def log(self) -> str:
        """Return what it has logged."""
        return (self.folder / "watcher-api.log").read_text(errors="replace")

    def ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """Send one request over a connection of its own; return the body of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        try:
            return ask(connection, method, path, body)
        finally:
            connection.close()

    def cpu_s(self) -> float:
        """Return the processor time of all its processes, in seconds."""
        assert self._process is not None
        return sum(_cpu_s(pid) for pid in _family(self._process.pid))

    def _command(self, name: str) -> list[str]:
        program = pathlib.Path(sys.executable).parent / name
        return [str(program), "--config-file", str(self.configuration)]


def ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None
) -> bytes:
    """Send one request; return the body of the answer, which must be a success."""
    headers = HEADERS | ({"Content-Type": "application/json"} if body else {})
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    data = answer.read()
    if answer.status >= 400:
        raise RuntimeError(f"{method} {path}: {answer.status} {data[:500]!r}")
    return data


def wait_for(probe: Any, timeout_s: float = 60) -> None:
    """Wait until a probe is true and raises nothing."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            if probe():
                return
        except (OSError, pymysql.MySQLError):
            pass
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.1)


def _cpu_s(pid: int) -> float:
    """Return the time on a processor of all threads; the kernel counts nanoseconds."""
    threads = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return sum(int((each / "schedstat").read_text().split()[0]) for each in threads) / 1e9


def _family(pid: int) -> list[int]:
    found = [pid]
    for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for child in (thread / "children").read_text().split():
            found += _family(int(child))
    return found
