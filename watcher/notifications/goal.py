# SPDX-License-Identifier: Apache-2.0
"""The goal in notifications about an audit."""

from __future__ import annotations

from watcher.notifications import base
from watcher.objects import fields


@base.register
class GoalPayload(base.Payload):
    """A goal."""

    SCHEMA = base.copied(
        "goal",
        "uuid",
        "name",
        "display_name",
        "efficacy_specification",
        "created_at",
        "updated_at",
        "deleted_at",
    )

    fields = {
        "uuid": fields.UUIDField(),
        "name": fields.StringField(),
        "display_name": fields.StringField(),
        "efficacy_specification": fields.FlexibleListOfDictField(),
        **base.stamps(),
    }
