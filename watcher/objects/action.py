# SPDX-License-Identifier: Apache-2.0
"""The wire record of an action."""

from __future__ import annotations

from watcher.db import models
from watcher.domain.states import ActionState as State  # noqa: F401 - published name
from watcher.objects import fields, record
from watcher.objects.action_plan import ActionPlan


@record.facade(
    models.Action,
    lookups={"get": "action_id", "get_by_id": "action_id", "get_by_uuid": "uuid"},
    verbs=("create", "save", "refresh", "soft_delete"),
)
class Action(record.Record):
    """One step of an action plan."""

    # 1.0: first version
    # 1.1: action_plan
    # 2.0: parents instead of next
    # 2.1: status_message
    VERSION = "2.1"

    fields = {
        "id": fields.IntegerField(),
        "uuid": fields.UUIDField(),
        "action_plan_id": fields.IntegerField(),
        "action_type": fields.StringField(nullable=True),
        "input_parameters": fields.DictField(nullable=True),
        "state": fields.StringField(nullable=True),
        "parents": fields.ListOfStringsField(nullable=True),
        "status_message": fields.StringField(nullable=True),
        "action_plan": fields.ObjectField("ActionPlan", nullable=True),
    }
    object_fields = {"action_plan": (ActionPlan, "action_plan_id")}
