# SPDX-License-Identifier: Apache-2.0
"""The efficacy of a solution: reported indicators and the goal's global efficacy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from watcher.common import exception, utils


class IndicatorsMap(utils.Struct):
    """Reported values by name, also readable as attributes."""


class Indicator(utils.Struct):
    """One measured figure.

    :raises InvalidIndicatorValue: the value is not a number.
    """

    def __init__(self, name: str, description: str | None, unit: str | None, value: Any) -> None:
        super().__init__()
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise exception.InvalidIndicatorValue(name=name, value=value, spec_type="number")
        self.name = name
        self.description = description
        self.unit = unit
        self.value = value


class Efficacy:
    """The figures of one solution.

    :param goal: the goal plug-in (gives the specification).
    :param strategy: the strategy plug-in that reports.
    """

    def __init__(self, goal: Any, strategy: Any) -> None:
        self._specification = goal.efficacy_specification
        self.goal_name = goal.name
        self.strategy_name = strategy.name
        self.indicators: list[Indicator] = []
        self.global_efficacy: list[Indicator] = []
        self._indicators_map = IndicatorsMap()

    def set_efficacy_indicators(self, **indicators_map: Any) -> None:
        """Report values; a later call adds to and replaces those of an earlier one."""
        self._indicators_map.update(indicators_map)

    def compute_global_efficacy(self) -> None:
        """Check the reported values and compute the global efficacy from them.

        :raises InvalidIndicatorValue: a value is missing or does not match its schema.
        :raises GlobalEfficacyComputationError: an unknown name, or a division by nothing.
        """
        self._specification.validate_efficacy_indicators(self._indicators_map)
        try:
            self.indicators = self._describe()
            self.global_efficacy = self._specification.get_global_efficacy_indicator(
                self._indicators_map
            )
        except (AttributeError, KeyError, ArithmeticError, TypeError, ValueError) as error:
            raise exception.GlobalEfficacyComputationError(
                goal=self.goal_name, strategy=self.strategy_name
            ) from error

    def _describe(self) -> list[Indicator]:
        specs: dict[str, Any] = {spec.name: spec for spec in _specs(self._specification)}
        return [
            Indicator(name, specs[name].description, specs[name].unit, value)
            for name, value in self._indicators_map.items()
        ]


def _specs(specification: Any) -> Sequence[Any]:
    specs: Sequence[Any] = specification.indicators_specs
    return specs
