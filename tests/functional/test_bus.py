# SPDX-License-Identifier: Apache-2.0
"""Doorbells, calls and notifications over RabbitMQ while it goes away and comes back."""

from __future__ import annotations

import gc
import queue
import random
import shutil
import socket
import subprocess
import threading
import time
import uuid
from urllib.parse import urlsplit

import oslo_messaging
import pytest

from tests.functional.proxy import Proxy
from watcher import conf
from watcher.common import config, context, exception
from watcher.rpc import calls, doorbell, notify, service, transport

#: The library forgets a connection that broke while it was being made, and leaves its socket to the
#: garbage collector. That is harmless, but a warning is an error here, and it hit whichever test
#: was running when the collector came by.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

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
    gc.collect()  # here, where the warning about forgotten sockets is ignored, not in the next file


@pytest.fixture
def after_dead_ones(broker, monkeypatch):
    """A function that puts dead brokers before the live one, in the order in which they are tried.

    The library shuffles them; here it would be luck which is the first.
    """
    monkeypatch.setattr(random, "shuffle", lambda _: None)
    place = conf.CONF.transport_url
    credentials = place.removeprefix("rabbit://").partition("@")[0]

    def put(count: int) -> None:
        ports = []
        for _ in range(count):
            with socket.create_server(("127.0.0.1", 0)) as bound:
                ports.append(bound.getsockname()[1])
        dead = "".join(f"{credentials}@127.0.0.1:{port}," for port in ports)
        conf.CONF.set_override("transport_url", place.replace("rabbit://", f"rabbit://{dead}"))
        transport.init(conf.CONF)

    return put


class Heard:
    """Passes on the notifications that arrive."""

    def __init__(self) -> None:
        self.seen: queue.Queue[str] = queue.Queue()

    def info(self, ctxt, publisher_id, event_type, payload, metadata):
        self.seen.put(payload["uuid"])


@pytest.fixture
def heard(broker):
    """The notifications of one test; those sent before somebody listens are kept by the broker."""
    found = Heard()
    used = oslo_messaging.get_notification_transport(conf.CONF)
    (topic,) = conf.CONF.oslo_messaging_notifications.topics
    listener = oslo_messaging.get_notification_listener(
        used, [oslo_messaging.Target(topic=topic)], [found], executor="threading"
    )
    listener.start()
    yield found.seen
    listener.stop()
    listener.wait()
    used.cleanup()


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


@pytest.mark.parametrize("dead", [1, 2])
def test_the_first_messages_arrive_though_the_first_brokers_are_dead(
    heard, engine, endpoint, after_dead_ones, dead: int
):
    after_dead_ones(dead)
    engine.start()
    assert engine.wait_until_listening(WAIT_S)
    began = time.monotonic()

    rung, _ = ring_and_notify(1)

    endpoint.wait_for(rung)
    assert heard.get(timeout=WAIT_S) == rung[0]
    assert time.monotonic() - began < PROMPT_S
    # Calls find the live one as well.
    with pytest.raises(exception.LoadingError):
        calls.get_strategy_info(context.make_admin_context(), "nope")


@pytest.fixture
def mute_user(rabbit):
    """The URL of a user who may do nothing in the virtual host of the tests."""
    control = shutil.which("rabbitmqctl")
    if control is None:
        pytest.skip("needs rabbitmqctl, to make a user without permissions")
    name, url = f"mute-{uuid.uuid4().hex[:12]}", urlsplit(rabbit)
    host = url.path.removeprefix("/") or "/"

    def run(*arguments: str) -> None:
        subprocess.run([control, "-q", *arguments], check=True, capture_output=True)

    run("add_user", name, "s3cret")

    def make(configure: str, write: str, read: str) -> str:
        run("set_permissions", "-p", host, name, configure, write, read)
        return f"rabbit://{name}:s3cret@{url.hostname}:{url.port}{url.path}"

    yield make
    run("delete_user", name)


def ask_over(place: str) -> exception.WatcherException:
    """Return the error of a call over another URL."""
    conf.CONF.set_override("transport_url", place)
    transport.init(conf.CONF)
    with pytest.raises(exception.WatcherException) as refused:
        calls.get_data_model_info(context.make_admin_context())
    return refused.value


def check_refusal(error: exception.WatcherException) -> None:
    assert error.code == 503
    assert str(error) == "The message bus cannot be used; the log of the API says why"


def test_a_refused_login_is_a_503_without_the_words_of_the_broker(broker, rabbit, caplog):
    url = urlsplit(rabbit)
    wrong = f"rabbit://{url.username}:s3cret@{url.hostname}:{url.port}{url.path}"

    check_refusal(ask_over(wrong))

    assert "ACCESS_REFUSED" in caplog.text
    assert "s3cret" not in caplog.text


def test_a_missing_virtual_host_is_a_503_without_the_words_of_the_broker(broker, rabbit):
    check_refusal(ask_over(f"{rabbit}-nowhere"))


@pytest.mark.parametrize("permissions", [("", "", ""), (".*", "", ".*")], ids=["any", "write"])
def test_a_missing_permission_is_a_503_without_the_words_of_the_broker(
    broker, mute_user, permissions
):
    check_refusal(ask_over(mute_user(*permissions)))


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
