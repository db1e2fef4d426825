# SPDX-License-Identifier: Apache-2.0
"""Bytes on a socket that are not a request, lie about their length, or never end."""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.api.conftest import Catalogue, Client
from watcher.api.http import connection
from watcher.api.http.server import ApiServer

#: A sign of a hang, not a measure of speed: the machine may be busy with other things.
HANGS_S = 30
HEAD = (
    b"POST /v1/audits HTTP/1.1\r\nHost: x\r\nX-Roles: admin\r\nContent-Type: application/json\r\n"
)
BODY = b'{"goal": "dummy", "audit_type": "EVENT"}'


@pytest.fixture
def server(client: Client, catalogue: Catalogue, monkeypatch) -> Iterator[ApiServer]:
    """The application behind a real socket, with little patience and few threads."""
    monkeypatch.setattr(connection.Connection, "patience_s", 2.0)
    made = ApiServer(client.application, "127.0.0.1", 0, threads=2)
    made.start()
    yield made
    made.stop()


def talk(server: ApiServer, *pieces: bytes, end: bool = False) -> tuple[int, bytes, bytes]:
    """Send pieces; return status, headers and body of the answer (status 0: none came)."""
    with socket.create_connection(("127.0.0.1", server.port), HANGS_S) as sock:
        for piece in pieces:
            sock.sendall(piece)
        if end:
            sock.shutdown(socket.SHUT_WR)
        answer = b""
        while b"\r\n\r\n" not in answer and (piece := sock.recv(65536)):
            answer += piece
        head, _, body = answer.partition(b"\r\n\r\n")
        while len(body) < _length(head) and (piece := sock.recv(65536)):
            body += piece
    return int(head.split()[1]) if head else 0, head.lower(), body


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def content_length(text: bytes) -> bytes:
    return b"Content-Length: " + text + b"\r\n"


GOOD = HEAD + content_length(str(len(BODY)).encode()) + b"\r\n" + BODY
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

REQUESTS: dict[str, tuple[bytes, set[int]]] = {
    "all is well": (GOOD, {201}),
    "chunks": (CHUNKED + b"28\r\n" + BODY + b"\r\n0\r\n\r\n", {201}),
    "no chunk": (CHUNKED + b"0\r\n\r\n", {400}),
    "chunks with extensions and trailers": (
        CHUNKED + b"28;x=y\r\n" + BODY + b"\r\n0\r\nX: y\r\n\r\n", {201}),
    "a chunk of no size": (CHUNKED + b"zz\r\nab\r\n0\r\n\r\n", {400}),
    "a chunk of huge size": (CHUNKED + b"fffffff\r\n{}\r\n", {413}),
    "a chunk of absurd size": (CHUNKED + b"f" * 400 + b"\r\n{}\r\n", {400, 413}),
    "a chunk of negative size": (CHUNKED + b"-5\r\n{}\r\n0\r\n\r\n", {400}),
    "a chunk of a size with digits apart": (CHUNKED + b"2_8\r\n" + BODY + b"\r\n0\r\n\r\n", {400}),
    "a chunk without its end": (CHUNKED + b"5\r\n{}", {408}),
    "a chunk that is longer than its size": (CHUNKED + b"5\r\n" + BODY + b"\r\n0\r\n\r\n", {400}),
    "a chunk with an endless extension": (
        CHUNKED + b"28;" + b"x" * 10_000 + b"\r\n" + BODY + b"\r\n0\r\n\r\n", {400}),
    "endless trailers": (
        CHUNKED + b"28\r\n" + BODY + b"\r\n0\r\n" + b"X: y\r\n" * 2_000 + b"\r\n", {400}),
    "many chunks": (CHUNKED + b"1\r\n[\r\n" * 5_000 + b"0\r\n\r\n", {400}),
    "no length": (HEAD + b"\r\n" + BODY, {400}),
    "more is promised": (HEAD + content_length(b"500") + b"\r\n" + BODY, {408}),
    "less is promised": (HEAD + content_length(b"5") + b"\r\n" + BODY, {400}),
    "a negative length": (HEAD + content_length(b"-1") + b"\r\n" + BODY, {400}),
    "a length of words": (HEAD + content_length(b"many") + b"\r\n" + BODY, {400}),
    "an endless length": (HEAD + content_length(b"9" * 400) + b"\r\n" + BODY, {400, 413}),
    "a length of 2^63": (HEAD + content_length(b"9223372036854775808") + b"\r\n", {400, 413}),
    "a length with a sign": (HEAD + content_length(b"+40") + b"\r\n" + BODY, {400}),
    "a length with digits apart": (HEAD + content_length(b"4_0") + b"\r\n" + BODY, {400}),
    "a length before a space": (HEAD + b"Content-Length : 40\r\n\r\n" + BODY, {400}),
    "a length and chunks": (
        HEAD + content_length(b"5") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
    "chunks in HTTP/1.0": (CHUNKED.replace(b"/1.1", b"/1.0") + b"0\r\n\r\n", {400}),
    "two lengths": (HEAD + content_length(b"5") + content_length(b"40") + b"\r\n" + BODY, {400}),
    "an unknown coding": (HEAD + b"Transfer-Encoding: zip\r\n\r\n" + BODY, {400}),
    "one long header": (HEAD + b"X: " + b"a" * 100_000 + b"\r\n\r\n", {413}),
    "many headers": (HEAD + b"X: y\r\n" * 20_000 + b"\r\n", {413}),
    "many version headers": (
        b"GET /v1 HTTP/1.1\r\nHost: x\r\nX-Roles: admin\r\n"
        + b"OpenStack-API-Version: infra-optim 1.7\r\n" * 500 + b"\r\n", {200}),
    "a header without a colon": (b"GET / HTTP/1.1\r\nHost\r\n\r\n", {400}),
    "a folded first header": (b"GET / HTTP/1.1\r\n x\r\n\r\n", {400}),
    "a folded header": (b"GET / HTTP/1.1\r\nHost: x\r\nX: y\r\n z\r\n\r\n", {400}),
    "a header without a name": (b"GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n", {400}),
    "bytes in a header": (b"GET / HTTP/1.1\r\nHost: x\r\nX: \xff\r\n\r\n", {200}),
    "bytes in the name of a header": (b"GET / HTTP/1.1\r\nHost: x\r\nX-\xff: y\r\n\r\n", {400}),
    "a NUL in a header": (b"GET / HTTP/1.1\r\nHost: x\r\nX: \x00\r\n\r\n", {400}),
    "a long address": (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n", {414}),
    "no version": (b"GET /\r\n\r\n", {400}),
    "another protocol": (b"GET / HTTP/9.9\r\n\r\n", {400}),
    "a word as a version": (b"GET / SPDY\r\n\r\n", {400}),
    "HTTP/1.0": (b"GET / HTTP/1.0\r\n\r\n", {200}),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", {200, 400}),
    "a whole URL": (b"GET http://evil.example/v1 HTTP/1.1\r\nHost: x\r\n\r\n", {200, 400, 403}),
    "no path": (b"GET x HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    "a fragment": (b"GET /#x HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    "bytes in the address": (b"GET /v1/goals/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n", {400, 404}),
    "a NUL in the address": (b"GET /v1/\x00 HTTP/1.1\r\nHost: x\r\n\r\n", {400, 404}),
    "CONNECT": (b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", {400, 405}),
    "a star": (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", {200, 400}),
    "a method of bytes": (b"\x80\x81 / HTTP/1.1\r\n\r\n", {400, 405}),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", {400}),
    "line ends only": (b"\r\n\r\n\r\n\r\n", {400, 408}),
    "bare line feeds": (b"GET / HTTP/1.1\nHost: x\n\n", {200, 400}),
    "an upgrade": (b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\n\r\n", {200}),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400}),
    "half a request": (b"GET / HTTP/1.1\r\nHo", {408}),
}  # fmt: skip


def test_requests(server: ApiServer, monkeypatch) -> None:
    """One server for all of them: none may harm what comes after it."""
    for name, (request, statuses) in REQUESTS.items():
        patience_s = 0.5 if 408 in statuses else HANGS_S
        monkeypatch.setattr(connection.Connection, "patience_s", patience_s)
        status, head, body = talk(server, request)
        assert status in statuses, (name, status, head, body[:200])
        if status >= 400:
            assert b"content-type: application/json" in head, name
            assert set(json.loads(body)) == {"error_message"}, name
            assert b"x-openstack-request-id: req-" in head, name
        monkeypatch.setattr(connection.Connection, "patience_s", HANGS_S)
        assert talk(server, GOOD)[0] == 201, name


def test_clients_that_hang_up_leave_nothing_behind(server: ApiServer) -> None:
    for sent in (b"", b"GET", HEAD, HEAD + b"Content-Length: 9\r\n\r\n{"):
        for _ in range(5):
            socket.create_connection(("127.0.0.1", server.port), 5).close()
            with socket.create_connection(("127.0.0.1", server.port), 5) as sock:
                sock.sendall(sent)
        talk(server, sent, end=True)
    assert talk(server, GOOD)[0] == 201


@pytest.mark.parametrize(
    "beginning", [b"", HEAD, HEAD + b"Content-Length: 99\r\n\r\n", CHUNKED],
    ids=["the first line", "the headers", "the body", "the chunks"],
)  # fmt: skip
def test_slow_clients_do_not_keep_the_threads(server: ApiServer, beginning: bytes) -> None:
    slow = [socket.create_connection(("127.0.0.1", server.port), 5) for _ in range(6)]
    try:
        for sock in slow:
            sock.sendall(beginning)
        began = time.monotonic()
        answered: list[int] = []
        while not answered:
            for sock in slow:
                try:
                    sock.sendall(b"x")
                except OSError:
                    continue
            if time.monotonic() - began > 0.3:
                answered.append(talk(server, GOOD)[0])
            time.sleep(0.02)
        assert answered == [201]
        assert time.monotonic() - began < HANGS_S
    finally:
        for sock in slow:
            sock.close()


def test_a_header_that_is_given_again_is_joined_as_proxies_may_do(server: ApiServer) -> None:
    several = (
        b"GET /v1/goals HTTP/1.1\r\nHost: x\r\nX-Roles: reader\r\nX-Roles: admin\r\n"
        b"OpenStack-API-Version: infra-optim 1.3\r\nOpenStack-API-Version: compute 2.1\r\n\r\n"
    )
    status, head, _ = talk(server, several)
    assert status == 200
    assert b"openstack-api-version: infra-optim 1.3" in head


def test_a_header_with_an_underscore_does_not_pass_for_the_one_with_a_dash(
    server: ApiServer,
) -> None:
    request = b"GET /v1/goals HTTP/1.1\r\nHost: x\r\nX-Roles: nobody\r\nX_Roles: admin\r\n\r\n"
    assert talk(server, request)[0] == 403


@pytest.mark.parametrize("word", [b"close", b"Close"])
def test_a_connection_is_closed_when_the_client_asks_for_it(server: ApiServer, word: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), 5) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: " + word + b"\r\n\r\n")
        while sock.recv(65536):
            pass


def _drip(server: ApiServer, clients: int, until: Callable[[], bool]) -> None:
    """Send the beginning of requests byte by byte, on as many connections."""
    request = itertools.cycle(GOOD[:-1])
    slow = [socket.create_connection(("127.0.0.1", server.port), 5) for _ in range(clients)]
    try:
        while not until():
            piece = bytes([next(request)])
            for sock in slow:
                with contextlib.suppress(OSError):
                    sock.sendall(piece)
            time.sleep(0.05)
    finally:
        for sock in slow:
            sock.close()


def test_slow_clients_get_less_time_while_others_wait(server: ApiServer, monkeypatch) -> None:
    monkeypatch.setattr(connection.Connection, "patience_s", 60.0)
    monkeypatch.setattr(connection.Connection, "hurry_s", 0.5)
    answered: list[int] = []
    asking = threading.Thread(target=lambda: answered.append(talk(server, GOOD)[0]))
    began = time.monotonic()

    def is_answered() -> bool:
        if asking.ident is None and time.monotonic() - began > 0.5:
            asking.start()
        return bool(answered) or time.monotonic() - began > HANGS_S

    _drip(server, 6, is_answered)
    asking.join()
    assert answered == [201]


def test_a_slow_client_alone_may_take_its_time(server: ApiServer, monkeypatch) -> None:
    monkeypatch.setattr(connection.Connection, "patience_s", 60.0)
    monkeypatch.setattr(connection.Connection, "hurry_s", 0.1)
    with socket.create_connection(("127.0.0.1", server.port), 20) as sock:
        for piece in (GOOD[:50], GOOD[50:-5], GOOD[-5:]):
            time.sleep(0.6)
            sock.sendall(piece)
        assert b" 201 " in sock.recv(65536)


def test_a_chunk_that_is_too_large_is_refused_before_it_comes(
    server: ApiServer, monkeypatch
) -> None:
    monkeypatch.setattr(connection.Connection, "patience_s", 60.0)
    began = time.monotonic()
    assert talk(server, CHUNKED + b"fffffff\r\n{}\r\n")[0] == 413
    assert time.monotonic() - began < HANGS_S
