# SPDX-License-Identifier: Apache-2.0
"""The strategy ``dummy_with_resize``: a fixed plan with migrations and a resize."""

from __future__ import annotations

from typing import Any

from watcher._i18n import _
from watcher.decision_engine.strategy import step
from watcher.decision_engine.strategy.strategies import base, dummy_strategy
from watcher.domain import parameters
from watcher.objects.audit import Audit

FIRST_SERVER = "b199db0c-1408-4d52-b5a5-5ca14de0ff36"
SECOND_SERVER = "8db1b3c1-7938-4c34-8c03-6de14b874f8f"
MOVE = {"source_node": "compute2", "destination_node": "compute3", "migration_type": "live"}


def plan() -> list[step.Step]:
    """Return the fixed plan; its servers need not exist."""
    return [
        step.Step("nop", {"message": "hello World"}),
        step.Step("nop", {"message": "Welcome"}),
        step.Step("sleep", {"duration": 5.0}),
        step.Step("migrate", MOVE, FIRST_SERVER),
        step.Step("migrate", MOVE, SECOND_SERVER),
        step.Step("resize", {"flavor": "x2"}, SECOND_SERVER),
    ]


class DummyWithResize(base.DummyBaseStrategy):
    """Plans messages, a pause, two migrations and a resize of servers with fixed ids."""

    NOP = "nop"
    SLEEP = "sleep"

    def pre_execute(self) -> None:
        self._pre_execute()

    def do_execute(self, audit: Audit | None = None) -> None:  # noqa: ARG002 - published signature
        self.propose(plan())

    def post_execute(self) -> None:
        """Do nothing: there is no indicator to report."""

    @classmethod
    def get_name(cls) -> str:
        return "dummy_with_resize"

    @classmethod
    def get_display_name(cls) -> str:
        return _("Dummy strategy with resize")

    @classmethod
    def get_translatable_display_name(cls) -> str:
        return "Dummy strategy with resize"

    @classmethod
    def get_schema(cls) -> dict[str, Any]:
        return parameters.schema_of(dummy_strategy.Parameters)
