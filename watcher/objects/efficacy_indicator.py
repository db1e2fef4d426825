# SPDX-License-Identifier: Apache-2.0
"""The wire record of an efficacy indicator."""

from __future__ import annotations

from typing import Any, Self

from watcher.db import models
from watcher.objects import base, fields, record


@record.facade(
    models.EfficacyIndicator,
    lookups={
        "get": "efficacy_indicator_id",
        "get_by_id": "efficacy_indicator_id",
        "get_by_uuid": "uuid",
    },
    verbs=("create", "save", "refresh", "soft_delete"),
    verbs_take_context=True,
)
class EfficacyIndicator(record.Record):
    """One number that says how good an action plan is."""

    # 1.0: first version
    VERSION = "1.0"

    fields = {
        "id": fields.IntegerField(),
        "uuid": fields.UUIDField(),
        "action_plan_id": fields.IntegerField(),
        "name": fields.StringField(),
        "description": fields.StringField(nullable=True),
        "unit": fields.StringField(nullable=True),
        "value": fields.NumericField(),
    }

    @classmethod
    def from_row(cls, context: Any, row: Any, relations: Any = ()) -> Self:
        """Return the record of a row.

        Its value is the column ``data``; rows older than that column have it in the old one.
        """
        found = super().from_row(context, row, relations)
        if row.data is not None:
            found.__dict__[base.get_attrname("value")] = row.data
        return found
