# SPDX-License-Identifier: Apache-2.0
"""The wire record of a scoring engine."""

from __future__ import annotations

from watcher.db import models
from watcher.objects import fields, record


@record.facade(
    models.ScoringEngine,
    lookups={
        "get": "scoring_engine_id",
        "get_by_id": "scoring_engine_id",
        "get_by_uuid": "scoring_engine_uuid",
        "get_by_name": "scoring_engine_name",
    },
    verbs=("create", "save"),
    list_begins_with=("filters",),
)
class ScoringEngine(record.Record):
    """A scorer that strategies may use."""

    # 1.0: first version
    VERSION = "1.0"

    fields = {
        "id": fields.IntegerField(),
        "uuid": fields.UUIDField(),
        "name": fields.StringField(),
        "description": fields.StringField(nullable=True),
        "metainfo": fields.StringField(nullable=True),
    }
