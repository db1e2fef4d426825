# SPDX-License-Identifier: Apache-2.0
"""What does a request to the REST API cost?  Measured on one worker over MariaDB.

    python bench/api.py [--seconds 20] [--transport URL] [--quick]

Starts a MariaDB of its own (``mariadbd`` must be installed) and ``watcher-api`` with one worker
and without authentication, fills 10 000 audits, 10 000 action plans and 100 000 actions,
and prints:

- processor time per request of the whole server (all its processes and threads, not MariaDB) and
  what MariaDB was asked to execute for it, pings and rollbacks included;
- the *floor*: one SQL statement with the same driver plus ``json.dumps`` of the same bytes, in a
  plain process, between the requests. A list cannot cost less in CPython;
- the figures of the other implementation, and the targets, both from issue 3;
- the lists again with other numbers of rows in every table, for pages at the beginning and deep in
  the list: wall time, since there MariaDB works too;
- latencies under an even load that does not wait for answers.

The tables are stored beside this file (``api.txt`` and ``api.json``).
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import api_load
import api_stage as stage

HERE = pathlib.Path(__file__).resolve().parent
SIZES = {"audits": 10_000, "action_plans": 10_000, "actions": 100_000}
FLAT = (1_000, 10_000, 100_000)
RATE = 200.0
BATCHES = 8
NEW_AUDIT = b'{"audit_type": "ONESHOT", "goal": "goal_2", "strategy": "strategy_1"}'

_LISTED = (
    "SELECT {columns}, g.uuid, g.name, s.uuid, s.name FROM audits a LEFT JOIN goals g "
    "ON g.id = a.goal_id LEFT JOIN strategies s ON s.id = a.strategy_id WHERE a.deleted_at IS NULL "
)
_AUDIT = (
    "a.id, a.uuid, a.name, a.audit_type, a.state, a.parameters, a.interval, a.scope, "
    "a.auto_trigger, a.next_run_time, a.hostname, a.start_time, a.end_time, a.force, "
    "a.status_message, a.created_at, a.updated_at, a.deleted_at"
)
_AUDITS = _LISTED.format(columns=_AUDIT)
_PLANS = (
    "SELECT p.id, p.uuid, p.state, p.global_efficacy, p.hostname, p.status_message, p.created_at, "
    "p.updated_at, p.deleted_at, a.uuid, a.deleted_at, s.uuid, s.name, i.name, i.description, "
    "i.unit, i.data FROM action_plans p LEFT JOIN audits a ON a.id = p.audit_id LEFT JOIN "
    "strategies s ON s.id = p.strategy_id LEFT JOIN efficacy_indicators i ON i.action_plan_id = "
    "p.id WHERE p.deleted_at IS NULL ORDER BY p.id LIMIT 1000"
)
_ACTIONS = (
    "SELECT t.id, t.uuid, t.action_type, p.uuid, t.state, t.parents FROM actions t LEFT JOIN "
    "action_plans p ON p.id = t.action_plan_id WHERE t.deleted_at IS NULL ORDER BY t.uuid, t.id "
    "LIMIT 1000"
)
_STRATEGIES = (
    "SELECT s.id, s.uuid, s.name, s.display_name, s.parameters_spec, g.uuid, g.name FROM "
    "strategies s LEFT JOIN goals g ON g.id = s.goal_id WHERE s.deleted_at IS NULL LIMIT 1000"
)


@dataclass(frozen=True)
class Case:
    """One request, the floor's statement, and what issue 3 says about it.

    ``cpu`` is the most milliseconds wanted, ``times`` the most multiples of the floor.
    """

    name: str
    path: str
    sql: str | None
    repeat: int
    theirs_cpu: float
    theirs_statements: int
    statements: int
    cpu: float | None = None
    times: float | None = None
    body: bytes | None = None


def cases(audit: str) -> list[Case]:
    """Return the requests of issue 3, about an audit where one is wanted."""
    one = _AUDITS + f"AND a.uuid = '{audit}' LIMIT 1"
    lists = [
        Case("audits/detail?limit=1000", "/v1/audits/detail?limit=1000",
             _AUDITS + "ORDER BY a.id LIMIT 1000", 40, 6062, 12003, 3, times=2),
        Case("action_plans/detail", "/v1/action_plans/detail?limit=1000",
             _PLANS, 40, 6365, 12003, 3, times=2),
        Case("1000 actions by uuid", "/v1/actions?sort_key=uuid&limit=1000",
             _ACTIONS, 40, 2942, 6003, 3, times=2),
    ]  # fmt: skip
    return [
        *lists,
        Case("one audit", f"/v1/audits/{audit}", one, 1000, 14.5, 15, 2, cpu=2),
        Case("strategies/detail", "/v1/strategies/detail", _STRATEGIES, 300, 70, 99, 3),
        Case("POST /v1/audits", "/v1/audits", None, 300, 20.6, 19, 8, body=NEW_AUDIT),
        Case("GET /", "/", None, 1000, 2.9, 0, 0, cpu=2),
    ]


@dataclass(frozen=True)
class Cost:
    """What a request costs."""

    cpu_ms: float
    wall_ms: float
    floor_ms: float
    statements: float
    answer: bytes


class Bench:
    """The processes, and what is asked of them."""

    def __init__(self, folder: pathlib.Path, options: argparse.Namespace) -> None:
        self.options = options
        self.database = stage.MariaDb(folder)
        self.database.start()
        self.api = stage.Api(folder, self.database.url, options.transport)
        self.api.make_tables()
        self._floor: Any = subprocess.Popen(
            [sys.executable, HERE / "api_floor.py", str(self.database.port)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def stop(self) -> None:
        """End the processes."""
        self._floor.communicate()
        self.api.stop()
        self.database.stop()

    def cost(self, path: str, repeat: int, body: bytes | None = None, floor: Any = None) -> Cost:
        """Ask again and again over one connection; return the cost in the least disturbed batch.

        Other load on the machine makes processor time longer (shared caches, sibling threads),
        never shorter. The floor is measured between the batches, so that both suffer alike.

        :param floor: the floor's statement; False: no floor.
        """
        repeat = max(2, repeat // (10 if self.options.quick else 1) // BATCHES)
        connection = http.client.HTTPConnection("127.0.0.1", self.api.port, timeout=300)
        method = "GET" if body is None else "POST"
        for _ in range(3):
            answer = stage.ask(connection, method, path, body)
        counter = stage.Statements(self.database)
        batches, asked = [], 0
        for _ in range(BATCHES):
            before, cpu_s, began = counter.read(), self.api.cpu_s(), time.perf_counter()
            for _ in range(repeat):
                answer = stage.ask(connection, method, path, body)
            wall_s = time.perf_counter() - began
            time.sleep(0.1)  # what a request leaves to threads in the background counts too
            used_ms = (self.api.cpu_s() - cpu_s) / repeat * 1000
            asked += counter.read() - before
            floor_ms = 0.0 if floor is False else self.floor(floor, answer, repeat)
            batches.append((used_ms, wall_s / repeat * 1000, floor_ms))
        connection.close()
        return Cost(*map(min, zip(*batches, strict=True)), asked / (BATCHES * repeat), answer)

    def floor(self, sql: str | None, answer: bytes, times: int) -> float:
        """Measure the floor in its own plain process."""
        case = {"sql": sql, "body": answer.decode(), "times": times}
        self._floor.stdin.write(json.dumps(case) + "\n")
        self._floor.stdin.flush()
        return float(self._floor.stdout.readline())

    def load(self, path: str) -> dict[str, float]:
        """Ask at an even rate, from another process."""
        command = [sys.executable, str(HERE / "api_load.py"), str(self.api.port), path]
        command += [str(RATE), str(self.options.seconds)]
        before = self.api.cpu_s()
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found: dict[str, float] = json.loads(done.stdout)
        found["server_cpu_percent"] = round(
            (self.api.cpu_s() - before) / (self.options.seconds + api_load.WARM_UP_S) * 100, 1
        )
        return found

    def audit(self) -> str:
        """Return the uuid of an audit in the middle."""
        number = FLAT[0] // 2
        with self.database.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT uuid FROM audits ORDER BY id LIMIT 1 OFFSET %s", (number,))
            return str(cursor.fetchall()[0][0])

    def pages(self, rows: int) -> dict[str, Any]:
        """Return the costs of pages of each list, at its beginning and 80 % down the list."""
        found = {}
        for table, detail, order in (
            ("audits", "/detail", "id"),
            ("audits", "/detail", "state"),
            ("audits", "/detail", "name"),
            ("action_plans", "/detail", "id"),
            ("actions", "", "uuid"),
        ):
            with self.database.connect() as connection, connection.cursor() as cursor:
                deep = rows * 8 // 10
                cursor.execute(f"SELECT uuid FROM {table} ORDER BY {order} LIMIT 1 OFFSET {deep}")
                marker = cursor.fetchall()[0][0]
            path = f"/v1/{table}{detail}?limit=200&sort_key={order}"
            for name, address in (("first", path), ("deep", f"{path}&marker={marker}")):
                cost = self.cost(address, 40, floor=False)
                found[f"{table} by {order}, {name} 200"] = _rounded(cost)
        one = f"/v1/audits/{self.audit()}"
        found["one audit"] = _rounded(self.cost(one, 300, floor=False))
        found["one audit by name"] = _rounded(
            self.cost("/v1/audits/strategy_1-500", 300, floor=False)
        )
        found["POST /v1/audits"] = _rounded(self.cost("/v1/audits", 100, NEW_AUDIT, floor=False))
        return found


def _rounded(cost: Cost) -> dict[str, float]:
    return {
        "cpu_ms": round(cost.cpu_ms, 2),
        "wall_ms": round(cost.wall_ms, 2),
        "statements": round(cost.statements, 2),
    }


def run(bench: Bench) -> dict[str, Any]:
    """Measure everything."""
    small, *_, large = FLAT
    tables = ("audits", "action_plans", "actions")
    stage.fill(bench.database, dict.fromkeys(tables, small))
    bench.api.start()
    flat = {str(small): bench.pages(small)}
    stage.fill(bench.database, SIZES)
    wanted = cases(bench.audit())
    results = {
        each.name: _judged(each, bench.cost(each.path, each.repeat, each.body, each.sql))
        for each in wanted
    }
    load = bench.load(next(each.path for each in wanted if each.name == "one audit"))
    flat[str(SIZES["audits"])] = bench.pages(SIZES["audits"])
    stage.fill(bench.database, dict.fromkeys(tables, large))
    flat[str(large)] = bench.pages(large)
    return {"requests": results, "load": load, "pages": flat}


def _judged(case: Case, cost: Cost) -> dict[str, Any]:
    floor = cost.floor_ms
    wanted = case.cpu if case.times is None else case.times * floor
    return {
        **_rounded(cost),
        "bytes": len(cost.answer),
        "floor_cpu_ms": round(floor, 2),
        "times_floor": round(cost.cpu_ms / max(floor, 0.01), 2),
        "theirs_cpu_ms": case.theirs_cpu,
        "theirs_statements": case.theirs_statements,
        "wanted_cpu_ms": None if wanted is None else round(wanted, 2),
        "wanted_statements": case.statements,
        "met": cost.statements <= case.statements and (wanted is None or cost.cpu_ms <= wanted),
    }


def report(document: dict[str, Any]) -> str:
    """Return the tables as text."""
    lines = [document["machine"], document["command"], ""]
    lines.append(
        f"{'':26}{'ours: CPU ms':>13}{'SQL':>7}{'floor ms':>10}{'ratio':>7}"
        f"{'theirs: CPU ms':>16}{'SQL':>7}{'target: CPU ms':>16}{'SQL':>5}  met"
    )
    for name, r in document["requests"].items():
        wanted = "-" if r["wanted_cpu_ms"] is None else r["wanted_cpu_ms"]
        lines.append(
            f"{name:26}{r['cpu_ms']:>13}{r['statements']:>7}{r['floor_cpu_ms']:>10}"
            f"{r['times_floor']:>7}{r['theirs_cpu_ms']:>16}{r['theirs_statements']:>7}"
            f"{wanted:>16}{r['wanted_statements']:>5}  {'yes' if r['met'] else 'NO'}"
        )
    load = document["load"]
    lines += [
        "",
        f"{load['rate']:.0f} requests/s on one audit for {load['seconds']:.0f} s: "
        f"{load['answered_per_s']}/s answered, {load['failed']} failed, p50 {load['p50_ms']} ms, "
        f"p99 {load['p99_ms']} ms (wanted: under 50), longest {load['longest_ms']} ms, "
        f"server at {load['server_cpu_percent']} % of one CPU",
        "",
        f"{'page, by rows in each table':34}"
        + "".join(f"{rows + ': wall ms':>17}{'CPU ms':>8}{'SQL':>5}" for rows in document["pages"]),
    ]
    names = next(iter(document["pages"].values()))
    for name in names:
        cells = [pages[name] for pages in document["pages"].values()]
        lines.append(
            f"{name:34}"
            + "".join(f"{c['wall_ms']:>17}{c['cpu_ms']:>8}{c['statements']:>5}" for c in cells)
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print and store."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seconds", type=float, default=20.0, help="of even load")
    parser.add_argument("--transport", default="fake:", help="the message bus that creates ring")
    parser.add_argument("--quick", action="store_true", help="few repetitions; nothing is stored")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(pathlib.Path(folder), options)
        try:
            version, busy = bench.database.version(), os.getloadavg()[0]
            document = run(bench)
        except Exception:
            print(bench.api.log()[-4000:], file=sys.stderr)
            raise
        finally:
            bench.stop()
    drivers = ", ".join(f"{name} {metadata.version(name)}" for name in ("SQLAlchemy", "PyMySQL"))
    document = {
        "machine": f"{os.cpu_count()} x {_processor()}, CPython {platform.python_version()}, "
        f"MariaDB {version}, {drivers}; load average {busy:.1f} before and "
        f"{os.getloadavg()[0]:.1f} after",
        "command": " ".join(["python", "bench/api.py", *sys.argv[1:]]),
        **document,
    }
    print(report(document), end="")
    if not options.quick:
        HERE.joinpath("api.json").write_text(json.dumps(document, indent=2) + "\n")
        HERE.joinpath("api.txt").write_text(report(document))


def _processor() -> str:
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


if __name__ == "__main__":
    main()
