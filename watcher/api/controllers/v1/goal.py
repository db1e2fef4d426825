# SPDX-License-Identifier: Apache-2.0
"""Goals: what an operator can want. Read-only."""

from __future__ import annotations

from watcher.api.controller import controller
from watcher.api.kinds import List, Text, Uuid
from watcher.api.resource import TIMESTAMPS, Field, Resource
from watcher.db import models

_SPECIFICATION = {
    "type": "object",
    "required": ["name", "description", "unit", "schema"],
    "properties": {
        "name": {"type": "string"},
        "description": {"type": "string"},
        "unit": {"type": ["string", "null"]},
        "schema": {"type": ["string", "null"], "contentMediaType": "application/json"},
    },
}

GOAL = Resource(
    name="goal",
    plural="goals",
    model=models.Goal,
    doc="What an audit is to achieve.",
    named=True,
    marker=Text.wsme,
    fields={
        "uuid": Field(Uuid, "The uuid of the goal."),
        "name": Field(Text, "The name of the goal.", example="server_consolidation"),
        "display_name": Field(Text, "The display name.", example="Server Consolidation"),
        "efficacy_specification": Field(
            List.described(items=_SPECIFICATION),
            "How its efficacy is measured: name, description, unit and schema of each number.",
        ),
        **TIMESTAMPS,
    },
)

GoalsController = controller(GOAL)
Goal, GoalCollection = GOAL.view, GOAL.collection
