# SPDX-License-Identifier: Apache-2.0
"""The payloads of ``service.update``."""

from __future__ import annotations

from watcher.notifications import base
from watcher.objects import fields


@base.register
class ServicePayload(base.Payload):
    """A daemon. Published: the key of its host is misspelt."""

    SCHEMA = {
        "sevice_host": ("failed_service", "host"),
        "name": ("failed_service", "name"),
        "last_seen_up": ("failed_service", "last_seen_up"),
    }

    fields = {
        "sevice_host": fields.StringField(),
        "name": fields.StringField(),
        "last_seen_up": fields.DateTimeField(nullable=True),
    }


@base.register
class ServiceStatusUpdatePayload(base.Payload):
    """A change of status."""

    fields = {
        "old_state": fields.StringField(nullable=True),
        "state": fields.StringField(nullable=True),
    }


@base.register
class ServiceUpdatePayload(ServicePayload):
    """A daemon that died or came back."""

    CHANGE = ("status_update", ServiceStatusUpdatePayload)

    fields = {"status_update": fields.ObjectField("ServiceStatusUpdatePayload")}


ServiceUpdateNotification = base.notification("ServiceUpdateNotification", ServiceUpdatePayload)
