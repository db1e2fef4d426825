# SPDX-License-Identifier: Apache-2.0
"""Makes the messages of a notification without sending them.

The messaging library's notifier logs an error of the bus and continues as if the message had been
sent. Here the notifier and its drivers only say what goes where; the sender learns of each error,
and can send the same message again to only those topics that have not received it yet.
"""

from __future__ import annotations

import dataclasses
import threading
from typing import Any

import oslo_messaging
from oslo_messaging import transport as messaging_transport

from watcher.common.context import RequestContext


@dataclasses.dataclass(frozen=True, slots=True)
class Parcel:
    """One message to one topic.

    :ivar version: format of the message: 2.0 if it has an envelope
    """

    target: oslo_messaging.Target
    context: dict[str, Any]
    message: dict[str, Any]
    version: float

    def send(self, transport: oslo_messaging.Transport, retries: int) -> None:
        """Send it; whatever the library raises is not caught."""
        transport._send_notification(
            self.target, self.context, self.message, self.version, retry=retries
        )


class _Shelf(messaging_transport.NotificationTransport):
    """What the notifier uses as its transport: it keeps what is to be sent."""

    def __init__(self, conf: Any) -> None:
        self.conf = conf  # all that a notifier reads from a transport
        self.kept: list[Parcel] = []

    def _send_notification(
        self,
        target: oslo_messaging.Target,
        ctxt: Any,
        message: Any,
        version: float,
        retry: int | None = None,  # noqa: ARG002  # the sender decides
    ) -> None:
        self.kept.append(Parcel(target, ctxt, message, version))


class Packer:
    """The library's notifier with the drivers and topics of the configuration.

    Drivers that do not use the bus (``log``) do their work while the parcels are made.
    """

    def __init__(
        self, transport: oslo_messaging.Transport, serializer: oslo_messaging.Serializer
    ) -> None:
        self._lock = threading.Lock()
        self._shelf = _Shelf(transport.conf)
        self._notifier = oslo_messaging.Notifier(self._shelf, serializer=serializer)

    def pack(
        self, context: RequestContext, publisher_id: str, event_type: str, method: str, payload: Any
    ) -> list[Parcel]:
        """Return one parcel for each topic and driver.

        :param method: of the notifier, with the name of the priority
        """
        emit = getattr(self._notifier.prepare(publisher_id=publisher_id), method)
        with self._lock:
            emit(context, event_type, payload)
            made, self._shelf.kept = self._shelf.kept, []
        return made
