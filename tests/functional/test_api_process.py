# SPDX-License-Identifier: Apache-2.0
"""``watcher-api`` as a process: two workers under load, on SQLite, while signals arrive."""

from __future__ import annotations

import collections
import contextlib
import http.client
import os
import pathlib
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from tests.functional.deployment import Deployment, signals_of, wait_for

CLIENTS = 8


class Load:
    """Clients that ask without a pause, on kept and on new connections, and count the answers."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.seen: collections.Counter[str] = collections.Counter()
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(number % 2 == 0,)) for number in range(CLIENTS)
        ]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, kept: bool) -> None:
        while not self._ended.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
            connection.auto_open = 0
            try:
                connection.connect()
            except OSError:
                self.seen["refused"] += 1
                time.sleep(0.05)
                continue
            with contextlib.closing(connection):
                self._use(connection, kept)

    def _use(self, connection: http.client.HTTPConnection, kept: bool) -> None:
        try:
            while connection.sock is not None and not self._ended.is_set():
                connection.request("GET", "/v1/goals", headers={"X-Roles": "admin"})
                answer = connection.getresponse()
                answer.read()
                self.seen[str(answer.status)] += 1
                if not kept:
                    return
        except (OSError, http.client.HTTPException) as error:
            self.seen[repr(error)] += 1


@pytest.fixture
def api(tmp_path: pathlib.Path) -> Iterator[Deployment]:
    deployment = Deployment(tmp_path, f"sqlite:///{tmp_path}/watcher.db", "fake:")
    deployment.authentication = False
    path = deployment.write_configuration()
    path.write_text(path.read_text().replace("workers = 1", "workers = 2"))
    deployment.write_configuration = lambda: path  # type: ignore[method-assign]
    deployment.upgrade_database()
    deployment.start("watcher-api")
    wait_for("two workers listen", lambda: deployment.log("watcher-api").count("Listening") == 2)
    yield deployment
    deployment.stop()


@pytest.fixture
def load(api: Deployment) -> Iterator[Load]:
    made = Load(api.api_port)
    wait_for("the clients are answered", lambda: made.seen["200"] > 100)
    yield made
    made.end()


def workers(api: Deployment) -> set[int]:
    master = api._processes["watcher-api"].pid
    threads = pathlib.Path(f"/proc/{master}/task").glob("*/children")
    return {int(pid) for each in threads for pid in each.read_text().split()}


@pytest.mark.parametrize("to_all", [False, True], ids=["the master", "all processes"])
def test_sigterm_cuts_off_no_request(api: Deployment, load: Load, to_all: bool) -> None:
    if to_all:
        api.signal("watcher-api", signal.SIGTERM)
    assert api.terminate("watcher-api") == 0
    wait_for("the clients are refused", lambda: load.seen["refused"])
    load.end()
    assert set(load.seen) == {"200", "refused"}


def test_sighup_cuts_off_no_request_and_keeps_the_workers(api: Deployment, load: Load) -> None:
    before = workers(api)
    master = api._processes["watcher-api"].pid
    for count in (1, 2, 3):
        # It is deaf to further ones until it has passed one on to all.
        wait_for("it listens", lambda: signal.SIGHUP not in signals_of(master, "SigIgn"))
        os.kill(master, signal.SIGHUP)
        wait_for(
            "both workers read the configuration",
            lambda count=count: (
                api.log("watcher-api").count("Reloading the configuration") >= 2 * count
            ),
        )
    answered = load.seen["200"]
    wait_for("the clients are still answered", lambda: load.seen["200"] > answered + 100)
    load.end()
    assert set(load.seen) == {"200"}
    assert workers(api) == before
    assert len(before) == 2


def test_a_worker_that_is_killed_is_replaced_while_the_other_answers(
    api: Deployment, load: Load
) -> None:
    before = workers(api)
    os.kill(min(before), signal.SIGKILL)
    wait_for(
        "there are two workers again", lambda: len(workers(api)) == 2 and workers(api) != before
    )
    wait_for("it listens", lambda: api.log("watcher-api").count("Listening") == 3)
    answered = load.seen["200"]
    wait_for("the clients are answered", lambda: load.seen["200"] > answered + 100)
    load.end()
    assert not load.seen["refused"]


def test_a_worker_that_is_told_to_end_finishes_what_it_has(api: Deployment, load: Load) -> None:
    os.kill(min(workers(api)), signal.SIGTERM)
    wait_for("another one listens", lambda: api.log("watcher-api").count("Listening") == 3)
    load.end()
    assert set(load.seen) == {"200"}
