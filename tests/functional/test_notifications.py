# SPDX-License-Identifier: Apache-2.0
"""What the daemons tell the bus about one life after another, read from RabbitMQ.

The order is the published one. What the published service announces twice is announced once
here: an automatic skip, a failure, the acceptance of a plan.
"""

from __future__ import annotations

import json
import threading

import kombu
import pytest

from tests.functional.deployment import wait_for

TOLD_BY_THE_API = {
    "audit.create PENDING",
    "action_plan.update RECOMMENDED->PENDING",
    "action_plan.update ONGOING->CANCELLING",
}


class Listener:
    """Keeps what is sent to the notification exchange of a deployment."""

    def __init__(self, url: str, exchange: str) -> None:
        self.heard: list[dict] = []
        self._connection = kombu.Connection(url.replace("rabbit://", "amqp://"))
        topic = kombu.Exchange(exchange, "topic", durable=False, auto_delete=False)
        queue = kombu.Queue("", topic, "notifications.#", exclusive=True)
        self._consumer = kombu.Consumer(
            self._connection.channel(), [queue], callbacks=[self._hear], no_ack=True
        )
        self._consumer.consume()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _hear(self, body, message) -> None:
        found = body if isinstance(body, dict) else json.loads(body)
        heard = json.loads(found["oslo.message"])
        self.heard.append(heard | {"queue": message.delivery_info["routing_key"]})

    def _listen(self) -> None:
        while not self._ending.is_set():
            try:
                self._connection.drain_events(timeout=0.2)
            except TimeoutError:
                continue

    def stop(self) -> None:
        self._ending.set()
        self._thread.join()
        self._connection.release()

    def about(self, *uuids: str) -> list[str]:
        """Return the story of some records: event, state, and the old state where it changed."""
        return [_told(one) for one in self.heard if _data(one).get("uuid") in uuids]

    def wait_for(self, told: str, *uuids: str) -> None:
        """Wait until something was told of some records, and with it all that its sender told."""
        wait_for(told, lambda: told in self.about(*uuids))

    def last(self, event: str) -> dict:
        """Return the last message of a kind."""
        return next(one for one in reversed(self.heard) if one["event_type"] == event)


def _data(message):
    return message["payload"]["watcher_object.data"]


def _of(story: list[str], *, daemons: bool) -> list[str]:
    """Return what the daemons have told, or what the API has.

    Each process sends in order; which of two is the first to reach the broker is not said.
    """
    return [told for told in story if (told in TOLD_BY_THE_API) != daemons]


def _told(message):
    data = _data(message)
    changed = data.get("state_update") and data["state_update"]["watcher_object.data"]["old_state"]
    state = f"{changed}->{data['state']}" if changed else data["state"]
    return f"{message['event_type']} {state}"


@pytest.fixture
def listener(deployment, rabbit):
    deployment.start().wait_until_active()
    found = Listener(rabbit, deployment.exchange)
    yield found
    found.stop()


def a_plan(deployment, listener, *actions):
    """Make a plan of the given actions; return its audit, the plan, and the ids of the actions."""
    audit = deployment.create_audit(
        goal="unclassified",
        strategy="actuator",
        parameters={
            "actions": [
                {"action_type": kind, "input_parameters": parameters}
                for kind, parameters in actions
            ]
        },
    )
    deployment.wait_state("audits", audit["uuid"], "SUCCEEDED")
    listener.wait_for("audit.create PENDING", audit["uuid"])
    listener.wait_for("audit.update ONGOING->SUCCEEDED", audit["uuid"])
    (plan,) = deployment.plans(audit["uuid"])
    return audit["uuid"], plan["uuid"], [one["uuid"] for one in deployment.actions(plan["uuid"])]


def run(deployment, listener, plan, end_state, last_event):
    deployment.post(f"/v1/action_plans/{plan}/start")
    deployment.wait_state("action_plans", plan, end_state)
    listener.wait_for("action_plan.update RECOMMENDED->PENDING", plan)
    listener.wait_for(f"{last_event} {end_state}", plan)


EXECUTED = [
    "action.create PENDING",
    "action.execution.start PENDING",
    "action.update PENDING->ONGOING",
    "action.update ONGOING->SUCCEEDED",
    "action.execution.end SUCCEEDED",
]


def test_an_audit_and_its_plan_are_told_in_the_published_order(deployment, listener):
    audit, plan, (action,) = a_plan(deployment, listener, ("nop", {"message": "hello"}))
    run(deployment, listener, plan, "SUCCEEDED", "action_plan.execution.end")
    story = listener.about(audit, plan, action)
    assert _of(story, daemons=False) == [
        "audit.create PENDING",
        "action_plan.update RECOMMENDED->PENDING",
    ]
    assert _of(story, daemons=True) == [
        "audit.update PENDING->ONGOING",
        "audit.strategy.start ONGOING",
        "audit.strategy.end ONGOING",
        "audit.planner.start ONGOING",
        "action_plan.create RECOMMENDED",
        "action.create PENDING",
        "audit.planner.end ONGOING",
        "audit.update ONGOING->SUCCEEDED",
        "action_plan.update PENDING->ONGOING",
        "action_plan.execution.start ONGOING",
        *EXECUTED[1:],
        "action_plan.update ONGOING->SUCCEEDED",
        "action_plan.execution.end SUCCEEDED",
    ]
    assert {one["publisher_id"] for one in listener.heard} == {"infra-optim:test-host"}
    assert {(one["priority"], one["queue"]) for one in listener.heard} == {
        ("INFO", "notifications.info")
    }


def test_failures_and_skips_are_told_as_published(deployment, listener):
    flags = ("fail_execute", "fail_pre_condition", "fail_post_condition", "skip_pre_condition")
    steps = [("nop", {"message": flag, flag: True}) for flag in flags]
    _audit, plan, actions = a_plan(deployment, listener, *steps)
    run(deployment, listener, plan, "FAILED", "action_plan.execution.error")
    execute, before, after, skip = (listener.about(one) for one in actions)
    failed = ["action.update ONGOING->FAILED", "action.execution.error FAILED"]
    assert execute == [*EXECUTED[:3], *failed]
    assert before == [
        "action.create PENDING",
        "action.update PENDING->FAILED",
        "action.execution.error FAILED",
    ]
    assert after == [
        *EXECUTED,
        "action.update SUCCEEDED->FAILED",
        "action.execution.error FAILED",
    ]
    assert skip == ["action.create PENDING", "action.update PENDING->SKIPPED"]
    errors = [one for one in listener.heard if one["event_type"].endswith(".error")]
    assert {(one["priority"], one["queue"]) for one in errors} == {("ERROR", "notifications.error")}
    faults = {
        _data(one)["uuid"]: _data(one)["fault"]["watcher_object.data"]
        for one in errors
        if _data(one)["fault"]
    }
    assert faults[actions[0]] == {  # as captured
        "module_name": "watcher.applier.workflow_engine.default",
        "function_name": "do_execute",
        "exception": "ActionExecutionFailure",
        "exception_message": f"The action {actions[0]} execution failed.",
    }
    assert faults[actions[1]]["exception_message"] == "Failed in pre_condition"
    assert all(fault["function_name"] for fault in faults.values()), faults
    assert listener.about(plan)[-2:] == [
        "action_plan.update ONGOING->FAILED",
        "action_plan.execution.error FAILED",
    ]


def test_a_cancel_of_a_running_plan_is_told_as_published(deployment, listener):
    steps = [("sleep", {"duration": seconds}) for seconds in (15, 4, 5)]
    _audit, plan, actions = a_plan(deployment, listener, *steps)
    deployment.post(f"/v1/action_plans/{plan}/start")
    listener.wait_for(EXECUTED[2], *actions)
    body = [{"op": "replace", "path": "/state", "value": "CANCELLING"}]
    assert deployment.request("PATCH", f"/v1/action_plans/{plan}", body)[0] == 200
    deployment.wait_state("action_plans", plan, "CANCELLED")
    listener.wait_for("action_plan.update ONGOING->CANCELLING", plan)
    listener.wait_for("action_plan.cancel.end CANCELLED", plan)
    story = _of(listener.about(plan, *actions), daemons=True)
    begin = story.index(EXECUTED[2])
    assert story[begin + 1 :] == [
        "action.update ONGOING->SUCCEEDED",
        "action.execution.end SUCCEEDED",
        "action_plan.cancel.start CANCELLING",
        "action.cancel.start PENDING",
        "action.update PENDING->CANCELLED",
        "action.cancel.end CANCELLED",
        "action.update PENDING->CANCELLED",
        "action_plan.update CANCELLING->CANCELLED",
        "action_plan.cancel.end CANCELLED",
    ]


def test_a_failing_strategy_is_told_with_its_fault(deployment, listener):
    audit = deployment.create_audit(
        goal="cluster_maintaining",
        strategy="host_maintenance",
        parameters={"maintenance_node": "nobody"},
    )
    deployment.wait_state("audits", audit["uuid"], "FAILED")
    told = "audit.update ONGOING->FAILED"
    listener.wait_for(told, audit["uuid"])
    assert _of(listener.about(audit["uuid"]), daemons=True)[1:] == [
        "audit.strategy.start ONGOING",
        "audit.strategy.error ONGOING",
        told,
    ]
    message = listener.last("audit.strategy.error")
    fault = _data(message)["fault"]["watcher_object.data"]
    assert (message["priority"], fault["exception"]) == ("ERROR", "ComputeNodeNotFound")
    assert fault["module_name"].startswith("watcher.")


def test_deleting_is_told_of_the_actions_first(deployment, listener):
    audit, plan, (action,) = a_plan(deployment, listener, ("nop", {"message": "hello"}))
    for path in (f"/v1/action_plans/{plan}", f"/v1/audits/{audit}"):
        assert deployment.request("DELETE", path)[0] == 204
    listener.wait_for("audit.delete DELETED", audit)
    assert listener.about(audit, plan, action)[-6:] == [
        "action.update PENDING->DELETED",
        "action.delete DELETED",
        "action_plan.update RECOMMENDED->DELETED",
        "action_plan.delete DELETED",
        "audit.update SUCCEEDED->DELETED",
        "audit.delete DELETED",
    ]
    assert _data(listener.last("action.delete"))["deleted_at"]
    assert _data(listener.last("action.update"))["deleted_at"] is None
