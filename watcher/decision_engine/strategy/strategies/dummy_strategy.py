# SPDX-License-Identifier: Apache-2.0
"""The strategy ``dummy``: two messages and a pause, to try the machinery."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from watcher._i18n import _
from watcher.decision_engine.strategy import step
from watcher.decision_engine.strategy.strategies import base
from watcher.domain import parameters
from watcher.objects.audit import Audit


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a user may set."""

    para1: float = parameters.parameter(
        "number", "How long the pause takes, in seconds.", default=3.2, minimum=1.0, maximum=10.2
    )
    para2: str = parameters.parameter("string", "The second message.", default="hello")


def plan(given: Parameters) -> list[step.Step]:
    """Return two messages and a pause."""
    return [
        step.Step("nop", {"message": "hello World"}),
        step.Step("nop", {"message": given.para2}),
        step.Step("sleep", {"duration": given.para1}),
    ]


class DummyStrategy(base.DummyBaseStrategy):
    """Plans two messages and a pause; touches nothing."""

    NOP = "nop"
    SLEEP = "sleep"

    def pre_execute(self) -> None:
        self._pre_execute()

    def do_execute(self, audit: Audit | None = None) -> None:  # noqa: ARG002 - published signature
        self.propose(plan(self.read_parameters(Parameters)))

    def post_execute(self) -> None:
        """Do nothing: there is no indicator to report."""

    @classmethod
    def get_name(cls) -> str:
        return "dummy"

    @classmethod
    def get_display_name(cls) -> str:
        return _("Dummy strategy")

    @classmethod
    def get_translatable_display_name(cls) -> str:
        return "Dummy strategy"

    @classmethod
    def get_schema(cls) -> dict[str, Any]:
        return parameters.schema_of(Parameters)
