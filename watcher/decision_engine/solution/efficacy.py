# SPDX-License-Identifier: Apache-2.0
"""The efficacy of a solution: reported indicators and the goal's global efficacy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from watcher.common import exception, utils


class IndicatorsMap(utils.Struct):
    """Reported values by name, also readable as attributes."""


class Indicator(utils.Struct):
    """One measured figure.

    :raises InvalidIndicatorValue: the value is not a number.
    """

    def __init__(self, name: str, description: str | None, unit: str | None, value: object) -> None:
        super().__init__()
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise exception.InvalidIndicatorValue(name=name, value=value, spec_type="number")
        self.name = name
        self.description = description
        self.unit = unit
        self.value = value


class Described(Protocol):
    """What the specification of an indicator says about it."""

    @property
    def name(self) -> str | None: ...
    @property
    def description(self) -> str | None: ...
    @property
    def unit(self) -> str | None: ...


class Specification(Protocol):
    """The questions about a solution that an efficacy specification answers."""

    @property
    def indicators_specs(self) -> Sequence[Described]: ...
    def validate_efficacy_indicators(self, indicators_map: IndicatorsMap, /) -> None: ...
    def get_global_efficacy_indicator(
        self, indicators_map: IndicatorsMap, /
    ) -> list[Indicator]: ...


class Measured(Protocol):
    """The goal of a solution, which says how solutions are measured."""

    @property
    def name(self) -> str: ...
    @property
    def efficacy_specification(self) -> Specification: ...


class Author(Protocol):
    """The strategy that makes a solution.

    :ivar planner: name of the planner that the strategy wants; None leaves it to the configuration.
    """

    @property
    def name(self) -> str: ...
    @property
    def planner(self) -> str | None: ...


class Efficacy:
    """The figures of one solution.

    :param goal: gives the specification.
    :param strategy: reports the values.
    """

    def __init__(self, goal: Measured, strategy: Author) -> None:
        self._specification = goal.efficacy_specification
        self.goal_name = goal.name
        self.strategy_name = strategy.name
        self.indicators: list[Indicator] = []
        self.global_efficacy: list[Indicator] = []
        self._indicators_map = IndicatorsMap()

    def set_efficacy_indicators(self, **indicators_map: object) -> None:
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
        specs = {spec.name: spec for spec in self._specification.indicators_specs}
        return [
            Indicator(name, specs[name].description, specs[name].unit, value)
            for name, value in self._indicators_map.items()
        ]
