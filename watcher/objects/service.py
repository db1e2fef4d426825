# SPDX-License-Identifier: Apache-2.0
"""The wire record of a service: one daemon on one host."""

from __future__ import annotations

from watcher.db import models
from watcher.domain.states import ServiceStatus  # noqa: F401 - published name
from watcher.objects import fields, record


@record.facade(
    models.Service,
    lookups={"get": "service_id", "get_by_name": "name"},
    verbs=("create", "save"),
)
class Service(record.Record):
    """One daemon on one host, and when it was last seen."""

    # 1.0: first version
    VERSION = "1.0"

    fields = {
        "id": fields.IntegerField(),
        "name": fields.StringField(),
        "host": fields.StringField(),
        "last_seen_up": fields.DateTimeField(nullable=True, tzinfo_aware=False),
    }
