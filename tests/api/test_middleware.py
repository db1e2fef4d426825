# SPDX-License-Identifier: Apache-2.0
"""The layers around the API: whatever they answer themselves looks like answers of the API."""

from __future__ import annotations

import contextlib
import gc
import http.client
import pathlib
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from keystoneauth1 import loading
from oslo_config import cfg
from oslo_middleware import cors, http_proxy_to_wsgi

from tests.api.conftest import Catalogue, Client, fault
from watcher.api.auth import Authentication
from watcher.api.http.server import ApiServer
from watcher.conf import CONF
from watcher.db import models
from watcher.rpc import doorbell

OWN_ID = re.compile(r"req-[0-9a-f-]{36}")
CALLERS_ID = "req-11111111-2222-3333-4444-555555555555"
ORIGIN = "https://dashboard.example"

KEYSTONE = {
    "enable_authentication": True,
    "keystone_authtoken.www_authenticate_uri": "http://keystone.example/",
}


def message(answer: Any) -> str:
    """Return the text of an error that no handler has made; fails for another shape."""
    assert answer.content_type == "application/json"
    assert set(answer.json) == {"error_message"}
    text: str = answer.json["error_message"]
    assert text.startswith(str(answer.status_int))
    return text


ANSWERS = [
    ("GET", "/", None, 200),
    ("GET", "/v1/audits", None, 200),
    ("GET", "/healthcheck", None, 200),
    ("GET", "/openapi", None, 200),
    ("OPTIONS", "/", None, 200),
    ("OPTIONS", "/v1/audits", None, 200),
    ("OPTIONS", "/healthcheck", None, 200),
    ("GET", "/v1/audits/nope", None, 404),
    ("GET", "/nope/nope", None, 404),
    ("PUT", "/v1/audits", None, 405),
    ("POST", "/v1/audits", b"{", 400),
    ("POST", "/v1/audits", b'{"name": "' + b"x" * 200_000 + b'"}', 413),
]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"), ANSWERS, ids=[f"{c[3]} {c[0]} {c[1]}" for c in ANSWERS]
)
def test_every_answer_has_a_request_id(
    client: Client, method: str, path: str, body: bytes | None, status: int
) -> None:
    answer = client(method, path, body)
    assert answer.status_int == status
    assert OWN_ID.fullmatch(answer.headers["X-OpenStack-Request-ID"])
    if status >= 400:
        assert set(answer.json) == {"error_message"}


def test_health_needs_neither_role_nor_database(client: Client) -> None:
    assert client("GET", "/healthcheck", roles=None, version=None).status_int == 200


@pytest.mark.parametrize(
    ("sent", "kept"),
    [(CALLERS_ID, CALLERS_ID), ("req-nonsense", None), ("", None)],
    ids=["an id", "no id", "empty"],
)
def test_the_callers_request_id_goes_on_to_the_daemons(
    client: Client,
    catalogue: Catalogue,
    monkeypatch: pytest.MonkeyPatch,
    sent: str,
    kept: str | None,
) -> None:
    rung: list[Any] = []
    monkeypatch.setattr(doorbell._outbox, "put", rung.append)
    body = {"goal": "dummy", "audit_type": "ONESHOT"}
    answer = client("POST", "/v1/audits", body, X_OpenStack_Request_ID=sent)
    assert answer.status_int == 201
    values = rung[0].context.to_dict()
    assert values["global_request_id"] == kept
    assert values["request_id"] == answer.headers["X-OpenStack-Request-ID"] != sent


class TestBehindAProxy:
    """``[oslo_middleware] enable_proxy_headers_parsing``."""

    @pytest.fixture
    def settings(self) -> dict[str, bool]:
        CONF.register_opts(http_proxy_to_wsgi.OPTS, group="oslo_middleware")
        return {"oslo_middleware.enable_proxy_headers_parsing": True}

    def test_links_have_the_outer_address(self, client: Client) -> None:
        document = client.get("/", X_Forwarded_Proto="https", X_Forwarded_Host="cloud")
        assert document["default_version"]["links"][0]["href"] == "https://cloud/v1/"

    def test_links_have_the_outer_prefix(self, client: Client) -> None:
        document = client.get("/", X_Forwarded_Host="cloud", X_Forwarded_Prefix="/infra-optim")
        href = document["default_version"]["links"][0]["href"]
        assert href == "http://cloud/infra-optim/v1/"


def test_proxy_headers_mean_nothing_unless_they_are_trusted(client: Client) -> None:
    document = client.get("/", X_Forwarded_Proto="https", X_Forwarded_Host="evil")
    assert document["default_version"]["links"][0]["href"] == "http://localhost/v1/"


class TestCors:
    """``[cors] allowed_origin``, with authentication: browsers send no token with a preflight."""

    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        CONF.register_opts(cors.CORS_OPTS, group="cors")
        return {**KEYSTONE, "cors.allowed_origin": [ORIGIN]}

    def preflight(self, client: Client, origin: str) -> Any:
        return client(
            "OPTIONS",
            "/v1/audits",
            roles=None,
            Origin=origin,
            Access_Control_Request_Method="PATCH",
            Access_Control_Request_Headers="X-Auth-Token",
        )

    def test_a_preflight_needs_no_token(self, client: Client) -> None:
        answer = self.preflight(client, ORIGIN)
        assert answer.status_int == 200
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert answer.headers["Access-Control-Allow-Methods"] == "PATCH"
        assert answer.headers["Access-Control-Allow-Headers"] == "X-Auth-Token"
        assert OWN_ID.fullmatch(answer.headers["X-OpenStack-Request-ID"])

    def test_another_origin_is_not_allowed(self, client: Client) -> None:
        answer = self.preflight(client, "https://evil.example")
        assert "Access-Control-Allow-Origin" not in answer.headers

    @pytest.mark.parametrize(("path", "status"), [("/", 200), ("/v1/audits", 401)])
    def test_scripts_may_read_answers_and_errors(
        self, client: Client, path: str, status: int
    ) -> None:
        answer = client("GET", path, Origin=ORIGIN)
        assert answer.status_int == status
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "X-OpenStack-Request-ID" in answer.headers["Access-Control-Expose-Headers"]


# WebOb puts chunked bodies into a temporary file that is closed when it is collected.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
class TestBodySize:
    """``[oslo_middleware] max_request_body_size``, over a socket."""

    @pytest.fixture
    def connection(self, client: Client) -> Iterator[http.client.HTTPConnection]:
        server = ApiServer(client.application, "127.0.0.1", 0, threads=2)
        server.start()
        found = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        with contextlib.closing(found):
            yield found
        server.stop()
        gc.collect()

    @pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
    def test_a_large_body_is_refused(
        self, connection: http.client.HTTPConnection, declared: bool
    ) -> None:
        pieces = [b'{"name": "', *[b"x" * 65536] * 160, b'"}']
        headers = {"Content-Type": "application/json", "X-Roles": "admin"}
        body: Any = b"".join(pieces) if declared else iter(pieces)
        connection.request(
            "POST", "/v1/audit_templates", body, headers, encode_chunked=not declared
        )
        answer = connection.getresponse()
        assert answer.status == 413
        assert b'{"error_message": "413 ' in answer.read()
        assert answer.headers["X-OpenStack-Request-ID"]

    def test_a_small_chunked_body_is_read(
        self, connection: http.client.HTTPConnection, catalogue: Catalogue
    ) -> None:
        headers = {"Content-Type": "application/json", "X-Roles": "admin"}
        body = iter([b'{"name": "t", ', b'"goal": "dummy"}'])
        connection.request("POST", "/v1/audit_templates", body, headers, encode_chunked=True)
        assert connection.getresponse().status == 201


PUBLIC = ["/", "//", "/v1", "/v1/", "/v1.json", "/v1.xml"]
PROTECTED = ["/v1/audits", "/audits", "//v1", "/v1/x/", "/v1.json/audits", "/V1", "/v1\n", "/x/v1"]


class TestWithAuthentication:
    """``enable_authentication``; there is no Keystone, but none is needed to be refused."""

    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return KEYSTONE

    @pytest.mark.parametrize("path", ["/v1/audits", "/v1/webhooks/x", "/nope", "/v1/nope/nope"])
    def test_nobody_gets_in_without_a_token(self, client: Client, path: str) -> None:
        answer = client("GET", path)
        assert answer.status_int == 401
        assert answer.content_type == "application/json"
        assert answer.json == {
            "error": {
                "code": 401,
                "title": "Unauthorized",
                "message": "The request you have made requires authentication.",
            }
        }
        assert answer.headers["WWW-Authenticate"] == 'Keystone uri="http://keystone.example/"'
        assert OWN_ID.fullmatch(answer.headers["X-OpenStack-Request-ID"])

    @pytest.mark.parametrize("path", [*PUBLIC, "/healthcheck"])
    def test_the_roots_and_the_health_are_public(self, client: Client, path: str) -> None:
        assert client("GET", path, roles=None).status_int == 200

    @pytest.mark.parametrize("path", PROTECTED, ids=repr)
    def test_nothing_else_is_taken_for_a_root(self, client: Client, path: str) -> None:
        assert not Authentication(client.application, CONF).is_public(path)

    def test_a_token_comes_before_the_size_of_a_body(self, client: Client) -> None:
        assert client("POST", "/v1/audits", b"x" * 200_000).status_int == 401


class TestWithPublicWebhooks:
    """``[api] enable_webhooks_auth`` switched off: no token, and no identity from the client."""

    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {**KEYSTONE, "api.enable_webhooks_auth": False}

    def test_only_webhooks_are_public(self, client: Client) -> None:
        assert client("POST", "/v1/webhooks/x", {}).status_int == 404
        assert client("GET", "/v1/audits").status_int == 401

    def test_an_event_runs_in_nobodys_name(
        self, client: Client, catalogue: Catalogue, rows, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rung: list[Any] = []
        monkeypatch.setattr(doorbell._outbox, "put", rung.append)
        audit = rows(models.Audit, name="a", audit_type="EVENT", goal_id=catalogue.goal.id)
        answer = client(
            "POST",
            f"/v1/webhooks/{audit.uuid}",
            {},
            X_User_Id="mallory",
            X_Project_Id="p",
            X_Auth_Token="t",
            X_Service_Roles="admin",
            OpenStack_System_Scope="all",
        )
        assert answer.status_int == 202
        values = rung[0].context.to_dict()
        assert not any(
            values[name] for name in ("user", "project_id", "roles", "auth_token", "system_scope")
        )
        assert rung[0].context.service_roles == []


class TestWithoutKeystone:
    """Authentication is wanted, but not configured."""

    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"enable_authentication": True}

    def test_the_error_has_the_published_body(self, client: Client) -> None:
        assert client("GET", "/v1/audits").status_int == 503
        assert message(client("GET", "/v1/audits"))


def closed() -> Iterator[int]:
    """Yield a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    yield port


def silent() -> Iterator[int]:
    """Yield a port where connections are accepted by the kernel, and never answered."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as found:
        yield found.getsockname()[1]


def broken() -> Iterator[int]:
    """Yield a port where every request is answered with nonsense."""
    with socket.create_server(("127.0.0.1", 0)) as found:

        def serve() -> None:
            while True:
                try:
                    peer, _ = found.accept()
                except OSError:
                    return
                with peer:
                    peer.recv(65536)
                    peer.sendall(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield found.getsockname()[1]
        found.shutdown(socket.SHUT_RDWR)
    thread.join(10)


@pytest.mark.parametrize("kind", [closed, silent, broken], ids=lambda kind: str(kind.__name__))
class TestKeystoneIsDown:
    """A token cannot be checked: 503 in bounded time, in our shape; what is public still works."""

    @pytest.fixture
    def settings(
        self, kind: Callable[[], Iterator[int]], tmp_path: pathlib.Path
    ) -> Iterator[dict[str, Any]]:
        ports = kind()
        auth = {
            "auth_type": "password",
            "auth_url": f"http://127.0.0.1:{next(ports)}/v3",
            "username": "watcher",
            "password": "secret",
            "project_name": "service",
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        }
        file = tmp_path / "keystone.conf"
        lines = ["[keystone_authtoken]", *(f"{name} = {value}" for name, value in auth.items())]
        file.write_text("\n".join(lines))
        options = loading.get_auth_plugin_conf_options("password")
        yield {
            **KEYSTONE,
            "keystone_authtoken.http_connect_timeout": 1,
            "config_files": [str(file)],
        }
        next(ports, None)
        CONF.clear()
        CONF.unregister_opts(options, "keystone_authtoken")

    def test_a_token_is_answered_with_503(self, client: Client) -> None:
        began = time.monotonic()
        answer = client("GET", "/v1/audits", X_Auth_Token="gAAAAA")
        assert answer.status_int == 503
        assert message(answer)
        assert OWN_ID.fullmatch(answer.headers["X-OpenStack-Request-ID"])
        assert time.monotonic() - began < 8
        assert client("GET", "/").status_int == 200
        assert client("GET", "/v1/audits").status_int == 401


def test_keystone_does_not_get_for_ever_to_answer(client: Client) -> None:
    group: cfg.ConfigOpts.GroupAttr = CONF.keystone_authtoken
    assert 1 <= group.http_connect_timeout <= 30
    assert group.token_cache_time <= 300
    assert group.service_type == "infra-optim"


def test_errors_of_handlers_are_encoded_twice(client: Client) -> None:
    assert fault(client("GET", "/v1/audits/nope"))["faultcode"] == "Client"
