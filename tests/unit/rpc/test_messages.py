# SPDX-License-Identifier: Apache-2.0
"""Doorbells, calls and notifications over the in-process bus."""

from __future__ import annotations

import inspect

import oslo_messaging
import pytest

from watcher import conf
from watcher.common import context, exception
from watcher.rpc import calls, doorbell, notify, outbox, topic_listener

AUDIT = "fa6900cb-85f7-47e2-94cf-3d5d8e4c6834"
PLAN = "a6292f64-89a6-4201-a59d-59e4c92ece52"


class Endpoint:
    """Answers like a decision engine or an applier."""

    recorder = None

    def trigger_audit(self, context, audit_uuid):
        self.recorder.add((context, "audit", audit_uuid))

    def launch_action_plan(self, context, action_plan_uuid):
        self.recorder.add((context, "plan", action_plan_uuid))

    def get_strategy_info(self, context, strategy_name):
        if strategy_name == "slow":
            self.recorder.wait_for(1)
            return []
        raise {
            "unknown": exception.LoadingError(name=strategy_name),
            "broken": ValueError("bad value"),
        }[strategy_name]

    def get_data_model_info(self, context, data_model_type="compute", audit=None):
        return {"context": [{"type": data_model_type, "audit": audit}]}

    def _hidden(self, context):
        return "secret"


@pytest.fixture(scope="module")
def endpoint() -> Endpoint:
    return Endpoint()


@pytest.fixture
def recorder(recorder, endpoint):
    """Record what the endpoint receives during one test."""
    endpoint.recorder = recorder
    return recorder


@pytest.fixture(scope="module")
def listening(bus, endpoint):
    """Listen on both topics."""
    servers = [
        topic_listener.TopicListener(topic, [endpoint])
        for topic in ("watcher.decision.control", "watcher.applier.control")
    ]
    for each in servers:
        each.start()
    assert all(each.wait_until_listening(10) for each in servers)
    yield
    for each in servers:
        each.stop()
    assert all(each.join(10) for each in servers)


def test_a_doorbell_reaches_its_daemon(listening, admin, recorder) -> None:
    doorbell.trigger_audit(admin, AUDIT)
    doorbell.launch_action_plan(admin, PLAN)

    assert {seen[1:] for seen in recorder.wait_for(2)} == {("audit", AUDIT), ("plan", PLAN)}


def test_the_context_travels_without_its_token(listening, recorder) -> None:
    sent = context.make_context(user_id="u1", roles=["admin"], auth_token="secret")
    doorbell.trigger_audit(sent, AUDIT)

    received = recorder.wait_for(1)[0][0]
    assert received.user_id == "u1"
    assert received.request_id == sent.request_id
    assert received.auth_token is None


def test_a_doorbell_needs_a_uuid(bus, admin) -> None:
    with pytest.raises(exception.InvalidUuidOrName):
        doorbell.trigger_audit(admin, "nope")


def test_a_call_is_answered(listening, admin) -> None:
    found = calls.get_data_model_info(admin, "storage", AUDIT)

    assert found == {"context": [{"type": "storage", "audit": AUDIT}]}


def test_an_exception_comes_back_as_its_class(listening, admin, caplog) -> None:
    with pytest.raises(exception.LoadingError) as raised:
        calls.get_strategy_info(admin, "unknown")

    assert type(raised.value) is exception.LoadingError
    assert str(raised.value) == "Error loading plugin 'unknown'"
    assert "Traceback" not in caplog.text


def test_another_exception_comes_back_as_one_of_ours(listening, admin) -> None:
    with pytest.raises(exception.WatcherException, match="ValueError: bad value") as raised:
        calls.get_strategy_info(admin, "broken")

    assert raised.value.code == 500


def test_silence_ends_with_the_timeout(listening, admin, override, recorder) -> None:
    override("rpc_response_timeout", 1)

    with pytest.raises(exception.WatcherException) as raised:
        calls.get_strategy_info(admin, "slow")
    recorder.add("the answer may come now")

    assert raised.value.code == 504


def test_methods_with_an_underscore_cannot_be_called(listening, admin) -> None:
    with pytest.raises(oslo_messaging.rpc.dispatcher.NoSuchMethod):
        calls._client().call(admin, "_hidden")


class Refusing:
    """A driver of the library that refuses some topics, some number of times."""

    def __init__(self, driver, topic: str, times: int) -> None:
        self.driver, self.topic, self.times = driver, topic, times

    def send_notification(self, target, *args, **kwargs):
        if target.topic.startswith(self.topic) and self.times:
            self.times -= 1
            raise oslo_messaging.MessageDeliveryFailure("no broker takes it")
        self.driver.send_notification(target, *args, **kwargs)

    def __getattr__(self, name: str):
        return getattr(self.driver, name)


class Received:
    """Receives notifications."""

    recorder = None

    def info(self, ctxt, publisher_id, event_type, payload, metadata):
        self.recorder.add(("info", publisher_id, event_type, payload, ctxt))

    def error(self, ctxt, publisher_id, event_type, payload, metadata):
        self.recorder.add(("error", publisher_id, event_type, payload, ctxt))


@pytest.fixture(scope="module")
def received(bus):
    """Receive notifications of every priority."""
    endpoint = Received()
    transport = oslo_messaging.get_notification_transport(bus.get_transport().conf)
    made = oslo_messaging.get_notification_listener(
        transport, [oslo_messaging.Target(topic="notifications")], [endpoint]
    )
    made.start()
    yield endpoint
    made.stop()
    made.wait()


@pytest.fixture
def listener(bus, received, recorder, override):
    """Record the notifications of one test."""
    bus.get_notifier()
    override("driver", ["messagingv2"], group="oslo_messaging_notifications")
    bus.init(conf.CONF)
    received.recorder = recorder
    yield
    assert notify.flush(10)
    bus.init(conf.CONF)


def test_notifications_arrive_in_order(listener, admin, recorder) -> None:
    for number in range(20):
        notify.send(admin, "infra-optim:host-1", f"event.{number}", "info", {"number": number})
    assert notify.flush(10)

    received = sorted(recorder.wait_for(20), key=lambda seen: seen[3]["number"])
    assert [seen[2] for seen in received] == [f"event.{number}" for number in range(20)]
    assert received[0][:2] == ("info", "infra-optim:host-1")
    assert received[0][4]["auth_token"] is None


def test_a_notification_has_its_priority(listener, admin, recorder) -> None:
    notify.send(admin, "infra-optim:host-1", "audit.update", "ERROR", {})

    assert recorder.wait_for(1)[0][0] == "error"


def test_the_context_of_a_notification_keeps_what_is_private(listener, recorder) -> None:
    caller = context.make_context(
        user_id="u1", show_deleted=True, auth_token="secret", auth_token_info={"token": "secret"}
    )
    notify.send(caller, "infra-optim:host-1", "audit.update", "info", {})

    sent = recorder.wait_for(1)[0][4]
    assert sent["user"] == "u1"
    assert (sent["auth_token"], sent["auth_token_info"]) == (None, None)
    assert sent["show_deleted"] is False


def test_an_unknown_priority_is_logged_and_not_raised(bus, admin, caplog) -> None:
    notify.send(admin, "infra-optim:host-1", "audit.update", "loud", {})

    assert "unknown priority loud" in caplog.text


def test_nothing_is_sent_without_a_driver(bus, admin) -> None:
    bus.init(conf.CONF)
    assert not bus.notifications_enabled()
    notify.send(admin, "infra-optim:host-1", "audit.update", "info", {})

    assert notify.flush(10)


@pytest.fixture
def quick_retries(monkeypatch):
    monkeypatch.setattr(outbox, "_RETRY_FIRST_S", 0.001)


def refuse(bus, monkeypatch, topic: str, times: int) -> None:
    used = bus.get_notification_transport()
    monkeypatch.setattr(used, "_driver", Refusing(used._driver, topic, times))


def test_a_notification_that_the_library_could_not_send_is_sent_again(
    listener, bus, admin, recorder, monkeypatch, quick_retries
) -> None:
    refuse(bus, monkeypatch, "notifications", 3)

    for number in range(3):
        notify.send(admin, "infra-optim:host-1", f"event.{number}", "info", {})

    assert [seen[2] for seen in recorder.wait_for(3)] == ["event.0", "event.1", "event.2"]


def test_a_topic_that_has_a_notification_does_not_get_it_again(
    listener, bus, admin, recorder, override, monkeypatch, quick_retries
) -> None:
    override("topics", ["notifications", "billing"], group="oslo_messaging_notifications")
    bus.init(conf.CONF)
    refuse(bus, monkeypatch, "billing", 2)

    for number in range(2):
        notify.send(admin, "infra-optim:host-1", f"event.{number}", "info", {})

    assert [seen[2] for seen in recorder.wait_for(2)] == ["event.0", "event.1"]
    assert notify.flush(10) or notify.flush(10)
    assert len(recorder.seen) == 2


def test_the_library_sends_notifications_the_way_that_parcels_expect() -> None:
    found = inspect.signature(oslo_messaging.transport.Transport._send_notification)

    assert list(found.parameters) == ["self", "target", "ctxt", "message", "version", "retry"]
