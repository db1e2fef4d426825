# SPDX-License-Identifier: Apache-2.0
"""The published base of solutions."""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from typing import TypedDict

from watcher.decision_engine.solution import efficacy


class ProposedAction(TypedDict):
    """An action of a solution, in the published form."""

    action_type: str
    input_parameters: dict[str, object]


class BaseSolution(abc.ABC):
    """What one run of a strategy proposes.

    :param goal: the goal plug-in.
    :param strategy: the strategy plug-in.
    """

    def __init__(self, goal: efficacy.Measured, strategy: efficacy.Author) -> None:
        self.goal = goal
        self._strategy = strategy
        self.origin: str | None = None
        self.model: object = None  # strategies of third parties leave their final model here
        self.efficacy = efficacy.Efficacy(goal, strategy)

    @property
    def global_efficacy(self) -> list[efficacy.Indicator]:
        """The figures that sum up the solution."""
        return self.efficacy.global_efficacy

    @property
    def efficacy_indicators(self) -> list[efficacy.Indicator]:
        """The reported indicators, described."""
        return self.efficacy.indicators

    @property
    def strategy(self) -> efficacy.Author:
        """The strategy that made this solution."""
        return self._strategy

    def compute_global_efficacy(self) -> None:
        """Check the reported indicators and compute the global efficacy."""
        self.efficacy.compute_global_efficacy()

    def set_efficacy_indicators(self, **indicators_map: object) -> None:
        """Report indicator values by name."""
        self.efficacy.set_efficacy_indicators(**indicators_map)

    @abc.abstractmethod
    def add_action(
        self,
        action_type: str,
        resource_id: str,
        input_parameters: Mapping[str, object] | None = None,
    ) -> None:
        """Append an action."""

    @property
    @abc.abstractmethod
    def actions(self) -> Sequence[ProposedAction]:
        """The actions in the order in which they were added."""
