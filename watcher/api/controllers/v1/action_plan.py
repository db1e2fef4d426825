# SPDX-License-Identifier: Apache-2.0
"""Action plans: what audits advise to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from watcher.api import patch
from watcher.api.controller import ExtraCall, Hooks, Served, controller
from watcher.api.expose import Answer, Call
from watcher.api.kinds import INDICATOR, List, Text, Uuid
from watcher.api.microversion import V
from watcher.api.resource import (
    FULL,
    SHORT,
    TIMESTAMPS,
    Extras,
    Field,
    Filter,
    Resource,
    related,
)
from watcher.db import models, queries
from watcher.domain.states import ActionPlanState
from watcher.lifecycle import action_plans

_AUDIT = ("audit.uuid", "audit.deleted_at")

ACTION_PLAN = Resource(
    name="action_plan",
    plural="action_plans",
    model=models.ActionPlan,
    doc="What an audit advises to do: a graph of actions.",
    fields={
        "uuid": Field(Uuid, "The uuid of the plan."),
        "audit_uuid": Field(
            Uuid, "The audit that made it; null when that is deleted.", source=None
        ),
        **related("strategy", "the strategy that made it"),
        "state": Field(
            Text.described(enum=[str(state) for state in ActionPlanState]),
            "Its state.",
            patch=True,
            nullable=False,
            example="RECOMMENDED",
            patched={"enum": ["PENDING", "CANCELLED", "CANCELLING"]},
        ),
        "efficacy_indicators": Field(
            List.described(items=INDICATOR),
            "Numbers that say how good it is: name, description, unit, value.",
            source=None,
            nullable=False,
        ),
        "global_efficacy": Field(
            List.described(items=INDICATOR), "The same, computed by the goal."
        ),
        "hostname": Field(Text.at_most(255), "The applier that runs it.", patch=True, show=FULL),
        "status_message": Field(Text, "What happened to the plan.", since=V(1, 5), show=FULL),
        **TIMESTAMPS,
        "updated_at": Field(
            TIMESTAMPS["updated_at"].kind, TIMESTAMPS["updated_at"].doc, show=SHORT
        ),
    },
    needs=_AUDIT,
    sort_only={"audit_uuid": "audit.uuid", "audit_id": "audit_id", "strategy_id": "strategy_id"},
    filters={
        "audit_uuid": Filter("audit.uuid", "Only plans of this audit (uuid)."),
        "strategy": Filter("strategy", "Only plans of this strategy (uuid or name).", True),
    },
    patch_must="state",
    examples={"update": [{"op": "replace", "path": "/state", "value": "CANCELLED"}]},
)


class ActionPlans(Hooks):
    """Plans are made by decision engines; users start, cancel and delete them."""

    relations = ("audit", "strategy")
    record = "ActionPlan"

    def extras(self, session: Session, rows: Sequence[Any]) -> Extras:
        """Return the efficacy indicators of all plans, with one query, and their living audits."""
        indicators = queries.indicators_by_plan(session, [row[0] for row in rows])
        uuid, deleted_at = (ACTION_PLAN.first_paths.index(path) for path in _AUDIT)
        return {
            "efficacy_indicators": [[_indicator(i) for i in indicators[r[0]]] for r in rows],
            "audit_uuid": [row[uuid] if row[deleted_at] is None else None for row in rows],
        }

    def update(self, call: Call, plan: Any, operations: patch.Operations) -> Any:
        """Change the state, which starts or cancels the plan."""
        current = {name: getattr(plan, name) for name in ACTION_PLAN.patched_columns}
        changes = patch.apply(ACTION_PLAN, call.version, operations, current)
        return action_plans.update_by_user(call.context, plan, changes)

    def remove(self, call: Call, plan: Any) -> None:
        """Delete the plan with its actions."""
        action_plans.soft_delete(call.context, plan)


def _indicator(row: Sequence[Any]) -> dict[str, Any]:
    _, name, description, unit, value = row
    value = None if value is None else float(value)
    return {"name": name, "description": description, "unit": unit, "value": value}


def _start(served: Served, call: Call) -> Answer:
    plan = served.load(call)
    served.enforce(call, "start", plan)
    return served.answer(call, action_plans.start(call.context, plan))


ActionPlansController = controller(
    ACTION_PLAN, ActionPlans, actions=[ExtraCall("POST", "start", "Start one of the", _start)]
)
ActionPlan, ActionPlanCollection = ACTION_PLAN.view, ACTION_PLAN.collection
