# SPDX-License-Identifier: Apache-2.0
"""What an audit looks like to clients: the declaration of the resource."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from watcher.api.kinds import SCOPE, Boolean, Interval, List, Moment, Object, Reference, Text, Uuid
from watcher.api.microversion import V
from watcher.api.resource import (
    FULL,
    MAY,
    MUST,
    NEVER,
    REJECT,
    TIMESTAMPS,
    Field,
    Filter,
    Masked,
    Resource,
    related,
)
from watcher.db import models
from watcher.domain import audit_rules, schedule
from watcher.domain.states import AUDITS_BY_USER, AuditState, AuditType

_PATCHED_TIME = {"type": "string", "format": "date-time"}
_ABSENT = {"enum": [None, ""]}

#: Where goal, strategy and scope come from.
_ORIGINS: Sequence[dict[str, Any]] = (
    {
        "required": ["goal"],
        "properties": {
            "goal": {"type": "string", "minLength": 1},
            "audit_template_uuid": {"type": "null"},
        },
    },
    {
        "required": ["audit_template_uuid"],
        "properties": {
            "goal": _ABSENT,
            "audit_template_uuid": {"type": "string", "format": "uuid"},
        },
    },
)


def _timing(kind: AuditType) -> dict[str, Any]:
    """Return the schema of what a type of audit requires and excludes."""
    properties: dict[str, Any] = {"audit_type": {"const": str(kind)}}
    if kind in audit_rules.UNTIMED:
        properties |= {"interval": _ABSENT}
        properties |= {name: {"type": "null"} for name in ("start_time", "end_time")}
    if kind not in audit_rules.REPEATED:
        return {"required": ["audit_type"], "properties": properties}
    interval = {"type": "string", "minLength": 1}
    return {
        "required": ["audit_type", "interval"],
        "properties": {**properties, "interval": interval},
    }


#: Columns from which the next_run_time in answers is derived.
ENDING = ("state", "next_run_time")


def _border(says: str) -> Field:
    """Return the field of a time before or after which there are no runs."""
    return Field(
        Moment,
        says,
        since=V(1, 1),
        late=REJECT,
        create=MAY,
        patch=True,
        patched=_PATCHED_TIME,
        operations=("replace", "remove"),
        show=FULL,
    )


AUDIT = Resource(
    name="audit",
    plural="audits",
    model=models.Audit,
    doc="A request to optimise the cloud: once, on an event, or again and again.",
    named=True,
    fields={
        "uuid": Field(Uuid, "The uuid of the audit."),
        "name": Field(
            Text,
            "Its name; generated when none is given, and cut when it is too long.",
            create=MAY,
            patch=True,
            nullable=False,
            taken={"type": ["string", "null"]},
            example="drain-host-001",
        ),
        "audit_type": Field(
            Text.at_most(20),
            "ONESHOT, CONTINUOUS or EVENT.",
            create=MUST,
            patch=True,
            nullable=False,
            example="ONESHOT",
            taken={"type": "string", "enum": [str(kind) for kind in AuditType]},
        ),
        "state": Field(
            Text.described(enum=[str(state) for state in AuditState]),
            "Its state.",
            patch=True,
            nullable=False,
            example="PENDING",
            patched={"enum": sorted({str(new) for _, new in AUDITS_BY_USER})},
        ),
        "goal": Field(
            Reference,
            "Uuid or name of the goal, unless a template is given.",
            create=MAY,
            show=NEVER,
        ),
        "strategy": Field(Reference, "Uuid or name of the strategy.", create=MAY, show=NEVER),
        "audit_template_uuid": Field(
            Uuid, "The template that goal, strategy and scope come from.", create=MAY, show=NEVER
        ),
        **related("goal", "the goal"),
        **related("strategy", "the strategy; null: any that reaches the goal"),
        "parameters": Field(
            Object, "Parameters of the strategy.", create=MAY, patch=True, show=FULL
        ),
        "interval": Field(
            Interval.at_most(36),
            "Seconds between two runs, or a cron expression.",
            create=MAY,
            patch=True,
            example="3600",
            taken={"type": ["string", "null"], "maxLength": 36, "pattern": schedule.FORM},
        ),
        "scope": Field(List, "The part of the cloud that is audited.", patch=True, patched=SCOPE),
        "auto_trigger": Field(
            Boolean, "Start the plan at once.", create=MAY, patch=True, nullable=False
        ),
        "next_run_time": Field(
            Moment,
            "When it runs next, in UTC; null if it has ended, or is not waiting for a time.",
            None,
        ),
        "hostname": Field(
            Text.at_most(255), "The decision engine that runs it.", patch=True, show=FULL
        ),
        "start_time": _border("When the first run may start."),
        "end_time": _border("After that there are no more runs."),
        "force": Field(
            Boolean,
            "Run although an action plan is ongoing.",
            create=MAY,
            patch=True,
            masked=Masked(False, V(1, 2)),
        ),
        "status_message": Field(Text, "Why it failed.", since=V(1, 5), show=FULL),
        **TIMESTAMPS,
    },
    needs=ENDING,
    sort_only={
        "goal_id": "goal_id",
        "strategy_id": "strategy_id",
        "next_run_time": "next_run_time",
    },
    filters={
        "goal": Filter("goal", "Only audits for this goal (uuid or name).", True),
        "strategy": Filter(
            "strategy",
            "Only audits with this strategy (uuid or name); with goal as well: all audits for that "
            "goal, if the strategy is one of its strategies.",
            True,
        ),
    },
    variants=[
        {
            "required": [*kind["required"], *origin["required"]],
            "properties": {**kind["properties"], **origin["properties"]},
        }
        for kind in map(_timing, AuditType)
        for origin in _ORIGINS
    ],
    examples={
        "create": {
            "name": "drain-host-001",
            "audit_type": "ONESHOT",
            "goal": "cluster_maintaining",
            "strategy": "host_maintenance",
            "parameters": {"maintenance_node": "host-001"},
        },
        "update": [{"op": "replace", "path": "/state", "value": "CANCELLED"}],
    },
)
