# SPDX-License-Identifier: Apache-2.0
"""The strategy in notifications about audits and action plans."""

from __future__ import annotations

from watcher.notifications import base
from watcher.objects import fields


@base.register
class StrategyPayload(base.Payload):
    """A strategy."""

    SCHEMA = base.copied(
        "strategy",
        "uuid",
        "name",
        "display_name",
        "parameters_spec",
        "created_at",
        "updated_at",
        "deleted_at",
    )

    fields = {
        "uuid": fields.UUIDField(),
        "name": fields.StringField(),
        "display_name": fields.StringField(),
        "parameters_spec": fields.FlexibleDictField(nullable=True),
        **base.stamps(),
    }
