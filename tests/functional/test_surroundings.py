# SPDX-License-Identifier: Apache-2.0
"""The commands a newcomer runs, on machines that are less tidy than a tester's.

A proxy that leads nowhere, folders with odd names, a terminal that is closed, ports in use.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
import pty
import signal
import socket
import subprocess
import termios
import time
import urllib.request

import pytest

from tests.functional.deployment import BIN, free_port, wait_for

#: Seconds for a command that ends by itself, on any machine.
LONGEST_S = 240
#: Seconds for a stop.
STOP_S = 75
#: The port of no service; whoever asks it for anything is refused at once.
DEAD = "http://127.0.0.1:9"
PROXIES = {
    name: DEAD
    for lower in ("http_proxy", "https_proxy", "all_proxy")
    for name in (lower, lower.upper())
}
SMALL = "generate:hosts=3,servers=6,seed=1"
FOLDER = 'it\'s 100%20 "a%2Fb" %(x)s $HOME #1 what? ünï&雲'


def run(command, *arguments, cwd, **environ):
    """Run one of the commands to its end, in a modified environment."""
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    return subprocess.run(
        [BIN / command, *arguments],
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        cwd=cwd,
        env=kept | environ,
    )


def test_the_first_command_needs_no_proxy(tmp_path):
    arguments = ["--demo", "--port", "0", "--cloud", SMALL, "--migration-seconds", "0.1"]
    done = run("watcher-standalone", *arguments, cwd=tmp_path, **PROXIES)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "is empty" in done.stdout


def test_the_demo_runs_in_a_folder_of_any_name(tmp_path):
    folder = tmp_path / FOLDER
    folder.mkdir()
    arguments = ["--demo", "--port", "0", "--cloud", SMALL, "--migration-seconds", "0.1"]
    done = run("watcher-standalone", *arguments, cwd=folder, TMPDIR=str(folder), HOME="/x")
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(folder.iterdir()) == []


def test_credentials_work_behind_a_proxy_and_in_a_folder_of_any_name(tmp_path):
    folder = tmp_path / FOLDER
    folder.mkdir()
    with (tmp_path / "log").open("w+") as log:
        process = subprocess.Popen(
            [BIN / "watcher-standalone", "--port", "0", "--cloud", SMALL],
            stdout=log,
            stderr=log,
            cwd=folder,
            env=os.environ | PROXIES,
        )
        try:
            wait_for("it runs", lambda: "credentials:" in (tmp_path / "log").read_text())
            said = (tmp_path / "log").read_text()
            use = said.partition("credentials: ")[2].splitlines()[0]
            ask = "openstack optimize strategy list -f value -c Name"
            client = subprocess.run(
                ["bash", "-euc", f"{use}\n{ask}"],
                capture_output=True,
                text=True,
                timeout=LONGEST_S,
                env=os.environ | PROXIES | {"PATH": f"{BIN}:{os.environ['PATH']}"},
            )
        finally:
            process.send_signal(signal.SIGHUP)
            try:
                process.wait(STOP_S)
            finally:
                process.kill()
    assert "host_maintenance" in client.stdout.split(), client.stderr
    assert process.returncode == 0
    assert (folder / "watcher-standalone" / "watcher.sqlite").stat().st_size > 0
    assert [each.name for each in folder.iterdir()] == ["watcher-standalone"]
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted([FOLDER, "log"])


class Terminal:
    """A terminal with one program in it."""

    def __init__(self, *command, **options):
        self._ours, theirs = pty.openpty()

        def take():
            os.setsid()
            fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

        self.program = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, preexec_fn=take, **options
        )
        os.close(theirs)

    def read_until(self, text):
        """Read until something is shown."""
        shown = b""
        while text not in shown:
            assert self.program.poll() is None, shown
            shown += os.read(self._ours, 4096)

    def close(self):
        """Close it, as a click on its window does."""
        os.close(self._ours)


@pytest.mark.parametrize(
    "seen",
    [b"the API is at", b"is to be drained", b"RECOMMENDED -> ONGOING"],
    ids=["when all runs", "before the audit", "while the plan runs"],
)
def test_a_demo_whose_terminal_is_closed_leaves_nothing(tmp_path, seen):
    terminal = Terminal(
        BIN / "watcher-standalone", "--demo", "--port=0", "--migration-seconds=60",
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )  # fmt: skip
    try:
        terminal.read_until(seen)
        assert list(tmp_path.iterdir())
        terminal.close()
        assert terminal.program.wait(STOP_S) in (2, 130)  # by its output or by the signal
    finally:
        terminal.program.kill()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "seen"),
    [
        (["watcher-standalone", "--port=0", f"--cloud={SMALL}"], b"Ctrl-C stops"),
        (["watcher-simulator", "--port=0", "--dump=cloud.json"], b"for watcher.conf"),
    ],
    ids=lambda each: each[0] if isinstance(each, list) else "",
)
def test_a_server_whose_terminal_is_closed_ends_in_order(tmp_path, command, seen):
    terminal = Terminal(BIN / command[0], *command[1:], cwd=tmp_path)
    try:
        terminal.read_until(seen)
        (tmp_path / "cloud.json").unlink(missing_ok=True)
        terminal.close()
        assert terminal.program.wait(STOP_S) in (0, 2)  # 2: it was still printing
    finally:
        terminal.program.kill()
    assert (tmp_path / "cloud.json").exists() == ("simulator" in command[0])


def test_a_reader_that_goes_away_ends_the_demo(tmp_path):
    process = subprocess.Popen(
        [BIN / "watcher-standalone", "--demo", "--port=0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    with process:
        try:
            process.stdout.readline()
            process.stdout.close()
            said = process.stderr.read()
            assert process.wait(STOP_S) == 2
        finally:
            process.kill()
    assert said == "watcher-standalone: [Errno 32] Broken pipe\n"
    assert list(tmp_path.iterdir()) == []


def test_nohup_keeps_a_server_whose_terminal_is_closed(tmp_path):
    port = free_port()
    arguments = [f"--port={port}", f"--cloud={SMALL}"]
    command = ["sh", "-c", 'trap "" HUP; exec "$@" >log 2>&1', "sh"]
    terminal = Terminal(*command, BIN / "watcher-standalone", *arguments, cwd=tmp_path)

    def answers():
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
            return answer.status == 200

    try:
        wait_for("the API answers", answers)
        terminal.close()
        time.sleep(0.5)
        assert answers()
        terminal.program.send_signal(signal.SIGTERM)
        assert terminal.program.wait(STOP_S) == 0
    finally:
        terminal.program.kill()


def workers_of(master):
    """Return the processes that a process has started and that are still running."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ends just now
            state, parent, *_ = path.read_text().rpartition(")")[2].split()
            if int(parent) == master and state != "Z":
                found.append(int(path.parent.name))
    return found


@pytest.mark.parametrize("is_ignored", [False, True], ids=["watched", "nohup"])
def test_a_daemon_ends_with_the_terminal_it_is_watched_in(tmp_path, is_ignored):
    config, log = tmp_path / "watcher.conf", tmp_path / "log"
    options = f"state_path = {tmp_path}\ntransport_url = fake://\nlog_file = {log}\n"
    config.write_text(f"[DEFAULT]\n{options}[api]\nport = {free_port()}\nworkers = 2\n")
    run("watcher-db-manage", f"--config-file={config}", "upgrade", cwd=tmp_path)
    trap = 'trap "" HUP; ' if is_ignored else ""
    shell = ["sh", "-c", f'{trap}exec "$@"', "sh"]
    terminal = Terminal(*shell, BIN / "watcher-api", f"--config-file={config}", cwd=tmp_path)
    program = terminal.program

    def times(text):
        return log.read_text().count(text) if log.exists() else 0

    workers = []
    try:
        wait_for("it serves", lambda: times("Listening on") == 2)
        workers = workers_of(program.pid)
        program.send_signal(signal.SIGHUP)
        wait_for("all read again", lambda: times("Reloading the configuration") == 2)
        assert program.poll() is None
        terminal.close()
        if is_ignored:
            time.sleep(1)
            assert program.poll() is None
            program.send_signal(signal.SIGTERM)
        assert program.wait(STOP_S) == 0
        assert not [each for each in workers if pathlib.Path(f"/proc/{each}").exists()]
        assert times("The terminal was closed") == (0 if is_ignored else 1)
    finally:
        program.kill()
        for each in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)


@pytest.mark.parametrize(
    ("command", "remedy"),
    [
        (["watcher-standalone", "--demo", "--port={}"], "--port 0"),
        (["watcher-standalone", f"--cloud={SMALL}", "--port={}"], "--port 0"),
        (["watcher-simulator", "--port={}", "--dump=cloud.json"], "--port 0"),
        (["watcher-api-wsgi", "--port={}"], "--port"),
        (["watcher-api", "--config-file={api}"], "[api] port"),
    ],
    ids=lambda each: " ".join(each[:2]) if isinstance(each, list) else "",
)
@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_port_in_use_is_told_with_a_way_out(tmp_path, address, command, remedy):
    config = tmp_path / "api.conf"
    work = tmp_path / "work"
    work.mkdir()
    with socket.create_server((address, 0)) as taken:
        port = taken.getsockname()[1]
        config.write_text(f"[api]\nport = {port}\n[database]\nconnection = sqlite://\n")
        filled = [each.format(port, api=config) for each in command]
        done = run(*filled, cwd=work, TMPDIR=str(work))
    assert done.returncode in (1, 2)
    assert f"another process listens on 127.0.0.1, port {port}" in done.stderr
    assert remedy in done.stderr
    assert "Errno" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(work.iterdir()) == []
