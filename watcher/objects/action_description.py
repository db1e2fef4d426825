# SPDX-License-Identifier: Apache-2.0
"""The wire record of an action description."""

from __future__ import annotations

from watcher.db import models
from watcher.objects import fields, record


@record.facade(
    models.ActionDescription,
    lookups={"get": "action_id", "get_by_type": "action_type"},
    verbs=("create", "save"),
)
class ActionDescription(record.Record):
    """What an action type does, in one sentence."""

    # 1.0: first version
    VERSION = "1.0"

    fields = {
        "id": fields.IntegerField(),
        "action_type": fields.StringField(),
        "description": fields.StringField(),
    }
