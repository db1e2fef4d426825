# SPDX-License-Identifier: Apache-2.0
"""``[api] enable_ssl_api``."""

from __future__ import annotations

import contextlib
import datetime
import json
import pathlib
import socket
import ssl
import time
import urllib.request
from collections.abc import Iterator

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.api.conftest import Client
from watcher.api.http.server import ApiServer
from watcher.api.http.tls import Tls
from watcher.conf import CONF


@pytest.fixture
def tls(tmp_path: pathlib.Path) -> Tls:
    """A key, and a certificate signed with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    made = Tls(str(tmp_path / "cert.pem"), str(tmp_path / "key.pem"))
    pathlib.Path(made.certificate).write_bytes(certificate.public_bytes(pem))
    pathlib.Path(made.key).write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made


@pytest.fixture
def server(client: Client, tls: Tls) -> Iterator[ApiServer]:
    made = ApiServer(client.application, "localhost", 0, threads=2, tls=tls)
    made.start()
    yield made
    made.stop()


def ask(server: ApiServer, tls: Tls) -> str:
    """Return the address that the root document gives of itself."""
    trust = ssl.create_default_context(cafile=tls.certificate)
    address = f"https://localhost:{server.port}/"
    with urllib.request.urlopen(address, timeout=20, context=trust) as answer:
        found: str = json.load(answer)["default_version"]["links"][0]["href"]
        return found


def test_links_begin_with_https(server: ApiServer, tls: Tls) -> None:
    assert ask(server, tls) == f"https://localhost:{server.port}/v1/"


def test_a_client_that_does_not_begin_holds_up_nobody(server: ApiServer, tls: Tls) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(socket.create_connection(("localhost", server.port)))
        began = time.monotonic()
        assert ask(server, tls)
        assert time.monotonic() - began < 8


def test_a_client_without_tls_harms_nobody(server: ApiServer, tls: Tls) -> None:
    with socket.create_connection(("localhost", server.port), 20) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while plain.recv(4096):
                pass
    assert ask(server, tls)


@pytest.mark.parametrize("content", [None, "no certificate"], ids=["missing", "not PEM"])
def test_files_of_tls_that_cannot_be_used_are_refused_at_once(tmp_path, content) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    key.write_text("")
    if content is not None:
        certificate.write_text(content)
    settings = (
        ("enable_ssl_api", True, "api"),
        ("cert_file", str(certificate), "ssl"),
        ("key_file", str(key), "ssl"),
    )
    for name, value, group in settings:
        CONF.set_override(name, value, group)
    try:
        with pytest.raises(ValueError, match=r"\[ssl\]"):
            Tls.configured(CONF)
    finally:
        for name, _value, group in settings:
            CONF.clear_override(name, group)
