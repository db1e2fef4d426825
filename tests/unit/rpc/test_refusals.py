# SPDX-License-Identifier: Apache-2.0
"""What a caller learns when the decision engine cannot be reached."""

from __future__ import annotations

import socket
import ssl

import amqp
import kombu.exceptions
import oslo_messaging
import pytest

from watcher.common import exception
from watcher.rpc import calls

WORDS = "(403) ACCESS_REFUSED - Login was refused for user 'u' with password s3cret in vhost '/v'"
ASKED = [
    lambda admin: calls.get_data_model_info(admin),
    lambda admin: calls.get_strategy_info(admin, "dummy"),
]


class Client:
    """Raises instead of asking."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def call(self, *_: object, **__: object) -> None:
        raise self.error


@pytest.fixture
def closed(dead_bus, override, monkeypatch):
    """A function that makes each call fail with an error."""
    override("transport_url", "rabbit://u:s3cret@127.0.0.1:1/v")
    monkeypatch.setattr(dead_bus, "is_reachable", lambda *_, **__: True)

    def fail(error: Exception) -> None:
        monkeypatch.setattr(calls, "_client", lambda: Client(error))

    return fail


@pytest.mark.parametrize("ask", ASKED, ids=["data model", "strategy"])
@pytest.mark.parametrize(
    "error",
    [
        amqp.AccessRefused(WORDS),
        amqp.NotAllowed("NOT_ALLOWED - vhost s3cret not found"),
        amqp.NotFound(WORDS),
        amqp.PreconditionFailed(WORDS),
        kombu.exceptions.OperationalError(WORDS),
        oslo_messaging.MessageDeliveryFailure(f"Unable to connect to AMQP server: {WORDS}"),
        oslo_messaging.MessageUndeliverable(WORDS, "exchange", "key", "message"),
        ConnectionResetError(104, "Connection reset by peer"),
        socket.gaierror(-2, "Name or service not known"),
        ssl.SSLCertVerificationError(1, "certificate verify failed"),
        RuntimeError("Configuration Error: rabbit_stream_fanout needs s3cret"),
        KeyError("zip"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_closed_way_is_a_503_with_one_sentence(closed, admin, caplog, error, ask) -> None:
    closed(error)

    with pytest.raises(exception.WatcherException) as refused:
        ask(admin)

    assert refused.value.code == 503
    assert str(refused.value) == "The message bus cannot be used; the log of the API says why"
    assert type(error).__name__ in caplog.text
    assert "s3cret" not in caplog.text
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("bad\nTraceback (most recent call last):\n  File"), "ValueError: bad"),
        (KeyError("'name'\nTraceback (most recent call last):\n  File"), "KeyError: 'name'"),
        (OSError("away\nTraceback (most recent call last):\n  File"), "OSError: away"),
    ],
)
def test_an_error_of_the_decision_engine_is_told_as_such(closed, admin, error, told: str) -> None:
    closed(error)

    with pytest.raises(exception.WatcherException) as refused:
        calls.get_data_model_info(admin)

    assert (refused.value.code, str(refused.value)) == (500, told)
