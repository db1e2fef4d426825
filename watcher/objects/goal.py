# SPDX-License-Identifier: Apache-2.0
"""The wire record of a goal."""

from __future__ import annotations

from watcher.db import models
from watcher.objects import fields, record


@record.facade(
    models.Goal,
    lookups={
        "get": "goal_id",
        "get_by_id": "goal_id",
        "get_by_uuid": "uuid",
        "get_by_name": "name",
    },
    verbs=("create", "save", "refresh", "soft_delete"),
)
class Goal(record.Record):
    """What an operator wants from the cloud."""

    # 1.0: first version
    VERSION = "1.0"

    fields = {
        "id": fields.IntegerField(),
        "uuid": fields.UUIDField(),
        "name": fields.StringField(),
        "display_name": fields.StringField(),
        "efficacy_specification": fields.FlexibleListOfDictField(),
    }
