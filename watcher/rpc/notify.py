# SPDX-License-Identifier: Apache-2.0
"""Sends notifications in the order of the changes they announce, without delaying any.

What they say is the concern of ``watcher.notifications``; here they are only carried.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from oslo_log import log

from watcher.common.context import RequestContext
from watcher.rpc import outbox, transport
from watcher.rpc.parcels import Parcel

LOG = log.getLogger(__name__)

PRIORITIES = {
    "debug": "debug",
    "info": "info",
    "warn": "warn",
    "warning": "warn",
    "error": "error",
    "critical": "critical",
}
"""Names of priorities, with the method of the notifier that sends them."""


@dataclasses.dataclass(slots=True)
class _Notification:
    context: RequestContext
    publisher_id: str
    event_type: str
    method: str
    payload: Any
    #: The parts still to be sent; None before the first attempt.
    parcels: list[Parcel] | None = None


def send(
    context: RequestContext,
    publisher_id: str,
    event_type: str,
    priority: str,
    payload: Any,
) -> None:
    """Hand over one notification; never blocks, never raises.

    :param priority: a key of :data:`PRIORITIES`
    :param payload: plain JSON values, not changed by the caller afterwards
    """
    method = PRIORITIES.get(priority.lower())
    if method is None:
        LOG.error("The notification %s has the unknown priority %s", event_type, priority)
        return
    _outbox.put(_Notification(context, publisher_id, event_type, method, payload))


def flush(timeout_s: float) -> bool:
    """Wait until everything handed over is sent; false when something is not."""
    return _outbox.flush(timeout_s)


def stop(timeout_s: float = 2.0) -> None:
    """Send what can be sent in time and end the sender."""
    _outbox.stop(timeout_s)


def _send(notification: _Notification) -> None:
    if not transport.notifications_enabled():
        return
    if notification.parcels is None:
        notification.parcels = transport.get_notifier().pack(
            notification.context,
            notification.publisher_id,
            notification.event_type,
            notification.method,
            notification.payload,
        )
    bus, retries = transport.get_notification_transport(), transport.connection_retries(True)
    while notification.parcels:
        notification.parcels[0].send(bus, retries)
        del notification.parcels[0]


def _is_reachable() -> bool:
    return not transport.notifications_enabled() or transport.is_reachable(notifications=True)


_outbox: outbox.Outbox[_Notification] = outbox.Outbox(
    "watcher-notifications",
    _send,
    is_reachable=_is_reachable,
    capacity=10_000,
    patience_s=3600.0,
)
