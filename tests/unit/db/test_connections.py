# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import ssl
from collections.abc import Generator
from types import SimpleNamespace
from typing import Any

import certifi
import pytest
import sqlalchemy
from oslo_db import exception as db_exception

from watcher.db import connections, session


class Silence(Exception):
    """The server was silent for too long."""


def _give_up() -> None:
    raise Silence


@pytest.fixture
def clock(monkeypatch) -> SimpleNamespace:
    """A clock that a test moves."""
    found = SimpleNamespace(now=100.0)
    found.monotonic = lambda: found.now
    monkeypatch.setattr(connections, "time", found)
    return found


def _conversation(heard: list[int], ready_times: int) -> Generator[str, int, str]:
    """Wait until the server has sent something a few times."""
    while ready_times:
        ready = yield "to read"
        heard.append(ready)
        ready_times -= bool(ready)
    return "the answer"


def test_a_conversation_goes_on_as_it_is() -> None:
    heard: list[int] = []
    steps = connections.unless_silent(_conversation(heard, 2), 20, _give_up)
    assert next(steps) == "to read"
    assert steps.send(0) == "to read"
    assert steps.send(1) == "to read"
    with pytest.raises(StopIteration) as end:
        steps.send(3)
    assert end.value.value == "the answer"
    assert heard == [0, 1, 3]


def test_an_answer_without_waiting_is_passed_on() -> None:
    with pytest.raises(StopIteration) as end:
        next(connections.unless_silent(_conversation([], 0), 20, _give_up))
    assert end.value.value == "the answer"


def test_silence_is_given_up_at_its_limit_but_not_a_long_answer(clock) -> None:
    steps = connections.unless_silent(_conversation([], 10), 20, _give_up)
    next(steps)
    for _ in range(3):
        clock.now += 15
        steps.send(1)
    clock.now += 19
    steps.send(0)
    clock.now += 2
    with pytest.raises(Silence):
        steps.send(0)


def test_a_postgresql_that_is_not_there_is_a_lost_connection() -> None:
    session.configure("postgresql+psycopg://w:w@/w?host=/nowhere")
    with pytest.raises(db_exception.DBConnectionError), session.read() as unit:
        unit.execute(sqlalchemy.text("SELECT 1"))


@pytest.mark.parametrize(
    ("url", "configured", "limit"),
    [
        ("mysql+pymysql://w@localhost/w", 7, 7),
        ("mysql+pymysql://w@localhost/w", 0, None),
        ("mysql+pymysql://w@localhost/w?read_timeout=90", 7, 90),
    ],
)
def test_pymysql_is_told_the_limit_unless_the_url_tells_one(url, configured, limit) -> None:
    (opened,) = _opened(url, configured or None)
    assert opened._read_timeout == limit


def test_the_certificates_of_the_machine_are_read_once_for_all_connections() -> None:
    """It takes 30 ms of CPU: a burst of requests that need connections would feed on itself."""
    first, second = _opened("mysql+pymysql://w@localhost/w", 7, times=2)
    assert first.ctx is second.ctx
    assert not first._ssl_required


def test_connections_that_check_certificates_have_their_own() -> None:
    url = f"mysql+pymysql://w@localhost/w?ssl_ca={certifi.where()}"
    first, second = _opened(url, 7, times=2)
    assert first.ctx is not second.ctx
    assert first.ctx.verify_mode == ssl.CERT_REQUIRED


def _opened(url: str, limit_s: int | None, times: int = 1) -> list[Any]:
    """Return connections as an engine makes them, but without a server."""
    engine = sqlalchemy.create_engine(url)
    connections.prepare(engine, limit_s)
    found: list[Any] = []
    for _ in range(times):
        _, options = engine.dialect.create_connect_args(engine.url)
        options["defer_connect"] = True
        connect = next(iter(engine.dialect.dispatch.do_connect))
        found.append(connect(engine.dialect, None, (), options))
    return found
