# SPDX-License-Identifier: Apache-2.0
"""What is installed: goals, strategies and scoring engines, as values to compare with the database.

Identities leave out texts for people in nested data (descriptions of indicators and parameters):
another release that words them differently is still the same goal or strategy, and must not make
this one delete its rows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oslo_log import log

from watcher.decision_engine.goal.base import Goal
from watcher.decision_engine.loading import default as loading
from watcher.decision_engine.scoring import scoring_factory
from watcher.decision_engine.strategy.strategies.base import BaseStrategy

LOG = log.getLogger(__name__)

Identity = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class GoalEntry:
    """A goal as stored."""

    name: str
    display_name: str
    efficacy_specification: list[dict[str, Any]]

    @property
    def identity(self) -> Identity:
        """What makes two goals the same one."""
        return goal_identity(self.display_name, self.efficacy_specification)


@dataclass(frozen=True, slots=True)
class StrategyEntry:
    """A strategy as stored."""

    name: str
    display_name: str
    goal_name: str
    parameters_spec: dict[str, Any]

    @property
    def identity(self) -> Identity:
        """What makes two strategies the same one."""
        return strategy_identity(self.display_name, self.goal_name, self.parameters_spec)


@dataclass(frozen=True, slots=True)
class ScoringEngineEntry:
    """A scoring engine as stored."""

    name: str
    description: str
    metainfo: str

    @property
    def identity(self) -> Identity:
        """What makes two scoring engines the same one."""
        return (self.description, self.metainfo)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that is installed, by name."""

    goals: Mapping[str, GoalEntry]
    strategies: Mapping[str, StrategyEntry]
    scoring_engines: Mapping[str, ScoringEngineEntry]


def installed() -> Catalogue:
    """Load every plug-in and return what it declares about itself.

    A plug-in that cannot be loaded, and a strategy for a goal that does not exist, are skipped
    with a warning.
    """
    goals = {entry.name: entry for entry in map(_goal, loading.GOALS.available().values())}
    strategies = {}
    for found in loading.STRATEGIES.available().values():
        entry = _strategy(found)
        if entry.goal_name in goals:
            strategies[entry.name] = entry
        else:
            LOG.warning("Strategy %s serves the unknown goal %s", entry.name, entry.goal_name)
    engines = (
        ScoringEngineEntry(one.get_name(), one.get_description(), one.get_metainfo())
        for one in scoring_factory.get_scoring_engine_list()
    )
    return Catalogue(goals, strategies, {entry.name: entry for entry in engines})


def goal_identity(display_name: str | None, specification: Sequence[Mapping[str, Any]]) -> Identity:
    """Return the identity of a goal: its display name and its indicators, in order."""
    indicators = [(one["name"], one.get("unit"), _schema(one)) for one in specification or ()]
    return (display_name, json.dumps(indicators, sort_keys=True))


def strategy_identity(
    display_name: str | None, goal_name: str | None, parameters_spec: Mapping[str, Any] | None
) -> Identity:
    """Return the identity of a strategy: its display name, goal and parameters."""
    schema = json.dumps(_without_texts(parameters_spec or {}), sort_keys=True)
    return (display_name, goal_name, schema)


def _goal(found: type[Goal]) -> GoalEntry:
    specification = found.get_efficacy_specification()
    return GoalEntry(
        found.get_name(),
        found.get_translatable_display_name(),
        specification.get_indicators_specs_dicts(),
    )


def _strategy(found: type[BaseStrategy]) -> StrategyEntry:
    return StrategyEntry(
        found.get_name(),
        found.get_translatable_display_name(),
        found.get_goal_name(),
        found.get_schema(),
    )


def _schema(indicator: Mapping[str, Any]) -> object:
    schema = indicator.get("schema")
    return json.loads(schema) if isinstance(schema, str) else schema


def _without_texts(schema: object) -> object:
    if isinstance(schema, Mapping):
        return {
            key: _without_texts(value)
            for key, value in schema.items()
            if not (key == "description" and isinstance(value, str))
        }
    return [_without_texts(one) for one in schema] if isinstance(schema, list) else schema
