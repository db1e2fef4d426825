# SPDX-License-Identifier: Apache-2.0
"""The payloads of ``audit.*``."""

from __future__ import annotations

from typing import Any, Self

from watcher.notifications import base, goal, strategy
from watcher.objects import fields


class _AuditFields(base.Payload):
    """The row of an audit."""

    SCHEMA = base.copied(
        "audit",
        "uuid",
        "name",
        "audit_type",
        "state",
        "parameters",
        "interval",
        "scope",
        "auto_trigger",
        "next_run_time",
        "created_at",
        "updated_at",
        "deleted_at",
        "status_message",
    )

    fields = {
        "uuid": fields.UUIDField(),
        "name": fields.StringField(),
        "audit_type": fields.StringField(),
        "state": fields.StringField(),
        "parameters": fields.FlexibleDictField(nullable=True),
        "interval": fields.StringField(nullable=True),
        "scope": fields.FlexibleListOfDictField(nullable=True),
        "goal_uuid": fields.UUIDField(),
        "strategy_uuid": fields.UUIDField(nullable=True),
        "auto_trigger": fields.BooleanField(),
        "next_run_time": fields.DateTimeField(nullable=True),
        "status_message": fields.StringField(nullable=True),
        **base.stamps(),
    }


@base.register
class TerseAuditPayload(_AuditFields):
    """The audit of an action plan. Published: its strategy is never named here."""

    # 1.1: auto_trigger and next_run_time; 1.2: name; 1.3: status_message
    VERSION = "1.3"

    @classmethod
    def of(cls, record: Any, **extra: Any) -> Self:
        """Return the payload of an audit whose goal is loaded."""
        return super().of(record, goal_uuid=record.goal.uuid, strategy_uuid=None, **extra)


@base.register
class AuditPayload(_AuditFields):
    """An audit with goal and strategy."""

    VERSION = "1.3"

    fields = {
        "goal": fields.ObjectField("GoalPayload"),
        "strategy": fields.ObjectField("StrategyPayload", nullable=True),
    }

    @classmethod
    def of(cls, record: Any, **extra: Any) -> Self:
        """Return the payload of an audit whose goal and strategy are loaded."""
        used = record.strategy
        return super().of(
            record,
            goal=goal.GoalPayload.of(record.goal),
            goal_uuid=record.goal.uuid,
            strategy=None if used is None else strategy.StrategyPayload.of(used),
            strategy_uuid=None if used is None else used.uuid,
            **extra,
        )


@base.register
class AuditStateUpdatePayload(base.Payload):
    """A change of state; nulls when the state did not change."""

    VERSION = "1.1"

    fields = {
        "old_state": fields.StringField(nullable=True),
        "state": fields.StringField(nullable=True),
        "status_message": fields.StringField(nullable=True),
    }


@base.register
class AuditCreatePayload(AuditPayload):
    """A new audit."""

    VERSION = "1.2"


@base.register
class AuditUpdatePayload(AuditPayload):
    """A changed audit."""

    VERSION = "1.2"
    CHANGE = ("state_update", AuditStateUpdatePayload)

    fields = {"state_update": fields.ObjectField("AuditStateUpdatePayload")}


@base.register
class AuditActionPayload(AuditPayload):
    """An audit at the start or the end of a phase of its run."""

    VERSION = "1.2"
    fields = {"fault": fields.ObjectField("ExceptionPayload", nullable=True)}


@base.register
class AuditDeletePayload(AuditPayload):
    """A deleted audit."""

    VERSION = "1.2"


AuditCreateNotification = base.notification("AuditCreateNotification", AuditCreatePayload)
AuditUpdateNotification = base.notification("AuditUpdateNotification", AuditUpdatePayload)
AuditDeleteNotification = base.notification("AuditDeleteNotification", AuditDeletePayload)
AuditActionNotification = base.notification("AuditActionNotification", AuditActionPayload)
