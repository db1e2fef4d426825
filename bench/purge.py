# SPDX-License-Identifier: Apache-2.0
"""What does a purge of a million soft-deleted actions cost, and does it disturb the services?

    python bench/purge.py [--actions 1000000] [--database mysql postgresql] [-- PURGE OPTIONS]

For each database: makes an empty one (tools/services starts the servers), fills it with
soft-deleted audits of one plan of 100 actions and 2 indicators each, 40 days old, and with a tenth
as many live ones, and runs ``watcher-db-manage purge --yes -d 30`` in a process of its own.
Meanwhile one thread does what an applier does: it changes the state of a live action, 50 times a
second, each in a transaction. Printed and stored beside this file (``purge.json``): seconds in all,
peak memory of the process (and of the same command with nothing to do), the longest of its
transactions, the slowest of the applier's, and the rows before and after.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from watcher.db import migration, session

HERE = pathlib.Path(__file__).resolve().parent
SERVERS = {
    "mysql": os.environ.get(
        "WATCHER_TEST_MYSQL", "mysql+pymysql://watcher:watcher@127.0.0.1:3306/"
    ),
    "postgresql": os.environ.get(
        "WATCHER_TEST_POSTGRESQL", "postgresql+psycopg://watcher:watcher@127.0.0.1:5432/postgres"
    ),
}
ACTIONS_PER_PLAN = 100
WRITES_PER_S = 50
PURGED = ("audits", "action_plans", "actions", "efficacy_indicators")

_NUMBERS = {
    "mysql": "(SELECT seq AS n FROM seq_1_to_{count}) AS numbers",
    "postgresql": "generate_series(1, {count}) AS numbers(n)",
}
_UUID = {"mysql": "UUID()", "postgresql": "gen_random_uuid()"}
_FILL = """
INSERT INTO audits (id, uuid, audit_type, state, goal_id, strategy_id, auto_trigger, name,
                    parameters, scope, {force}, deleted, deleted_at, created_at)
  SELECT {first} + n, {uuid}, 'ONESHOT', '{state}', 1, 1, {no}, CONCAT('audit-', {first} + n),
         '{{}}', '[]', {no}, {deleted}, {when}, {old} FROM {audits};
INSERT INTO action_plans (id, uuid, audit_id, strategy_id, state, global_efficacy, deleted,
                          deleted_at, created_at)
  SELECT {first} + n, {uuid}, {first} + n, 1, '{state}', '[]', {deleted}, {when}, {old}
  FROM {audits};
INSERT INTO actions (uuid, action_plan_id, action_type, input_parameters, state, parents, deleted,
                     deleted_at, created_at)
  SELECT {uuid}, {first} + 1 + FLOOR((n - 1) / {per_plan}), 'migrate',
         '{{"resource_id": "9a3a1b3c-7d4b-4b0e-9d7a-111111111111", "migration_type": "live"}}',
         '{state}', '[]', {deleted}, {when}, {old} FROM {actions};
INSERT INTO efficacy_indicators (uuid, name, unit, value, data, action_plan_id, deleted,
                                 deleted_at)
  SELECT {uuid}, 'released_nodes', 'hosts', 1, 1, {first} + 1 + FLOOR((n - 1) / 2),
         {deleted}, {when}
  FROM {indicators}
"""


def main() -> None:
    """Run the benchmark for each database and store the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--actions", type=int, default=1_000_000)
    parser.add_argument("--database", nargs="+", choices=SERVERS, default=list(SERVERS))
    parser.add_argument("options", nargs="*", help="of the purge, after --", default=["-d", "30"])
    chosen = parser.parse_args()
    results = {}
    for kind in chosen.database:
        for url in _empty_database(kind):
            results[kind] = measure(kind, url, chosen.actions, chosen.options or ["-d", "30"])
        print(json.dumps({kind: results[kind]}, indent=1), flush=True)
    found = {
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "load_at_end": os.getloadavg()[0],
        "actions": chosen.actions,
        "options": chosen.options,
        "results": results,
    }
    (HERE / "purge.json").write_text(json.dumps(found, indent=1) + "\n")


def measure(kind: str, url: str, actions: int, options: list[str]) -> dict[str, Any]:
    """Fill a database and purge it."""
    session.configure(url)
    engine = session.engine()
    migration.upgrade()
    idle = _purge(url, options)
    begun = time.monotonic()
    fill(engine, kind, actions)
    filled_s = time.monotonic() - begun
    before = _counts(engine)
    with _Applier(engine) as applier:
        purged = _purge(url, options)
    after = _counts(engine)
    version = ".".join(map(str, engine.dialect.server_version_info or ()))
    session.reset()
    return {
        "server": version,
        "fill_s": round(filled_s, 1),
        "rows_before": before,
        "rows_after": after,
        "purge": purged,
        "memory_mib_when_there_is_nothing_to_do": idle["peak_memory_mib"],
        "applier": applier.figures(),
    }


def fill(engine: sa.Engine, kind: str, actions: int) -> None:
    """Insert soft-deleted rows, and a tenth as many live ones."""
    old = {"mysql": "UTC_TIMESTAMP() - INTERVAL 40 DAY"}.get(
        kind, "timezone('utc', now()) - interval '40 days'"
    )
    with engine.begin() as connection:
        for statement in (
            f"INSERT INTO goals (id, uuid, name, display_name, efficacy_specification, deleted)"
            f" VALUES (1, {_UUID[kind]}, 'drain', 'Drain', '[]', 0)",
            f"INSERT INTO strategies (id, uuid, name, display_name, goal_id, deleted)"
            f" VALUES (1, {_UUID[kind]}, 'vacate', 'Vacate', 1, 0)",
        ):
            connection.exec_driver_sql(statement)
    plans = actions // ACTIONS_PER_PLAN
    _insert(engine, kind, first=0, plans=plans, state="DELETED", when=old, old=old)
    _insert(engine, kind, first=plans, plans=plans // 10, state="ONGOING", when="NULL", old=old)
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        names = ", ".join(PURGED)
        connection.exec_driver_sql(
            f"ANALYZE TABLE {names}" if kind == "mysql" else f"ANALYZE {names}"
        )


def _insert(engine: sa.Engine, kind: str, *, first: int, plans: int, **values: str) -> None:
    numbers = _NUMBERS[kind]
    when = values["when"]
    text = _FILL.format(
        first=first,
        uuid=_UUID[kind],
        force="`force`" if kind == "mysql" else "force",
        no="FALSE",
        deleted="0" if when == "NULL" else f"{first} + n",
        per_plan=ACTIONS_PER_PLAN,
        audits=numbers.format(count=plans),
        actions=numbers.format(count=plans * ACTIONS_PER_PLAN),
        indicators=numbers.format(count=plans * 2),
        **values,
    )
    for statement in text.split(";"):
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)


class _Applier:
    """Writes states of live actions, evenly, and notes how long each transaction takes."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._stopped = threading.Event()
        self._seconds: list[float] = []
        self._errors: list[str] = []
        self._thread = threading.Thread(target=self._work, name="applier")

    def __enter__(self) -> _Applier:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopped.set()
        self._thread.join()

    def figures(self) -> dict[str, Any]:
        """Return milliseconds and errors."""
        return {
            "transactions": len(self._seconds),
            "median_ms": round(statistics.median(self._seconds) * 1000, 1),
            "slowest_ms": round(max(self._seconds) * 1000, 1),
            "errors": self._errors,
        }

    def _work(self) -> None:
        with self._engine.connect() as connection:
            live = "SELECT id FROM actions WHERE deleted_at IS NULL"
            ids = [row[0] for row in connection.exec_driver_sql(f"{live} LIMIT 1000")]
        change = sa.text("UPDATE actions SET state = :state WHERE id = :id")
        number = 0
        while not self._stopped.wait(1 / WRITES_PER_S):
            number += 1
            values = {"id": ids[number % len(ids)], "state": f"S{number % 7}"}
            begun = time.monotonic()
            try:
                with self._engine.begin() as connection:
                    connection.execute(change, values)
            except sa.exc.SQLAlchemyError as error:
                self._errors.append(str(error)[:200])
            self._seconds.append(time.monotonic() - begun)


_WRAPPED = """
import resource, sys
from watcher.cmd import dbmanage
code = dbmanage.main(sys.argv[1:])
peak = resource.getrusage(resource.RUSAGE_SELF)
print("peak", peak.ru_maxrss // 1024, "cpu", peak.ru_utime + peak.ru_stime, file=sys.stderr)
sys.exit(code)
"""


def _purge(url: str, options: list[str]) -> dict[str, Any]:
    """Run the command in a process of its own."""
    configuration = HERE / f".purge-{uuid.uuid4().hex}.conf"
    configuration.write_text(f"[database]\nconnection = {url}\n")
    command = (sys.executable, "-c", _WRAPPED)
    begun = time.monotonic()
    try:
        done = subprocess.run(
            [*command, "--config-file", str(configuration), "purge", "--yes", *options],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        configuration.unlink()
    seconds = time.monotonic() - begun
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    transactions, longest = re.search(
        r"(\d+) transactions, longest transaction ([\d.]+) s", done.stderr
    ).groups()
    peak, cpu = re.search(r"peak (\d+) cpu ([\d.]+)", done.stderr).groups()
    return {
        "seconds": round(seconds, 1),
        "cpu_seconds": round(float(cpu), 1),
        "peak_memory_mib": int(peak),
        "transactions": int(transactions),
        "longest_transaction_s": float(longest),
        "printed": done.stdout.splitlines()[-2],
    }


def _counts(engine: sa.Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            name: connection.exec_driver_sql(f"SELECT COUNT(*) FROM {name}").scalar_one()
            for name in PURGED
        }


def _empty_database(kind: str) -> Iterator[str]:
    server = sa.engine.make_url(SERVERS[kind])
    name = f"watcher_{uuid.uuid4().hex[:12]}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            force = " WITH (FORCE)" if kind == "postgresql" else ""
            connection.exec_driver_sql(f"DROP DATABASE {name}{force}")
        engine.dispose()


if __name__ == "__main__":
    main()
