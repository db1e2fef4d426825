# SPDX-License-Identifier: Apache-2.0
"""The command a newcomer runs first."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request

import pytest

from tests.functional.deployment import (
    BIN,
    CREDENTIALS,
    Deployment,
    free_port,
    signals_of,
    wait_for,
)
from tests.functional.test_crash import NEVER_S, drain, held, moves_of

#: Seconds for a stop. What hangs gets its time first; a cloud's own timeouts are far longer.
STOP_S = 75
#: Seconds for a command that ends by itself, on any machine.
LONGEST_S = 240


def test_demo_drains_a_host_within_half_a_minute(tmp_path):
    began = time.monotonic()
    done = subprocess.run(
        [BIN / "watcher-standalone", "--demo", "--port", str(free_port())],
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert time.monotonic() - began < 30
    assert "Hosts before" in done.stdout
    assert "Hosts after" in done.stdout
    assert "is empty" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


def test_demo_fails_when_the_cloud_refuses_the_moves(tmp_path):
    command = [BIN / "watcher-standalone", "--demo", "--port", str(free_port())]
    done = subprocess.run(
        [*command, "--cloud", "generate:hosts=1,servers=3,seed=1"],
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        cwd=tmp_path,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "FAILED" in done.stdout + done.stderr
    assert "Hosts after" in done.stdout


def test_control_c_stops_everything(tmp_path):
    port = free_port()
    process = subprocess.Popen(
        [
            BIN / "watcher-standalone", "--port", str(port), "--state-dir", tmp_path / "state",
            "--cloud", "generate:hosts=3,servers=6,seed=1",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip

    def answers():
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
            return answer.status == 200

    try:
        wait_for("the API answers", answers)
        for _ in range(4):  # an impatient user
            process.send_signal(signal.SIGINT)
            time.sleep(0.3)
        output, _ = process.communicate(timeout=STOP_S)
    finally:
        process.kill()
    assert process.returncode == 0, output
    assert "Traceback" not in output


def test_a_database_that_is_none_is_told_in_one_line(tmp_path):
    (tmp_path / "watcher.sqlite").write_bytes(b"nonsense" * 1000)
    cloud = "generate:hosts=1,servers=1"
    done = subprocess.run(
        [BIN / "watcher-standalone", "--cloud", cloud, "--port", "0", "--state-dir", tmp_path],
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "watcher-standalone: the database: file is not a database\n"


def started_for_good(process):
    """Tell whether our code decides about signals: no longer Python, which prints a traceback."""

    def decides():
        python_began = signal.SIGPIPE in signals_of(process.pid, "SigIgn")
        caught = signals_of(process.pid, "SigCgt")
        return python_began and (signal.SIGINT not in caught or signal.SIGTERM in caught)

    if not decides():
        return False
    time.sleep(0.1)  # Python's own handler comes a moment after the first sign of it
    return decides()


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda each: each.name
)
@pytest.mark.parametrize(
    "seen",
    ["", "is to be drained", "action plan: RECOMMENDED -> ONGOING"],
    ids=["at once", "before the audit", "while the plan runs"],
)
def test_a_signal_ends_the_demo_at_any_stage(tmp_path, seen, number):
    process = subprocess.Popen(
        # So slow that the plan still runs, however late the signal comes.
        [BIN / "watcher-standalone", "--demo", "--port", "0", "--migration-seconds", "60"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    try:
        if not seen:
            wait_for("Python has started", lambda: started_for_good(process))
        while seen and seen not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(number)
        output, _ = process.communicate(timeout=STOP_S)
    finally:
        process.kill()
    # A process that still imports ends as the shell's default.
    assert process.returncode in ({130} if seen else {130, -number}), output
    assert "Traceback" not in output
    assert list(tmp_path.iterdir()) == []


def test_unreadable_cloud_is_refused_with_an_explanation(tmp_path):
    done = subprocess.run(
        [BIN / "watcher-standalone", "--cloud", "generate:hosts=many"],
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert "hosts=many" in done.stderr
    assert sys.executable not in done.stderr


@pytest.fixture
def over_a_cloud(tmp_path):
    """The single process over a simulated cloud that lives on without it; not started yet."""
    made = Deployment(tmp_path, "", "")
    made.cloud_arguments += ["--migration-seconds", "2"]
    made.start_cloud()
    try:
        yield made
    finally:
        made.signal("watcher-simulator", signal.SIGCONT)
        made.stop()


def start(deployment):
    """Start the single process over the deployment's cloud, on SQLite."""
    path = deployment.folder / "cloud.conf"
    login = CREDENTIALS.format(auth_url=deployment.auth_url)
    nova = "[nova]\nmigration_interval = 0.2"
    path.write_text(f"[keystone_authtoken]\n{login}\n[watcher_clients_auth]\n{login}\n{nova}\n")
    where = ["--port", deployment.api_port, "--state-dir", deployment.folder / "state"]
    command = [BIN / "watcher-standalone", *where, "--config-file", path]
    deployment.spawn("watcher-standalone", command)
    wait_for("the API answers", lambda: deployment.request("GET", "/")[0] == 200)


def column(deployment, statement):
    """Return what a statement selects from the single process's database."""
    path = deployment.folder / "state" / "watcher.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [value for (value,) in connection.execute(statement)]


def test_plan_survives_a_stop_while_the_cloud_hangs(over_a_cloud):
    start(over_a_cloud)
    held(over_a_cloud)
    _audit, source, servers = drain(over_a_cloud, auto_trigger=True)
    wait_for("a migration runs", lambda: any(moves_of(over_a_cloud, each) for each in servers))
    over_a_cloud.signal("watcher-simulator", signal.SIGSTOP)
    assert over_a_cloud.terminate("watcher-standalone", STOP_S) == 0
    assert column(over_a_cloud, "SELECT state FROM action_plans") == ["ONGOING"]
    assert "Traceback" not in over_a_cloud.log("watcher-standalone")

    over_a_cloud.signal("watcher-simulator", signal.SIGCONT)
    over_a_cloud.mend()
    start(over_a_cloud)
    (plan,) = column(over_a_cloud, "SELECT uuid FROM action_plans")
    over_a_cloud.wait_state("action_plans", plan, "SUCCEEDED", timeout_s=240)
    assert over_a_cloud.servers_on(source) == []
    assert [len(moves_of(over_a_cloud, each)) for each in servers] == [1] * len(servers)


def test_stop_does_not_wait_for_a_cloud_that_hangs_while_it_is_looked_at(over_a_cloud):
    over_a_cloud.fault(kind="latency", seconds=NEVER_S, path="/servers/detail")
    start(over_a_cloud)
    over_a_cloud.create_audit()
    wait_for(
        "the audit runs",
        lambda: column(over_a_cloud, "SELECT state FROM audits") == ["ONGOING"],
    )
    assert over_a_cloud.terminate("watcher-standalone", STOP_S) == 0
    assert column(over_a_cloud, "SELECT state FROM audits") == ["ONGOING"]


def test_plan_goes_on_after_the_process_was_killed(over_a_cloud):
    start(over_a_cloud)
    _audit, source, servers = drain(over_a_cloud, auto_trigger=True)
    wait_for("a migration runs", lambda: any(moves_of(over_a_cloud, each) for each in servers))
    over_a_cloud.kill("watcher-standalone")

    start(over_a_cloud)
    (plan,) = column(over_a_cloud, "SELECT uuid FROM action_plans")
    over_a_cloud.wait_state("action_plans", plan, "SUCCEEDED", timeout_s=240)
    assert over_a_cloud.servers_on(source) == []
    assert [len(moves_of(over_a_cloud, each)) for each in servers] == [1] * len(servers)
