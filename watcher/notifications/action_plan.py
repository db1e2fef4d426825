# SPDX-License-Identifier: Apache-2.0
"""The payloads of ``action_plan.*``."""

from __future__ import annotations

from typing import Any, Self

from watcher.notifications import audit, base, strategy
from watcher.objects import fields


class _ActionPlanFields(base.Payload):
    """The row of an action plan."""

    SCHEMA = base.copied(
        "action_plan",
        "uuid",
        "state",
        "global_efficacy",
        "status_message",
        "created_at",
        "updated_at",
        "deleted_at",
    )

    fields = {
        "uuid": fields.UUIDField(),
        "state": fields.StringField(),
        "global_efficacy": fields.FlexibleListOfDictField(nullable=True),
        "audit_uuid": fields.UUIDField(),
        "strategy_uuid": fields.UUIDField(nullable=True),
        "status_message": fields.StringField(nullable=True),
        **base.stamps(),
    }


@base.register
class TerseActionPlanPayload(_ActionPlanFields):
    """The plan of an action. Published: the strategy is the one that the *audit* names, if any."""

    # 1.1: global_efficacy is a list; 1.2: status_message
    VERSION = "1.2"

    @classmethod
    def of(cls, record: Any, **extra: Any) -> Self:
        """Return the payload of a plan whose audit and its strategy are loaded."""
        named = record.audit.strategy
        return super().of(
            record,
            audit_uuid=record.audit.uuid,
            strategy_uuid=None if named is None else named.uuid,
            **extra,
        )


@base.register
class ActionPlanPayload(_ActionPlanFields):
    """An action plan with audit and strategy."""

    VERSION = "1.2"

    fields = {
        "audit": fields.ObjectField("TerseAuditPayload"),
        "strategy": fields.ObjectField("StrategyPayload"),
    }

    @classmethod
    def of(cls, record: Any, **extra: Any) -> Self:
        """Return the payload of a plan whose audit (with goal) and strategy are loaded."""
        return super().of(
            record,
            audit=audit.TerseAuditPayload.of(record.audit),
            audit_uuid=record.audit.uuid,
            strategy=strategy.StrategyPayload.of(record.strategy),
            strategy_uuid=record.strategy.uuid,
            **extra,
        )


@base.register
class ActionPlanStateUpdatePayload(base.Payload):
    """A change of state; nulls when the state did not change."""

    VERSION = "1.1"

    fields = {
        "old_state": fields.StringField(nullable=True),
        "state": fields.StringField(nullable=True),
        "status_message": fields.StringField(nullable=True),
    }


@base.register
class ActionPlanCreatePayload(ActionPlanPayload):
    """A new action plan."""


@base.register
class ActionPlanUpdatePayload(ActionPlanPayload):
    """A changed action plan."""

    CHANGE = ("state_update", ActionPlanStateUpdatePayload)

    fields = {"state_update": fields.ObjectField("ActionPlanStateUpdatePayload")}


@base.register
class ActionPlanActionPayload(ActionPlanPayload):
    """An action plan at the start or the end of its execution."""

    fields = {"fault": fields.ObjectField("ExceptionPayload", nullable=True)}


@base.register
class ActionPlanDeletePayload(ActionPlanPayload):
    """A deleted action plan."""


@base.register
class ActionPlanCancelPayload(ActionPlanPayload):
    """An action plan at the start or the end of its cancellation."""

    fields = {"fault": fields.ObjectField("ExceptionPayload", nullable=True)}


ActionPlanCreateNotification = base.notification(
    "ActionPlanCreateNotification", ActionPlanCreatePayload
)
ActionPlanUpdateNotification = base.notification(
    "ActionPlanUpdateNotification", ActionPlanUpdatePayload
)
ActionPlanDeleteNotification = base.notification(
    "ActionPlanDeleteNotification", ActionPlanDeletePayload
)
ActionPlanActionNotification = base.notification(
    "ActionPlanActionNotification", ActionPlanActionPayload
)
ActionPlanCancelNotification = base.notification(
    "ActionPlanCancelNotification", ActionPlanCancelPayload
)
