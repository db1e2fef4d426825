# SPDX-License-Identifier: Apache-2.0
"""Strategies: ways to reach a goal, and whether what they need is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import wsme.types

from watcher.api import errors
from watcher.api.controller import ExtraCall, Hooks, Served, controller
from watcher.api.expose import Answer, Call
from watcher.api.kinds import Json, Object, Text, Uuid
from watcher.api.microversion import Version
from watcher.api.resource import FULL, Field, Filter, Resource, related, wsme_type
from watcher.db import models, repository
from watcher.db import session as db
from watcher.rpc import calls

STRATEGY = Resource(
    name="strategy",
    plural="strategies",
    model=models.Strategy,
    doc="A way to reach a goal.",
    named=True,
    marker=Text.wsme,
    fields={
        "uuid": Field(Uuid, "The uuid of the strategy."),
        "name": Field(Text, "The name of the strategy.", example="host_maintenance"),
        "display_name": Field(Text, "The display name."),
        **related("goal", "the goal that it serves"),
        "parameters_spec": Field(Object, "JSON schema of its parameters.", show=FULL),
    },
    sort_only={"goal_id": "goal_id"},
    filters={"goal": Filter("goal", "Only strategies of this goal (uuid or name).", True)},
)

_REQUIREMENT = wsme_type(
    "strategy_requirement",
    {"type": str, "state": Json.wsme, "mandatory": Json.wsme, "comment": str},
)
STATE = wsme.types.ArrayType(_REQUIREMENT)


def _describe_state(_version: Version) -> Mapping[str, Any]:
    return {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["type", "state", "mandatory", "comment"],
            "properties": {
                "type": {"enum": ["Datasource", "Metrics", "CDM", "Name"]},
                "state": {
                    "type": ["string", "array"],
                    "items": {"type": "object", "additionalProperties": {"type": "string"}},
                },
                "mandatory": {"enum": [True, False, ""]},
                "comment": {"type": "string"},
            },
        },
    }


def _state(served: Served, call: Call) -> Answer:
    """Ask a decision engine what the strategy needs, and what of it is there."""
    served.enforce(call, "state")
    if not call.path:
        raise errors.BadRequest("Missing argument: no strategy is named in the path")
    with db.read() as session:
        row = served.find(
            call,
            lambda ident: repository.get(
                session, models.Strategy, show_deleted=call.show_deleted, **ident
            ),
        )
    requirements = calls.get_strategy_info(call.context, row.name)
    name = {"type": "Name", "state": row.name, "mandatory": "", "comment": ""}
    return Answer([*requirements, name], STATE)


StrategiesController = controller(
    STRATEGY,
    Hooks,
    actions=[ExtraCall("GET", "state", "Show the requirements of", _state, _describe_state)],
)
Strategy, StrategyCollection = STRATEGY.view, STRATEGY.collection
