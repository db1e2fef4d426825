# SPDX-License-Identifier: Apache-2.0
"""Where links point: to the host that the client named, else to the address it connected to."""

from __future__ import annotations

import contextlib
import doctest
import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.conftest import Client
from watcher.api.http import authority
from watcher.api.http.server import ApiServer


@pytest.fixture
def server(client: Client) -> Iterator[ApiServer]:
    """The application behind a real socket."""
    made = ApiServer(client.application, "127.0.0.1", 0, threads=2)
    made.start()
    yield made
    made.stop()


def ask(port: int, text: str, host: str = "127.0.0.1") -> tuple[int, Any]:
    """Send a request as it is; return the status and the JSON of the answer."""
    with socket.create_connection((host, port), timeout=10) as sock:
        sock.sendall(text.encode("latin-1"))
        answer = http.client.HTTPResponse(sock)
        answer.begin()
        return answer.status, json.loads(answer.read())


def link(document: Any) -> str:
    href: str = document["default_version"]["links"][0]["href"]
    return href


#: Request -> the host in links; ``{own}`` is the address that the client connected to.
NAMED = {
    "HTTP/1.0 without Host": ("GET / HTTP/1.0\r\n\r\n", "{own}"),
    "HTTP/1.0 with Host": ("GET / HTTP/1.0\r\nHost: cloud:9322\r\n\r\n", "cloud:9322"),
    "an empty Host": ("GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n", "{own}"),
    "a blank Host": ("GET / HTTP/1.1\r\nHost:  \t \r\nConnection: close\r\n\r\n", "{own}"),
    "a port without a host": ("GET / HTTP/1.1\r\nHost: :80\r\nConnection: close\r\n\r\n", "{own}"),
    "HTTP/1.1 without Host": ("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "{own}"),
    "an underscore": ("GET / HTTP/1.0\r\nHost: my_cloud\r\n\r\n", "my_cloud"),
    "IPv6": ("GET / HTTP/1.0\r\nHost: [2001:db8::1]:9322\r\n\r\n", "[2001:db8::1]:9322"),
}


def test_links_point_to_where_the_client_is(server: ApiServer) -> None:
    own = f"127.0.0.1:{server.port}"
    got = {}
    for what, (request, _) in NAMED.items():
        status, document = ask(server.port, request)
        assert status == 200, (what, document)
        got[what] = link(document)
    assert got == {what: f"http://{host.format(own=own)}/v1/" for what, (_, host) in NAMED.items()}


@pytest.mark.parametrize("path", ["/", "/v1/", "/openapi"])
def test_no_document_names_the_library(server: ApiServer, path: str) -> None:
    for head in ("HTTP/1.0", "HTTP/1.0\r\nHost:"):
        status, document = ask(server.port, f"GET {path} {head}\r\n\r\n")
        assert status == 200
        text = json.dumps(document)
        assert "heroot" not in text
        assert "http:///" not in text


HOSTS = ("a b", "a/b", "a@b", "<a>", "a:b", "a:1:2", "a, b", "[::1", "a\\b", "a?b", "a#b", '"a"')


def test_what_is_no_host_is_refused(server: ApiServer) -> None:
    for host in HOSTS:
        status, document = ask(server.port, f"GET / HTTP/1.0\r\nHost: {host}\r\n\r\n")
        assert status == 400, host
        assert "Host" in document["error_message"]


@pytest.mark.parametrize("protocol", ["HTTP/1.0_1", "HTTP/+1.1", "HTTP/1.+1", "HTTP/01.1"])
def test_a_version_of_http_is_two_digits(server: ApiServer, protocol: str) -> None:
    assert ask(server.port, f"GET / {protocol}\r\nHost: a\r\n\r\n")[0] == 400


def test_an_ipv6_address_is_in_brackets(client: Client) -> None:
    server = ApiServer(client.application, "::1", 0, threads=1)
    with contextlib.ExitStack() as stack:
        try:
            server.start()
        except OSError as error:
            pytest.skip(f"there is no IPv6 here: {error}")
        stack.callback(server.stop)
        _, document = ask(server.port, "GET / HTTP/1.0\r\n\r\n", "::1")
        assert link(document) == f"http://[::1]:{server.port}/v1/"


def test_other_servers_may_pass_an_empty_host(client: Client) -> None:
    for host in ("", " ", ":9322", "a/b"):
        assert link(client.get("/", Host=host)) == "http://localhost/v1/"


class TestBehindAProxy:
    """``[oslo_middleware] enable_proxy_headers_parsing``."""

    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"oslo_middleware.enable_proxy_headers_parsing": True}

    @pytest.mark.parametrize(
        ("headers", "host"),
        [
            ({"X_Forwarded_Host": "cloud.example.org"}, "cloud.example.org"),
            ({"X_Forwarded_Host": "outer.example.org, inner"}, "outer.example.org"),
            ({"Forwarded": 'host="cloud:9322"'}, "cloud:9322"),
            ({"X_Forwarded_Host": " "}, "localhost"),
        ],
        ids=["a name", "two proxies", "a quoted name", "an empty name"],
    )
    def test_the_host_is_what_the_proxy_says(
        self, client: Client, headers: dict[str, str], host: str
    ) -> None:
        assert link(client.get("/", **headers)) == f"http://{host}/v1/"


def test_the_examples_are_true() -> None:
    assert doctest.testmod(authority).failed == 0
