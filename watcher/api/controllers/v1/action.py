# SPDX-License-Identifier: Apache-2.0
"""Actions: the steps of action plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from watcher.api import errors, patch
from watcher.api.controller import Hooks, controller
from watcher.api.expose import Call
from watcher.api.kinds import List, Object, Text, Uuid
from watcher.api.microversion import V
from watcher.api.resource import FULL, TIMESTAMPS, Extras, Field, Filter, Resource
from watcher.common import exception
from watcher.db import models, queries
from watcher.domain.states import ActionState
from watcher.lifecycle import actions

PATCH_SINCE = V(1, 5)

_OPERATIONS = ("add", "replace")
_UUIDS = List.described(items=Uuid.schema)

#: What a user says; the lifecycle puts a fixed sentence in front of it.
_REASON = Text.at_most(actions.LONGEST_REASON)

ACTION = Resource(
    name="action",
    plural="actions",
    model=models.Action,
    doc="One step of an action plan.",
    needs=("action_type",),
    fields={
        "uuid": Field(Uuid, "The uuid of the action."),
        "action_plan_uuid": Field(Uuid, "The plan it belongs to.", "action_plan.uuid"),
        "state": Field(
            Text.described(enum=[str(state) for state in ActionState]),
            "Its state.",
            patch=True,
            nullable=False,
            example="PENDING",
            patched={"const": "SKIPPED"},
            operations=_OPERATIONS,
        ),
        "action_type": Field(Text, "The type of the action.", example="migrate"),
        "description": Field(
            Text, "What this type of action does.", source=None, nullable=False, show=FULL
        ),
        "input_parameters": Field(Object, "What it works on, and how.", show=FULL),
        "parents": Field(_UUIDS, "The uuids of the actions that must be done first."),
        "status_message": Field(
            Text,
            "Why it failed or was skipped.",
            since=V(1, 5),
            patch=True,
            show=FULL,
            operations=_OPERATIONS,
            patched=_REASON.schema,
        ),
        **TIMESTAMPS,
    },
    sort_only={"action_plan_id": "action_plan_id"},
    filters={
        "action_plan_uuid": Filter("action_plan.uuid", "Only actions of this plan (uuid)."),
        "audit_uuid": Filter("action_plan.audit.uuid", "Only actions of this audit (uuid)."),
    },
    examples={
        "update": [
            {"op": "replace", "path": "/state", "value": "SKIPPED"},
            {"op": "replace", "path": "/status_message", "value": "Not during business hours."},
        ]
    },
)


class Actions(Hooks):
    """Users may skip an action, and say why."""

    relations = ("action_plan",)
    record = "Action"
    patch_since = PATCH_SINCE

    def extras(self, session: Session, rows: Sequence[Any]) -> Extras:
        """Return the description of each row's type, with one query."""
        place = ACTION.first_paths.index("action_type")
        descriptions = queries.action_descriptions(session)
        return {"description": [descriptions.get(row[place], "") for row in rows]}

    def check_filters(self, query: Mapping[str, Any]) -> None:
        """Refuse both filters at once (published)."""
        if "action_plan_uuid" in query and "audit_uuid" in query:
            raise exception.ActionFilterCombinationProhibited

    def before_patch(self, call: Call) -> None:
        """Refuse older requests with 400, before anything else (published)."""
        if call.version < PATCH_SINCE:
            raise errors.BadRequest(f"Actions can be changed from API version {PATCH_SINCE} on")

    def update(self, call: Call, action: Any, operations: patch.Operations) -> Any:
        """Skip the action, or change the reason."""
        for each in operations:
            if each.path.lstrip("/") not in ACTION.patched_columns or each.op == "remove":
                raise exception.PatchError(
                    patch=each.as_json(),
                    reason=f"Only state and status_message can be set, not '{each.path}'",
                )
        changes = {each.attribute: each.value for each in operations}
        _check(changes)
        return actions.update_by_user(call.context, action, changes)


def _check(changes: Mapping[str, Any]) -> None:
    state = changes.get("state")
    if state is not None and state not in list(ActionState):
        raise errors.BadRequest(f"Invalid state: {state}")
    if "state" in changes and state is None:
        raise exception.Conflict(message="The state of an action cannot be null")
    message = changes.get("status_message")
    if message is not None:
        try:
            Text.wsme.validate(message)
        except ValueError as error:
            raise errors.BadRequest(f"Invalid status_message: {error}") from error


ActionsController = controller(ACTION, Actions)
Action, ActionCollection = ACTION.view, ACTION.collection
