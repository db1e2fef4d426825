# SPDX-License-Identifier: Apache-2.0
"""The payloads of ``action.*``."""

from __future__ import annotations

from typing import Any, Self

from watcher.notifications import action_plan, base
from watcher.objects import fields


@base.register
class ActionPayload(base.Payload):
    """An action with its plan."""

    # 1.1: status_message
    VERSION = "1.1"

    SCHEMA = base.copied(
        "action",
        "uuid",
        "action_type",
        "input_parameters",
        "state",
        "parents",
        "created_at",
        "updated_at",
        "deleted_at",
        "status_message",
    )

    fields = {
        "uuid": fields.UUIDField(),
        "action_type": fields.StringField(),
        "input_parameters": fields.DictField(nullable=False, default={}),
        "state": fields.StringField(),
        "parents": fields.ListOfUUIDsField(nullable=False, default=[]),
        "action_plan_uuid": fields.UUIDField(),
        "action_plan": fields.ObjectField("TerseActionPlanPayload"),
        "status_message": fields.StringField(nullable=True),
        **base.stamps(),
    }

    @classmethod
    def of(cls, record: Any, **extra: Any) -> Self:
        """Return the payload of an action whose plan is loaded, with audit and its strategy."""
        plan = record.action_plan
        return super().of(
            record,
            action_plan=action_plan.TerseActionPlanPayload.of(plan),
            action_plan_uuid=plan.uuid,
            **extra,
        )


@base.register
class ActionStateUpdatePayload(base.Payload):
    """A change of state; nulls when the state did not change."""

    VERSION = "1.1"

    fields = {
        "old_state": fields.StringField(nullable=True),
        "state": fields.StringField(nullable=True),
        "status_message": fields.StringField(nullable=True),
    }


@base.register
class ActionCreatePayload(ActionPayload):
    """A new action."""


@base.register
class ActionUpdatePayload(ActionPayload):
    """A changed action."""

    CHANGE = ("state_update", ActionStateUpdatePayload)

    fields = {"state_update": fields.ObjectField("ActionStateUpdatePayload")}


@base.register
class ActionExecutionPayload(ActionPayload):
    """An action at the start or the end of its execution."""

    fields = {"fault": fields.ObjectField("ExceptionPayload", nullable=True)}


@base.register
class ActionCancelPayload(ActionPayload):
    """An action at the start or the end of its cancellation."""

    fields = {"fault": fields.ObjectField("ExceptionPayload", nullable=True)}


@base.register
class ActionDeletePayload(ActionPayload):
    """A deleted action."""


ActionCreateNotification = base.notification("ActionCreateNotification", ActionCreatePayload)
ActionUpdateNotification = base.notification("ActionUpdateNotification", ActionUpdatePayload)
ActionExecutionNotification = base.notification(
    "ActionExecutionNotification", ActionExecutionPayload
)
ActionCancelNotification = base.notification("ActionCancelNotification", ActionCancelPayload)
ActionDeleteNotification = base.notification("ActionDeleteNotification", ActionDeletePayload)
