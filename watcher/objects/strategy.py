# SPDX-License-Identifier: Apache-2.0
"""The wire record of a strategy."""

from __future__ import annotations

from watcher.db import models
from watcher.objects import fields, record
from watcher.objects.goal import Goal


@record.facade(
    models.Strategy,
    lookups={
        "get": "strategy_id",
        "get_by_id": "strategy_id",
        "get_by_uuid": "uuid",
        "get_by_name": "name",
    },
    verbs=("create", "save", "refresh", "soft_delete"),
    verbs_take_context=True,
)
class Strategy(record.Record):
    """A way to reach a goal."""

    # 1.0: first version
    # 1.1: goal
    VERSION = "1.1"

    fields = {
        "id": fields.IntegerField(),
        "uuid": fields.UUIDField(),
        "name": fields.StringField(),
        "display_name": fields.StringField(),
        "goal_id": fields.IntegerField(),
        "parameters_spec": fields.FlexibleDictField(nullable=True),
        "goal": fields.ObjectField("Goal", nullable=True),
    }
    object_fields = {"goal": (Goal, "goal_id")}
