# SPDX-License-Identifier: Apache-2.0
"""The published bases of all wire records, and their registry.

What a record of a database row can do is in ``watcher.objects.record``.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, ClassVar

from oslo_versionedobjects import base as ovo_base

from watcher import objects
from watcher.objects import fields


def get_attrname(name: str) -> str:
    """Return the attribute that keeps the value of a field."""
    return f"_obj_{name}"


class WatcherObjectRegistry(ovo_base.VersionedObjectRegistry):
    """The registry of wire records, and the list of the notifications among them.

    A registered class is also found as ``watcher.objects.<Name>``.
    """

    notification_classes: ClassVar[list[type[ovo_base.VersionedObject]]] = []

    def registration_hook(self, cls: type[ovo_base.VersionedObject], index: int) -> None:
        """Bind the newest version of a class in ``watcher.objects``."""
        if index == 0:
            setattr(objects, cls.obj_name(), cls)

    @classmethod
    def register_notification(
        cls, notification_cls: type[ovo_base.VersionedObject]
    ) -> type[ovo_base.VersionedObject]:
        """Remember a notification class without registering it as an object."""
        cls.register_if(False)(notification_cls)
        cls.notification_classes.append(notification_cls)
        return notification_cls

    @classmethod
    def register_notification_objects(cls) -> None:
        """Register the notification classes as objects too; only tests need it."""
        for notification_cls in cls.notification_classes:
            cls.register(notification_cls)


class WatcherObject(ovo_base.VersionedObject):
    """A record that can go over the wire."""

    OBJ_SERIAL_NAMESPACE = "watcher_object"
    OBJ_PROJECT_NAMESPACE = "watcher"

    if TYPE_CHECKING:
        # Fields become properties when the class is registered.
        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, value: Any) -> None: ...

    def as_dict(self) -> dict[str, Any]:
        """Return the fields that are set."""
        return {name: getattr(self, name) for name in self.fields if self.obj_attr_is_set(name)}


class WatcherObjectDictCompat(ovo_base.VersionedObjectDictCompat):
    """Access to fields as if the record were a dictionary."""


class WatcherComparableObject(ovo_base.ComparableVersionedObject):
    """Equality by value."""


class WatcherObjectSerializer(ovo_base.VersionedObjectSerializer):
    """Turns records into primitives and back."""

    OBJ_BASE_CLASS = WatcherObject


class WatcherPersistentObject:
    """The part of a record that comes from being a row: its stamps and its relations."""

    fields: MutableMapping[str, Any] = {
        name: fields.DateTimeField(nullable=True)
        for name in ("created_at", "updated_at", "deleted_at")
    }
    object_fields: ClassVar[Mapping[str, tuple[type[Any], str]]] = {}

    def obj_refresh(self, loaded_object: Any) -> None:
        """Take over the fields of another record of the same row, where they differ."""
        mine: Any = self
        for name in self.fields:
            if not loaded_object.obj_attr_is_set(name):
                continue
            value = getattr(loaded_object, name)
            if not mine.obj_attr_is_set(name) or getattr(mine, name) != value:
                setattr(mine, name, value)
