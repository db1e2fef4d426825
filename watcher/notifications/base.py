# SPDX-License-Identifier: Apache-2.0
"""What all notifications share: the envelope, and how a payload is filled from a record.

The names, versions and fields of all classes in this package are a contract with consumers: an
additional field needs a new version of its payload.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Self, TypeVar

from watcher.common.context import RequestContext
from watcher.objects import base, fields
from watcher.rpc import notify

BINARY: Final = "infra-optim"
"""The name of the sender on the wire, the same for all daemons."""

C = TypeVar("C", bound="type[NotificationObject]")


class NotificationObject(base.WatcherObject):
    """A wire record that is used only in notifications."""

    VERSION = "1.0"


def register(cls: C) -> C:
    """Make a class of this package usable, and list it among the notification classes."""
    base.WatcherObjectRegistry.register_notification(cls)
    return cls


@register
class EventType(NotificationObject):
    """What happened: ``<object>.<action>`` or ``<object>.<action>.<phase>``."""

    # 1.1: strategy, planner; 1.2: execution; 1.3: cancel
    VERSION = "1.3"

    fields = {
        "object": fields.StringField(),
        "action": fields.NotificationActionField(),
        "phase": fields.NotificationPhaseField(nullable=True),
    }

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the event type that a text like ``audit.strategy.start`` names."""
        noun, action, *phase = text.split(".")
        return cls(object=noun, action=action, phase=phase[0] if phase else None)

    def __str__(self) -> str:
        parts = (self.object, self.action, self.phase)
        return ".".join(str(part) for part in parts if part is not None)


@register
class NotificationPublisher(NotificationObject):
    """Who sends a notification."""

    fields = {"host": fields.StringField(), "binary": fields.StringField()}

    def __str__(self) -> str:
        return f"{self.binary}:{self.host}"


class Payload(NotificationObject):
    """The body of a notification, or a part of it.

    ``SCHEMA`` says which fields are copied from a record: field -> (what the record is,
    attribute of the record). ``CHANGE`` is the field for a state change, and its class.
    """

    SCHEMA: ClassVar[Mapping[str, tuple[str, str]]] = {}
    CHANGE: ClassVar[tuple[str, type[Payload]] | None] = None

    @classmethod
    def of(cls, record: Any, **extra: Any) -> Self:
        """Return the payload of a record, with the fields that the record does not have."""
        copied = {field: getattr(record, name) for field, (_, name) in cls.SCHEMA.items()}
        return cls(**{**copied, **extra})


class Notification(NotificationObject):
    """The envelope; subclasses say which payload is in it."""

    PAYLOAD: ClassVar[type[Payload]]

    fields = {
        "priority": fields.NotificationPriorityField(),
        "event_type": fields.ObjectField("EventType"),
        "publisher": fields.ObjectField("NotificationPublisher"),
    }

    def body(self) -> dict[str, Any]:
        """Return the payload as it goes over the wire."""
        body: dict[str, Any] = _without_changes(self.payload.obj_to_primitive())
        return body

    def send(self, context: RequestContext) -> None:
        """Hand the notification to the sender, which sends it in the background."""
        notify.send(context, str(self.publisher), str(self.event_type), self.priority, self.body())


def notification(name: str, payload: type[Payload]) -> type[Notification]:
    """Return the envelope class for a payload class."""
    body = {
        "__doc__": f"The envelope of {payload.__name__}.",
        "__module__": payload.__module__,
        "VERSION": "1.0",
        "PAYLOAD": payload,
        "fields": {"payload": fields.ObjectField(payload.__name__)},
    }
    return register(type(name, (Notification,), body))


def copied(noun: str, *names: str) -> dict[str, tuple[str, str]]:
    """Return the schema of fields named like the attribute that they are copied from."""
    return {name: (noun, name) for name in names}


def stamps() -> dict[str, Any]:
    """Return the fields with the dates of a record."""
    names = ("created_at", "updated_at", "deleted_at")
    return {name: fields.DateTimeField(nullable=True) for name in names}


def _without_changes(value: Any) -> Any:
    """Leave out which fields were set: it tells a consumer nothing, and is not published."""
    if not isinstance(value, dict):
        return value
    return {
        key: _without_changes(one) for key, one in value.items() if key != "watcher_object.changes"
    }
