# SPDX-License-Identifier: Apache-2.0
"""The wire record of an action plan."""

from __future__ import annotations

from watcher.db import models
from watcher.domain.states import ActionPlanState as State  # noqa: F401 - published name
from watcher.objects import fields, record
from watcher.objects.audit import Audit
from watcher.objects.strategy import Strategy


@record.facade(
    models.ActionPlan,
    lookups={"get": "action_plan_id", "get_by_id": "action_plan_id", "get_by_uuid": "uuid"},
    verbs=("create", "save", "refresh", "soft_delete", "destroy"),
)
class ActionPlan(record.Record):
    """What an audit recommends."""

    # 1.0: first version
    # 1.1: audit and strategy
    # 1.2: hostname
    # 2.0: no first_action_id; parents of actions give the order
    # 2.1: states
    # 2.2: global_efficacy is a list
    # 2.3: status_message
    VERSION = "2.3"

    fields = {
        "id": fields.IntegerField(),
        "uuid": fields.UUIDField(),
        "audit_id": fields.IntegerField(),
        "strategy_id": fields.IntegerField(),
        "state": fields.StringField(nullable=True),
        "global_efficacy": fields.FlexibleListOfDictField(nullable=True),
        "hostname": fields.StringField(nullable=True),
        "status_message": fields.StringField(nullable=True),
        "audit": fields.ObjectField("Audit", nullable=True),
        "strategy": fields.ObjectField("Strategy", nullable=True),
    }
    object_fields = {"audit": (Audit, "audit_id"), "strategy": (Strategy, "strategy_id")}
