# SPDX-License-Identifier: Apache-2.0
"""Doorbells, calls and notifications over RabbitMQ while it goes away and comes back."""

from __future__ import annotations

import threading
import time
import uuid
from urllib.parse import urlsplit

import pytest

from tests.functional.proxy import Proxy
from watcher import conf
from watcher.common import config, context, exception
from watcher.rpc import calls, doorbell, notify, service, transport

WAIT_S = 120.0
#: A caller that waits for the broker would wait until it is back.
PROMPT_S = 10.0
STOP_S = 40.0


class Endpoint:
    """Counts what arrives."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.changed = threading.Condition()

    def trigger_audit(self, context, audit_uuid):
        with self.changed:
            self.seen.append(audit_uuid)
            self.changed.notify_all()

    def get_strategy_info(self, context, strategy_name):
        raise exception.LoadingError(name=strategy_name)

    def wait_for(self, expected: list[str]) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: set(expected) <= set(self.seen), WAIT_S)


@pytest.fixture
def broker(rabbit):
    """A way to RabbitMQ that can be cut, used by this process."""
    url = urlsplit(rabbit)
    proxy = Proxy((url.hostname, url.port))
    topic = f"test.{uuid.uuid4().hex}"
    config.parse_args([], default_config_files=[], default_config_dirs=[])
    place = f"rabbit://{url.username}:{url.password}@127.0.0.1:{proxy.port}{url.path}"
    changed = [
        ("transport_url", place, None),
        ("conductor_topic", topic, "watcher_decision_engine"),
    ]
    for name, value, group in changed:
        conf.CONF.set_override(name, value, group=group)
    transport.init(conf.CONF)
    transport.get_notifier()
    conf.CONF.set_override("driver", ["messagingv2"], group="oslo_messaging_notifications")
    conf.CONF.set_override("topics", [topic], group="oslo_messaging_notifications")
    transport.init(conf.CONF)
    yield proxy
    proxy.mend()
    doorbell.stop()
    notify.stop()
    transport.cleanup()
    proxy.close()
    for name, _, group in changed:
        conf.CONF.clear_override(name, group=group)
    for name in ("driver", "topics"):
        conf.CONF.clear_override(name, group="oslo_messaging_notifications")
    conf.CONF.clear()


@pytest.fixture
def endpoint():
    return Endpoint()


@pytest.fixture
def engine(broker, endpoint):
    """A service that listens, not started yet."""
    topic = conf.CONF.watcher_decision_engine.conductor_topic
    made = service.Service("test-engine", topic, [endpoint])
    yield made
    made.stop()


def ring_and_notify(count: int) -> tuple[list[str], float]:
    """Ring for new audits; return their UUIDs and the longest time that one took the caller."""
    admin, rung, longest_s = context.make_admin_context(), [], 0.0
    for _ in range(count):
        rung.append(str(uuid.uuid4()))
        began = time.perf_counter()
        doorbell.trigger_audit(admin, rung[-1])
        notify.send(admin, "infra-optim:test", "audit.update", "info", {"uuid": rung[-1]})
        longest_s = max(longest_s, time.perf_counter() - began)
    return rung, longest_s


def test_a_service_started_without_a_broker_listens_when_there_is_one(broker, engine, endpoint):
    broker.cut()
    engine.start()
    _, longest_s = ring_and_notify(20)
    with pytest.raises(exception.WatcherException) as refused:
        calls.get_strategy_info(context.make_admin_context(), "dummy")

    assert longest_s < PROMPT_S
    assert refused.value.code == 503
    broker.mend()
    assert engine.wait_until_listening(WAIT_S)
    rung, _ = ring_and_notify(1)
    endpoint.wait_for(rung)


def test_messages_of_an_outage_arrive_afterwards(broker, engine, endpoint):
    engine.start()
    assert engine.wait_until_listening(WAIT_S)
    before, _ = ring_and_notify(5)
    endpoint.wait_for(before)
    broker.cut()
    during, longest_s = ring_and_notify(20)
    broker.mend()

    endpoint.wait_for(during)
    assert longest_s < PROMPT_S
    deadline = time.monotonic() + WAIT_S
    while not notify.flush(5):
        assert time.monotonic() < deadline


def test_an_exception_crosses_the_bus_as_its_class(broker, engine):
    engine.start()
    assert engine.wait_until_listening(WAIT_S)

    with pytest.raises(exception.LoadingError, match="Error loading plugin 'nope'") as raised:
        calls.get_strategy_info(context.make_admin_context(), "nope")

    assert type(raised.value) is exception.LoadingError


def test_a_service_stops_within_seconds_while_the_broker_is_away(broker, engine):
    engine.start()
    assert engine.wait_until_listening(WAIT_S)
    broker.cut()
    began = time.monotonic()

    engine.stop()

    assert time.monotonic() - began < STOP_S
