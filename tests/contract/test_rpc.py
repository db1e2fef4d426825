# SPDX-License-Identifier: Apache-2.0
"""What we put on the bus is what was captured from the published service."""

from __future__ import annotations

import json
import types
from typing import Any

import pytest
from oslo_messaging._drivers import common as driver_common
from oslo_messaging._drivers import impl_fake

from tests.contract import spec
from watcher import conf
from watcher.common import config, context, exception
from watcher.decision_engine.model import data_model
from watcher.decision_engine.strategy import requirements
from watcher.domain.snapshot import Host, Server, Snapshot
from watcher.rpc import calls, doorbell, topic_listener, transport


def captured(name: str) -> dict[str, Any]:
    return spec.load(f"rpc-captures/{name}.json")


@pytest.fixture
def bus():
    """Use the in-process bus, with nobody listening."""
    config.parse_args([], default_config_files=[], default_config_dirs=[])
    conf.CONF.set_override("transport_url", "fake:")
    transport.init(conf.CONF)
    calls._client()  # registers the option below
    conf.CONF.set_override("rpc_response_timeout", 1)
    yield
    doorbell.stop()
    transport.cleanup()
    conf.CONF.clear_override("transport_url")
    conf.CONF.clear_override("rpc_response_timeout")


def sent(exchange: str, topic: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return context and message of what waits in a queue."""
    queues = impl_fake.FakeExchangeManager(None).get_exchange(exchange)
    found, message, _, _ = queues.poll(impl_fake.oslo_messaging.Target(topic=topic), None)
    return found, message


def call_and_give_up(function, *args) -> None:
    with pytest.raises(exception.WatcherException, match="not answered in time"):
        function(*args)


SENDERS = {
    "trigger_audit.cast": lambda ctx, args: doorbell.trigger_audit(ctx, args["audit_uuid"]),
    "launch_action_plan.cast": lambda ctx, args: doorbell.launch_action_plan(
        ctx, args["action_plan_uuid"]
    ),
    "get_strategy_info.call": lambda ctx, args: call_and_give_up(
        calls.get_strategy_info, ctx, args["strategy_name"]
    ),
    "get_data_model_info.call": lambda ctx, args: call_and_give_up(
        calls.get_data_model_info, ctx, args["data_model_type"], args["audit"]
    ),
}


@pytest.mark.parametrize("name", sorted(SENDERS))
def test_a_request_is_the_captured_one(bus, name: str) -> None:
    fact = captured(name)
    expected = fact["message"]
    caller = context.make_context(
        user_id=expected["_context_user"],
        project_id=expected["_context_project_id"],
        roles=expected["_context_roles"],
        request_id=expected["_context_request_id"],
        show_deleted=None,
        auth_token="never sent",
    )

    SENDERS[name](caller, expected["args"])
    assert doorbell.flush(10)

    found, message = sent(fact["exchange"], fact["routing_key"][0])
    assert message == {key: expected[key] for key in ("method", "args", "version")}
    assert {f"_context_{key}": value for key, value in found.items()} == {
        key: value for key, value in expected.items() if key.startswith("_context_")
    }


def test_a_context_of_the_published_service_is_understood() -> None:
    message = captured("launch_action_plan.cast-from-monitor")["message"]
    values = {key.removeprefix("_context_"): value for key, value in message.items()}

    found = context.RequestContext.from_dict(values)

    assert found.is_admin is True
    assert found.show_deleted is False
    assert found.request_id == message["_context_request_id"]


def failure_of(error: exception.WatcherException) -> dict[str, Any]:
    return json.loads(driver_common.serialize_remote_exception((type(error), error, None)))


def test_a_failure_is_reported_as_captured() -> None:
    expected = captured("failure-watcher-exception.reply")["message"]["failure (decoded)"]

    found = failure_of(exception.ActionPlanNotFound(action_plan=expected["kwargs"]["action_plan"]))

    for key in ("class", "module", "kwargs"):
        assert found[key] == expected[key]


def test_a_failure_of_the_published_service_becomes_our_exception() -> None:
    failure = captured("failure-watcher-exception.reply")["message"]["failure"]

    made = driver_common.deserialize_remote_exception(failure, transport.EXCEPTION_MODULES)

    assert isinstance(made, exception.ActionPlanNotFound)
    assert made.code == 404
    assert type(calls._as_raised(made)) is exception.ActionPlanNotFound


class TriggerActionPlan:
    """An endpoint of the captured name; what it does is not asked for here."""

    def launch_action_plan(self, context: Any, action_plan_uuid: str) -> str:
        return action_plan_uuid


REFUSED = {
    "failure-no-such-method.reply": {"method": "check_api_version", "args": {}},
    "failure-unexpected-argument.reply": {
        "method": "launch_action_plan",
        "args": {"action_plan_uuid": "x", "bogus": 1},
    },
    "failure-unsupported-version.reply": {
        "method": "launch_action_plan",
        "args": {"action_plan_uuid": "x"},
        "version": "1.1",
    },
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_wrong_call_is_refused_as_captured(bus, name: str) -> None:
    expected = captured(name)["message"]["failure (decoded)"]
    dispatcher = topic_listener.TopicListener("topic", [TriggerActionPlan()])._build().dispatcher
    incoming = types.SimpleNamespace(ctxt={}, message=REFUSED[name], client_timeout=None)

    with pytest.raises(Exception, match=r"does not support|unexpected") as raised:
        dispatcher.dispatch(incoming)

    found = type(raised.value)
    assert (found.__name__, found.__module__) == (expected["class"], expected["module"])
    assert str(raised.value) in (expected["message"], f"{__name__}.{expected['message']}")


def test_a_model_is_answered_with_the_captured_keys() -> None:
    expected = captured("get_data_model_info.reply")["message"]["result"]["context"][0]
    cloud = Snapshot.of([Host("h1", "node-0")], [Server("s1", name="vm1", host="node-0")])

    (found,) = data_model.flat_list(cloud)

    assert set(found) == set(expected)
    assert {key: type(value) for key, value in found.items() if value is not None}.items() <= {
        key: type(value) for key, value in expected.items()
    }.items()


def test_the_needs_of_a_strategy_are_answered_as_captured() -> None:
    expected = captured("get_strategy_info.reply")["message"]["result"]
    present = {"compute_model": lambda: Snapshot.of([], [])}

    assert requirements.requirements("dummy", present) == expected
