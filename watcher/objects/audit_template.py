# SPDX-License-Identifier: Apache-2.0
"""The wire record of an audit template."""

from __future__ import annotations

from watcher.db import models
from watcher.objects import fields, record
from watcher.objects.goal import Goal
from watcher.objects.strategy import Strategy


@record.facade(
    models.AuditTemplate,
    lookups={
        "get": "audit_template_id",
        "get_by_id": "audit_template_id",
        "get_by_uuid": "uuid",
        "get_by_name": "name",
    },
    verbs=("create", "save", "refresh", "soft_delete"),
    list_begins_with=("filters",),
)
class AuditTemplate(record.Record):
    """A named preset for audits."""

    # 1.0: first version
    # 1.1: goal and strategy
    # 1.2: default_parameters
    VERSION = "1.2"

    fields = {
        "id": fields.IntegerField(),
        "uuid": fields.UUIDField(),
        "name": fields.StringField(),
        "description": fields.StringField(nullable=True),
        "scope": fields.FlexibleListOfDictField(nullable=True),
        "goal_id": fields.IntegerField(),
        "strategy_id": fields.IntegerField(nullable=True),
        "default_parameters": fields.FlexibleDictField(nullable=True),
        "goal": fields.ObjectField("Goal", nullable=True),
        "strategy": fields.ObjectField("Strategy", nullable=True),
    }
    object_fields = {"goal": (Goal, "goal_id"), "strategy": (Strategy, "strategy_id")}
