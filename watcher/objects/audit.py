# SPDX-License-Identifier: Apache-2.0
"""The wire record of an audit."""

from __future__ import annotations

from watcher.db import models
from watcher.db.runs import StoredRun
from watcher.domain.states import AuditState as State  # noqa: F401 - published name
from watcher.domain.states import AuditType  # noqa: F401 - published name
from watcher.objects import fields, record
from watcher.objects.goal import Goal
from watcher.objects.strategy import Strategy


@record.facade(
    models.Audit,
    lookups={
        "get": "audit_id",
        "get_by_id": "audit_id",
        "get_by_uuid": "uuid",
        "get_by_name": "name",
    },
    verbs=("create", "save", "refresh", "soft_delete", "destroy"),
)
class Audit(record.Record):
    """A request to optimise the cloud."""

    # 1.0: first version
    # 1.1: goal and strategy
    # 1.2: auto_trigger
    # 1.3: next_run_time
    # 1.4: name
    # 1.5: hostname
    # 1.6: start_time and end_time
    # 1.7: force
    # 1.8: status_message
    VERSION = "1.8"

    fields = {
        "id": fields.IntegerField(),
        "uuid": fields.UUIDField(),
        "name": fields.StringField(),
        "audit_type": fields.StringField(),
        "state": fields.StringField(),
        "parameters": fields.FlexibleDictField(nullable=True),
        "interval": fields.StringField(nullable=True),
        "scope": fields.FlexibleListOfDictField(nullable=True),
        "goal_id": fields.IntegerField(),
        "strategy_id": fields.IntegerField(nullable=True),
        "auto_trigger": fields.BooleanField(),
        "next_run_time": fields.DateTimeField(nullable=True, tzinfo_aware=False),
        "hostname": fields.StringField(nullable=True),
        "start_time": fields.DateTimeField(nullable=True, tzinfo_aware=False),
        "end_time": fields.DateTimeField(nullable=True, tzinfo_aware=False),
        "force": fields.BooleanField(default=False, nullable=False),
        "status_message": fields.StringField(nullable=True),
        "goal": fields.ObjectField("Goal", nullable=True),
        "strategy": fields.ObjectField("Strategy", nullable=True),
    }
    object_fields = {"goal": (Goal, "goal_id"), "strategy": (Strategy, "strategy_id")}

    run: StoredRun | None = None
    """The run as it was when the audit was read for an engine; no field, so never on the wire."""
