# SPDX-License-Identifier: Apache-2.0
"""The published base of efficacy specifications: a goal's indicators and its global efficacy."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import Any

import jsonschema
from oslo_serialization import jsonutils

from watcher.common import exception
from watcher.decision_engine.goal.efficacy import indicators
from watcher.decision_engine.solution import efficacy


class EfficacySpecification(abc.ABC):
    """What the strategies of a goal report, and what is computed from it."""

    def __init__(self) -> None:
        self._indicators_specs = self.get_indicators_specifications()

    @property
    def indicators_specs(self) -> Sequence[indicators.IndicatorSpecification]:
        """The indicators, in the order in which they are served."""
        return self._indicators_specs

    @abc.abstractmethod
    def get_indicators_specifications(self) -> Sequence[indicators.IndicatorSpecification]:
        """Return the indicators of the goal."""

    @abc.abstractmethod
    def get_global_efficacy_indicator(
        self, indicators_map: efficacy.IndicatorsMap
    ) -> list[efficacy.Indicator]:
        """Return the figures that sum up a solution; none for goals without indicators.

        :param indicators_map: the reported values by attribute, or None.
        """

    @property
    def schema(self) -> dict[str, Any]:
        """The combined JSON schema of all indicators."""
        return {
            "type": "object",
            "properties": {str(spec.name): spec.schema for spec in self.indicators_specs},
            "required": [spec.name for spec in self.indicators_specs if spec.required],
        }

    def validate_efficacy_indicators(self, indicators_map: efficacy.IndicatorsMap | None) -> None:
        """Check reported values; a strategy that reported none at all is not checked.

        :raises InvalidIndicatorValue: a value is missing or does not match its schema.
        """
        if not indicators_map:
            return
        try:
            jsonschema.Draft4Validator(self.schema).validate(dict(indicators_map))
        except jsonschema.ValidationError as error:
            name = str(error.path[-1]) if error.path else error.message
            raise exception.InvalidIndicatorValue(
                name=name, value=error.instance, spec_type=error.schema
            ) from error

    def get_indicators_specs_dicts(self) -> list[dict[str, Any]]:
        """Return the stored form of all indicators."""
        return [indicator.to_dict() for indicator in self.indicators_specs]

    def serialize_indicators_specs(self) -> str:
        """Return the stored form as a JSON text."""
        return jsonutils.dumps(self.get_indicators_specs_dicts())
