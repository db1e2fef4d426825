# SPDX-License-Identifier: Apache-2.0
"""What messages look like: arguments as plain JSON, the context under its published keys."""

from __future__ import annotations

from typing import Any

import oslo_messaging

from watcher.common import context


class RequestContextSerializer(oslo_messaging.Serializer):
    """Turns arguments with ``base`` and the context with its own dictionary form.

    The caller's token stays here: the key travels, because others expect it, but empty. Nothing
    that receives the messages needs the token, and the bus carries it in clear.
    """

    def __init__(self, base: oslo_messaging.Serializer) -> None:
        super().__init__()
        self._base = base

    def serialize_entity(self, context: Any, entity: Any) -> Any:
        """Return ``entity`` as plain JSON values."""
        return self._base.serialize_entity(context, entity)

    def deserialize_entity(self, context: Any, entity: Any) -> Any:
        """Return what ``entity`` stands for."""
        return self._base.deserialize_entity(context, entity)

    def serialize_context(self, context: context.RequestContext) -> dict[str, Any]:
        """Return the published keys of a context."""
        return {**context.to_dict(), "auth_token": None}

    def deserialize_context(self, context: dict[str, Any]) -> context.RequestContext:
        """Return the context of a message; every key is optional."""
        return _from_dict(context)


class _NotificationSerializer(RequestContextSerializer):
    """Leaves out of the context what concerns only this project."""

    def serialize_context(self, context: context.RequestContext) -> dict[str, Any]:
        """Return the published keys of a context, as published in notifications."""
        return {
            **super().serialize_context(context),
            "auth_token_info": None,
            "show_deleted": False,
        }


def plain_json() -> RequestContextSerializer:
    """Return the serializer of every client and server."""
    return RequestContextSerializer(oslo_messaging.JsonPayloadSerializer())


def for_notifications() -> RequestContextSerializer:
    """Return the serializer of the notifier."""
    return _NotificationSerializer(oslo_messaging.JsonPayloadSerializer())


def _from_dict(values: dict[str, Any]) -> context.RequestContext:
    return context.RequestContext.from_dict(values, overwrite=True)
