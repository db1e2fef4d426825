# SPDX-License-Identifier: Apache-2.0
"""Database servers of a test's own: on a loopback port and a folder of their own, to be killed.

The data lies in a temporary folder and is not flushed to the disk; a killed process loses nothing
by that, since the kernel has it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import glob
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator

import sqlalchemy

from tests.functional import conftest
from tests.functional.deployment import free_port, wait_for

DATABASE = "watcher"


@dataclasses.dataclass
class Server:
    """A MariaDB or PostgreSQL that belongs to one test."""

    kind: str
    folder: pathlib.Path
    url: str
    command: list[str]
    account: str | None
    """The account of the operating system that it runs as; None: that of the test."""
    stop_signal: signal.Signals
    """What ends it in order, at once, whoever is connected."""
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=self.folder,
                user=self.account,
            )
        wait_for(f"{self.kind} answers", self._answers, timeout_s=120)

    def stop(self) -> None:
        """End it in order."""
        assert self.process is not None
        self.process.send_signal(self.stop_signal)
        self.process.wait(120)

    def kill(self) -> None:
        """End it and all of its processes without a word (SIGKILL)."""
        assert self.process is not None
        self._signal(signal.SIGKILL)
        self.process.wait(60)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Let it hang during the block: connections stay open, nothing is answered."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def log(self) -> str:
        """Return what it has printed."""
        return (self.folder / "log").read_text(errors="replace")

    def _signal(self, number: signal.Signals) -> None:
        # The first process first, so that it makes no more of the others.
        assert self.process is not None
        self.process.send_signal(number)
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        with contextlib.suppress(FileNotFoundError):
            for child in children.read_text().split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(child), number)

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log()
        engine = sqlalchemy.create_engine(self.url, poolclass=sqlalchemy.NullPool)
        try:
            engine.connect().close()
        except sqlalchemy.exc.DBAPIError as error:
            raise ConnectionError(str(error)) from error
        return True


@contextlib.contextmanager
def own_server(kind: str, *settings: str) -> Iterator[Server]:
    """Start a server with an empty database for the block; nothing of it is left afterwards.

    :param kind: mysql or postgresql.
    :param settings: further settings, ``name=value``.
    """
    # Not in pytest's folder, which PostgreSQL's account cannot enter.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="watcher-"))
    found = _MAKERS[kind](folder, free_port(), settings)
    try:
        found.start()
        yield found
    finally:
        if found.process is not None and found.process.poll() is None:
            found.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _mariadb(folder: pathlib.Path, port: int, settings: tuple[str, ...]) -> Server:
    programs = [_program(name) for name in ("mariadb-install-db", "mariadbd")]
    account = ["--user=root"] if os.geteuid() == 0 else []
    data = [f"--datadir={folder}/data", *account]
    _run(
        [programs[0], "--no-defaults", "--auth-root-authentication-method=normal", *data,
         "--skip-test-db", "--skip-name-resolve"], folder, None
    )  # fmt: skip
    (folder / "init.sql").write_text(f"CREATE DATABASE IF NOT EXISTS {DATABASE};\n")
    command = [
        programs[1], "--no-defaults", *data, f"--init-file={folder}/init.sql",
        f"--port={port}", "--bind-address=127.0.0.1", "--skip-name-resolve",
        f"--socket={folder}/socket", f"--pid-file={folder}/pid",
        "--innodb-flush-log-at-trx-commit=2", *(f"--{setting}" for setting in settings),
    ]  # fmt: skip
    url = f"mysql+pymysql://root@127.0.0.1:{port}/{DATABASE}"
    return Server("mysql", folder, url, command, None, signal.SIGTERM)


def _postgresql(folder: pathlib.Path, port: int, settings: tuple[str, ...]) -> Server:
    programs = [_program(name) for name in ("initdb", "postgres")]
    # It refuses to run as root.
    account = "postgres" if os.geteuid() == 0 else None
    if account is not None:
        shutil.chown(folder, account)
    data = f"{folder}/data"
    _run([programs[0], "-D", data, "-A", "trust", "-U", "watcher", "--no-sync"], folder, account)
    given = [f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}"]
    command = [programs[1], "-D", data]
    for setting in (*given, "fsync=off", *settings):
        command += ["-c", setting]
    url = f"postgresql+psycopg://watcher@127.0.0.1:{port}/postgres"
    return Server("postgresql", folder, url, command, account, signal.SIGINT)


_MAKERS = {"mysql": _mariadb, "postgresql": _postgresql}


def _program(name: str) -> str:
    places = sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
    found = shutil.which(name, path=os.pathsep.join([os.environ["PATH"], "/usr/sbin", *places]))
    if found is None:
        conftest.lack(f"{name} is not installed; tools/services installs it")
    return found


def _run(command: list[str], folder: pathlib.Path, account: str | None) -> None:
    done = subprocess.run(
        command, cwd=folder, user=account, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
