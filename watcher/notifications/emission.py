# SPDX-License-Identifier: Apache-2.0
"""The one way to send a notification: name the event and hand over the record.

Call it after the commit. It costs no query, since records carry the relations that their payload
shows, and it never raises: a notification that cannot be built is logged and dropped.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

from oslo_log import log

from watcher.common.context import RequestContext
from watcher.conf import CONF
from watcher.domain.states import ServiceStatus
from watcher.notifications import action, action_plan, audit, base, exception, service
from watcher.rpc import transport

LOG = log.getLogger(__name__)

_LEVELS: Final = ("debug", "info", "warning", "error", "critical")


@dataclasses.dataclass(frozen=True, slots=True)
class StateUpdate:
    """A state change, with the state that the row really had before."""

    old_state: str | None = None
    state: str | None = None
    status_message: str | None = None


EVENTS: Final[Mapping[str, type[base.Notification]]] = {
    "audit.create": audit.AuditCreateNotification,
    "audit.update": audit.AuditUpdateNotification,
    "audit.delete": audit.AuditDeleteNotification,
    "audit.strategy.start": audit.AuditActionNotification,
    "audit.strategy.end": audit.AuditActionNotification,
    "audit.strategy.error": audit.AuditActionNotification,
    "audit.planner.start": audit.AuditActionNotification,
    "audit.planner.end": audit.AuditActionNotification,
    "audit.planner.error": audit.AuditActionNotification,
    "action_plan.create": action_plan.ActionPlanCreateNotification,
    "action_plan.update": action_plan.ActionPlanUpdateNotification,
    "action_plan.delete": action_plan.ActionPlanDeleteNotification,
    "action_plan.execution.start": action_plan.ActionPlanActionNotification,
    "action_plan.execution.end": action_plan.ActionPlanActionNotification,
    "action_plan.execution.error": action_plan.ActionPlanActionNotification,
    "action_plan.cancel.start": action_plan.ActionPlanCancelNotification,
    "action_plan.cancel.end": action_plan.ActionPlanCancelNotification,
    "action_plan.cancel.error": action_plan.ActionPlanCancelNotification,
    "action.create": action.ActionCreateNotification,
    "action.update": action.ActionUpdateNotification,
    "action.delete": action.ActionDeleteNotification,
    "action.execution.start": action.ActionExecutionNotification,
    "action.execution.end": action.ActionExecutionNotification,
    "action.execution.error": action.ActionExecutionNotification,
    "action.cancel.start": action.ActionCancelNotification,
    "action.cancel.end": action.ActionCancelNotification,
    "action.cancel.error": action.ActionCancelNotification,
    "service.update": service.ServiceUpdateNotification,
}
"""All events that are sent, with the envelope of each."""


def emit(
    context: RequestContext,
    event_type: str,
    record: Any,
    *,
    state_update: StateUpdate | None = None,
    fault: BaseException | None = None,
) -> None:
    """Send a notification about a record; never raises.

    :param event_type: a key of :data:`EVENTS`.
    :param record: the object, with the relations that the payload shows.
    :param state_update: for ``*.update``; None when the state did not change.
    :param fault: for ``*.error``: what was raised, if anything was.
    """
    try:
        if _is_wanted(priority_of(event_type, state_update)):
            build(event_type, record, state_update=state_update, fault=fault).send(context)
    except Exception:
        LOG.exception("The notification %s could not be built", event_type)


def build(
    event_type: str,
    record: Any,
    *,
    state_update: StateUpdate | None = None,
    fault: BaseException | None = None,
) -> base.Notification:
    """Return the notification that :func:`emit` sends."""
    envelope = EVENTS[event_type]
    payload = envelope.PAYLOAD
    extra: dict[str, Any] = {}
    if payload.CHANGE is not None:
        field, change = payload.CHANGE
        told = dataclasses.asdict(state_update or StateUpdate())
        extra[field] = change(**{name: told[name] for name in change.fields})
    if "fault" in payload.fields:
        made = None if fault is None else exception.ExceptionPayload.from_exception(fault)
        extra["fault"] = made
    return envelope(
        event_type=base.EventType.parse(event_type),
        priority=priority_of(event_type, state_update),
        publisher=base.NotificationPublisher(host=CONF.host, binary=base.BINARY),
        payload=payload.of(record, **extra),
    )


def priority_of(event_type: str, state_update: StateUpdate | None = None) -> str:
    """Return how urgent an event is: error, warning (a daemon died) or info."""
    if event_type.endswith(".error"):
        return "error"
    died = state_update is not None and state_update.state == ServiceStatus.FAILED
    return "warning" if event_type == "service.update" and died else "info"


def _is_wanted(priority: str) -> bool:
    lowest = CONF.notification_level
    if not lowest or _LEVELS.index(priority) < _LEVELS.index(lowest):
        return False
    return transport.notifications_enabled()
