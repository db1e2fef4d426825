# SPDX-License-Identifier: Apache-2.0
"""The strategy ``actuator``: the user names the actions, the strategy passes them on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from watcher._i18n import _
from watcher.decision_engine.strategy import step
from watcher.decision_engine.strategy.strategies import base
from watcher.domain import parameters
from watcher.objects.audit import Audit

ACTION_SCHEMA = {
    "type": "object",
    "properties": {
        "action_type": {"type": "string"},
        "resource_id": {"type": "string"},
        "input_parameters": {"type": "object", "properties": {}, "additionalProperties": True},
    },
    "required": ["action_type", "input_parameters"],
    "additionalProperties": True,
}


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a user must set: the actions, in the order in which they are proposed."""

    actions: list[dict[str, Any]] = parameters.parameter(  # noqa: RUF009 - makes a field
        "array",
        "",
        required=True,
        items=ACTION_SCHEMA,
    )


def plan(given: Parameters) -> list[step.Step]:
    """Return the steps the user asked for."""
    return [
        step.Step(action["action_type"], action["input_parameters"], action.get("resource_id"))
        for action in given.actions
    ]


class Actuator(base.UnclassifiedStrategy):
    """Plans the actions given as parameter; does not check that they make sense."""

    def pre_execute(self) -> None:
        self._pre_execute()

    def do_execute(self, audit: Audit | None = None) -> None:  # noqa: ARG002 - published signature
        self.propose(plan(self.read_parameters(Parameters)))

    def post_execute(self) -> None:
        """Do nothing: there is no indicator to report."""

    @property
    def actions(self) -> list[dict[str, Any]]:
        """The actions that the user asked for."""
        asked: list[dict[str, Any]] = self.input_parameters.get("actions", [])
        return asked

    @classmethod
    def get_name(cls) -> str:
        return "actuator"

    @classmethod
    def get_display_name(cls) -> str:
        return _("Actuator")

    @classmethod
    def get_translatable_display_name(cls) -> str:
        return "Actuator"

    @classmethod
    def get_schema(cls) -> dict[str, Any]:
        return parameters.schema_of(
            Parameters, **{"$schema": "http://json-schema.org/draft-04/schema#", "type": "object"}
        )
