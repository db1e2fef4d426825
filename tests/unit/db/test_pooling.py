# SPDX-License-Identifier: Apache-2.0
"""Liveness of pooled connections, seen at real sockets."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from pymysql.constants import FIELD_TYPE
from pymysql.converters import conversions, convert_datetime

from watcher.db import pooling


class Connection:
    """A driver's connection, as far as the ping knows it."""

    def __init__(self, own: socket.socket) -> None:
        self._sock: socket.socket | None = own

    def fileno(self) -> int:
        raise AssertionError("the socket is asked, not the connection")


class Decoding:
    """A connection of PyMySQL, as far as it reads values."""

    def __init__(self) -> None:
        self.decoders = {k: v for k, v in conversions.items() if type(k) is int}


class Driver:
    """Counts how often the server is really asked."""

    asked = 0
    gone = False

    def ping(self, connection: object) -> bool:
        self.asked += 1
        if self.gone:
            raise ConnectionError(connection)
        return True


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


def test_a_quiet_connection_is_asked_once(pair) -> None:
    driver, connection = Driver(), Connection(pair[0])
    ping = pooling.Ping(driver.ping)
    assert [ping(connection) for _ in range(5)] == [True] * 5
    assert driver.asked == 1


def test_a_connection_is_asked_again_after_a_while(pair, monkeypatch) -> None:
    driver, connection = Driver(), Connection(pair[0])
    ping = pooling.Ping(driver.ping)
    ping(connection)
    monkeypatch.setattr(pooling, "PING_EVERY_S", 0.0)
    ping(connection)
    assert driver.asked == 2


@pytest.mark.parametrize("end", ["close", "send"])
def test_a_server_that_hung_up_or_speaks_unasked_is_asked(pair, end) -> None:
    driver, connection = Driver(), Connection(pair[0])
    ping = pooling.Ping(driver.ping)
    ping(connection)
    if end == "close":
        pair[1].close()
    else:
        pair[1].send(b"shutting down")
    driver.gone = True
    with pytest.raises(ConnectionError):
        ping(connection)


def test_a_connection_that_the_driver_closed_is_asked(pair) -> None:
    driver, connection = Driver(), Connection(pair[0])
    ping = pooling.Ping(driver.ping)
    ping(connection)
    connection._sock = None
    ping(connection)
    assert driver.asked == 2


def test_a_connection_that_hides_its_socket_is_asked_each_time() -> None:
    class Hiding:
        pass

    driver, connection = Driver(), Hiding()
    ping = pooling.Ping(driver.ping)
    assert [ping(connection), ping(connection)] == [True, True]
    assert driver.asked == 2


@pytest.mark.parametrize(
    "text", ["2026-01-02 03:04:05", "2026-01-02 03:04:05.5", "2026-01-02 03:04:05.000006",
             "0000-00-00 00:00:00", "2026-00-01 00:00:00", "9999-12-31 23:59:59.999999"],
)  # fmt: skip
def test_dates_are_read_as_the_driver_reads_them(text: str) -> None:
    connection = Decoding()
    pooling._read_datetimes_fast(connection, None)
    assert connection.decoders[FIELD_TYPE.DATETIME](text) == convert_datetime(text)
    assert connection.decoders[FIELD_TYPE.TIMESTAMP](text) == convert_datetime(text)
