# SPDX-License-Identifier: Apache-2.0
"""What is sent, what is not, and that nothing that goes wrong reaches the caller."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from oslo_messaging.notify import _impl_test

from tests.unit.notifications import samples
from watcher import objects
from watcher.common.context import make_admin_context
from watcher.conf import CONF
from watcher.notifications import EVENTS, StateUpdate, emit
from watcher.notifications.exception import ExceptionPayload
from watcher.rpc import notify, transport

CONTEXT = make_admin_context()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, str, str, Any]]]:
    """Return what was handed to the sender, which is taken to be switched on."""
    CONF([], project="watcher", default_config_files=[], default_config_dirs=[])
    objects.register_all()
    CONF.set_override("host", "h")
    found: list[tuple[str, str, str, Any]] = []
    monkeypatch.setattr(notify, "send", lambda _context, *rest: found.append(rest))
    monkeypatch.setattr(transport, "notifications_enabled", lambda: True)
    yield found
    CONF.clear_override("host")
    CONF.clear_override("notification_level")


def test_a_message_names_the_sender_and_the_event(sent: list[Any]) -> None:
    emit(CONTEXT, "audit.create", samples.audit())
    publisher, event_type, priority, payload = sent[0]
    assert (publisher, event_type, priority) == ("infra-optim:h", "audit.create", "info")
    assert payload["watcher_object.name"] == "AuditCreatePayload"
    assert "changes" not in json.dumps(payload)
    assert payload["watcher_object.data"]["created_at"] == "2026-03-01T12:00:00Z"


@pytest.mark.parametrize(
    ("event_type", "update", "priority"),
    [
        ("action.execution.error", None, "error"),
        ("service.update", StateUpdate("ACTIVE", "FAILED"), "warning"),
        ("service.update", StateUpdate("FAILED", "ACTIVE"), "info"),
        ("action.update", StateUpdate("ONGOING", "FAILED"), "info"),
    ],
    ids=str,
)
def test_priorities_are_the_published_ones(
    sent: list[Any], event_type: str, update: StateUpdate | None, priority: str
) -> None:
    record = samples.service() if event_type.startswith("service") else samples.action()
    emit(CONTEXT, event_type, record, state_update=update)
    assert sent[0][2] == priority


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("", []),
        ("debug", ["action.create", "action.execution.error"]),
        ("info", ["action.create", "action.execution.error"]),
        ("warning", ["action.execution.error"]),
        ("error", ["action.execution.error"]),
        ("critical", []),
    ],
)
def test_what_is_below_the_level_is_not_sent(
    sent: list[Any], level: str, expected: list[str]
) -> None:
    CONF.set_override("notification_level", level)
    emit(CONTEXT, "action.create", samples.action())
    emit(CONTEXT, "action.execution.error", samples.action("FAILED"))
    assert [event for _, event, _, _ in sent] == expected


def test_nothing_is_built_when_no_driver_sends_it(
    sent: list[Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(transport, "notifications_enabled", lambda: False)
    emit(CONTEXT, "audit.create", object())
    assert sent == []
    assert caplog.text == ""


def test_a_notification_that_cannot_be_built_is_logged_and_left_out(
    sent: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    audit = samples.audit()
    audit.goal = None
    with caplog.at_level(logging.ERROR):
        emit(CONTEXT, "audit.create", audit)
        emit(CONTEXT, "no.such", audit)
    assert sent == []
    assert "audit.create" in caplog.text
    assert "no.such" in caplog.text


def test_an_audit_without_strategy_is_told_as_such(sent: list[Any]) -> None:
    audit = samples.audit()
    audit.strategy = None
    emit(CONTEXT, "audit.update", audit)
    data = sent[0][3]["watcher_object.data"]
    assert data["strategy"] is data["strategy_uuid"] is None
    assert data["state_update"]["watcher_object.data"] == {
        "old_state": None,
        "state": None,
        "status_message": None,
    }


def test_the_plan_of_an_action_shows_the_strategy_that_the_audit_names(sent: list[Any]) -> None:
    action = samples.action()
    action.action_plan.audit.strategy = None
    emit(CONTEXT, "action.create", action)
    plan = sent[0][3]["watcher_object.data"]["action_plan"]["watcher_object.data"]
    assert plan["strategy_uuid"] is None
    assert plan["audit_uuid"] == action.action_plan.audit.uuid


def test_a_fault_names_the_innermost_place() -> None:
    payload = ExceptionPayload.from_exception(samples.fault())
    assert (payload.module_name, payload.function_name) == ("watcher.domain.states", "check")
    assert payload.exception == "TransitionNotAllowed"
    assert payload.exception_message == "State transition not allowed: (PENDING -> SUCCEEDED)"


def test_a_fault_that_was_never_raised_has_no_function() -> None:
    payload = ExceptionPayload.from_exception(KeyError("x"))
    assert (payload.module_name, payload.function_name) == ("builtins", "")


@pytest.fixture
def bus() -> Iterator[list[Any]]:
    """Return what leaves the process through the messaging library."""
    CONF([], project="watcher", default_config_files=[], default_config_dirs=[])
    objects.register_all()
    transport.init(CONF)
    transport.notifications_enabled()
    CONF.set_override("transport_url", "fake:")
    CONF.set_override("driver", ["test"], group="oslo_messaging_notifications")
    transport.cleanup()
    _impl_test.reset()
    yield _impl_test.NOTIFICATIONS
    notify.stop()
    transport.cleanup()
    CONF.clear_override("transport_url")
    CONF.clear_override("driver", group="oslo_messaging_notifications")
    _impl_test.reset()


def test_events_leave_the_process_in_the_order_of_the_changes(bus: list[Any]) -> None:
    record = {"audit": samples.audit(), "action_plan": samples.action_plan()}
    record |= {"action": samples.action(), "service": samples.service()}
    for event_type in EVENTS:
        update = StateUpdate("ACTIVE", "FAILED") if event_type == "service.update" else None
        emit(CONTEXT, event_type, record[event_type.split(".")[0]], state_update=update)
    assert notify.flush(10)
    messages = [message for _context, message, _priority, _retry in bus]
    assert [message["event_type"] for message in messages] == list(EVENTS)
    assert {message["publisher_id"] for message in messages} == {f"infra-optim:{CONF.host}"}
    assert messages[-1]["priority"] == "WARN"
