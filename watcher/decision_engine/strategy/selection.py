# SPDX-License-Identifier: Apache-2.0
"""Choosing the strategy plug-in of an audit."""

from __future__ import annotations

from watcher.clients.bundle import OpenStackClients
from watcher.common import exception
from watcher.decision_engine.loading import default as loading
from watcher.decision_engine.strategy.strategies.base import BaseStrategy


def select(goal_name: str, strategy_name: str | None, osc: OpenStackClients | None) -> BaseStrategy:
    """Return a new instance of the strategy that an audit names, or of its goal's first one.

    The first is the one whose entry point sorts first by name, so the choice is the same on every
    engine with the same plug-ins.

    :raises LoadingError: the strategy cannot be loaded.
    :raises NoAvailableStrategyForGoal: no strategy serves the goal.
    """
    return loading.STRATEGIES.load(strategy_name or first_for(goal_name), osc=osc)


def first_for(goal_name: str) -> str:
    """Return the name of the first strategy that serves a goal.

    :raises NoAvailableStrategyForGoal: there is none.
    """
    for name, strategy in loading.STRATEGIES.available().items():
        if strategy.get_goal_name() == goal_name:
            return name
    raise exception.NoAvailableStrategyForGoal(goal=goal_name)
