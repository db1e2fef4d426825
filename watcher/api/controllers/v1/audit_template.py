# SPDX-License-Identifier: Apache-2.0
"""Audit templates: named presets for audits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oslo_utils import uuidutils

from watcher.api import errors, patch
from watcher.api.controller import Hooks, controller
from watcher.api.expose import Call
from watcher.api.kinds import SCOPE, List, Object, Reference, Text, Uuid
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
    Resource,
    related,
)
from watcher.common import exception
from watcher.db import models, repository
from watcher.db import session as db
from watcher.domain import audit_rules
from watcher.lifecycle import audit_templates

AUDIT_TEMPLATE = Resource(
    name="audit_template",
    plural="audit_templates",
    model=models.AuditTemplate,
    doc="A named preset for audits.",
    named=True,
    fields={
        "uuid": Field(Uuid, "The uuid of the template."),
        "name": Field(
            Text.at_most(audit_rules.NAME_LENGTH),
            "Its name, unique among live templates.",
            create=MUST,
            patch=True,
            nullable=False,
            example="drain",
        ),
        "description": Field(
            Text.at_most(255), "What it is for.", create=MAY, patch=True, show=FULL
        ),
        "goal": Field(
            Reference,
            "Uuid or name of the goal.",
            create=MUST,
            patch=True,
            show=NEVER,
            operations=("add", "replace"),
        ),
        "strategy": Field(
            Reference, "Uuid or name of the strategy.", create=MAY, patch=True, show=NEVER
        ),
        **related("goal", "the goal"),
        **related("strategy", "the strategy; null: any that reaches the goal"),
        "scope": Field(
            List,
            "The part of the cloud that is audited.",
            create=MAY,
            patch=True,
            taken=SCOPE,
            patched=SCOPE,
        ),
        "default_parameters": Field(
            Object,
            "Parameters that audits made from the template begin with.",
            since=V(1, 7),
            late=REJECT,
            create=MAY,
            patch=True,
            show=FULL,
        ),
        **TIMESTAMPS,
    },
    sort_only={"goal_id": "goal_id", "strategy_id": "strategy_id"},
    filters={
        "goal": Filter("goal", "Only templates for this goal (uuid or name).", True),
        "strategy": Filter(
            "strategy",
            "Only templates with this strategy (uuid or name); with goal as well: all templates "
            "for that goal, if the strategy is one of its strategies.",
            True,
        ),
    },
    examples={
        "create": {
            "name": "drain",
            "description": "Empty a host before its maintenance.",
            "goal": "cluster_maintaining",
            "strategy": "host_maintenance",
            "scope": [{"compute": [{"availability_zones": [{"name": "nova"}]}]}],
            "default_parameters": {"maintenance_node": "host-001"},
        },
        "update": [{"op": "replace", "path": "/description", "value": "Empty a host."}],
    },
)


class AuditTemplates(Hooks):
    """Goal and strategy are given by uuid or name, and must exist."""

    relations = audit_templates.RELATIONS
    record = "AuditTemplate"

    def prepare(self, _call: Call, values: dict[str, Any]) -> dict[str, Any]:
        """Resolve goal and strategy and check the scope, before the policy is looked at."""
        if values["name"] is None:
            raise errors.BadRequest("Invalid input for field/attribute name. Value: null")
        with db.read() as session:
            goal = _resolve(session, models.Goal, values.pop("goal"))
            strategy = _resolve(session, models.Strategy, values.pop("strategy", None))
        if goal is None:
            raise errors.BadRequest("Invalid input for field/attribute goal. Value: null")
        audit_templates.check_strategy(goal, strategy)
        values["scope"] = audit_rules.read_scope(values.get("scope"))
        return {"values": values, "goal": goal, "strategy": strategy}

    def create(self, call: Call, prepared: Mapping[str, Any]) -> Any:
        """Insert the template."""
        return audit_templates.create(
            call.context,
            prepared["values"],
            goal=prepared["goal"],
            strategy=prepared["strategy"],
        )

    def update(self, call: Call, template: Any, operations: patch.Operations) -> Any:
        """Change the template; goal and strategy by uuid or name."""
        current = {name: getattr(template, name) for name in AUDIT_TEMPLATE.patched_columns}
        current["default_parameters"] = current["default_parameters"] or {}
        current["scope"] = current["scope"] or []
        current["goal"], current["strategy"] = template.goal.name, _name(template.strategy)
        if any(each.attribute == "goal" and each.op == "remove" for each in operations):
            raise exception.PatchError(patch="/goal", reason="The goal cannot be removed")
        changes = patch.apply(AUDIT_TEMPLATE, call.version, operations, current)
        goal, strategy = template.goal, template.strategy
        with db.read() as session:
            if changes.get("goal") is not None:
                goal = _resolve(session, models.Goal, changes["goal"])
            if "strategy" in changes:
                strategy = _resolve(session, models.Strategy, changes["strategy"])
        columns = {
            name: value for name, value in changes.items() if name in AUDIT_TEMPLATE.patched_columns
        }
        # What stays as it is was judged when it was written, perhaps by another release.
        if "scope" in columns and columns["scope"] != current["scope"]:
            columns["scope"] = audit_rules.read_scope(columns["scope"])
        return audit_templates.update(
            call.context,
            template,
            columns,
            goal=goal,
            strategy=strategy,
            is_touched=bool(changes.keys() & {"goal", "strategy"}),
        )

    def remove(self, call: Call, template: Any) -> None:
        """Delete the template."""
        audit_templates.soft_delete(call.context, template)


def _name(record: Any) -> str | None:
    return None if record is None else record.name


def _resolve(session: Any, model: Any, text: str | None) -> Any:
    """Return the row that a uuid or a name means; what is unknown is the fault of the body."""
    if text is None:
        return None
    try:
        if uuidutils.is_uuid_like(text):
            return repository.get(session, model, uuid=text)
        return repository.get(session, model, name=text)
    except exception.ResourceNotFound as error:
        raise errors.BadRequest(str(error)) from error


AuditTemplatesController = controller(AUDIT_TEMPLATE, AuditTemplates)
AuditTemplate, AuditTemplateCollection = AUDIT_TEMPLATE.view, AUDIT_TEMPLATE.collection
