# SPDX-License-Identifier: Apache-2.0
"""One loader per plug-in namespace for the whole process, and the published loader classes.

The loaders keep what they loaded, so asking for a plug-in again reads no entry points.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from watcher.common.loader import Loader, default

if TYPE_CHECKING:  # plug-ins are imported only when loaded; some load others themselves
    from watcher.decision_engine.goal.base import Goal
    from watcher.decision_engine.model.collector.base import BaseClusterDataModelCollector
    from watcher.decision_engine.planner.base import BasePlanner
    from watcher.decision_engine.scoring.base import ScoringEngine, ScoringEngineContainer
    from watcher.decision_engine.strategy.strategies.base import BaseStrategy

GOALS: Loader[Goal] = Loader("watcher_goals")
STRATEGIES: Loader[BaseStrategy] = Loader("watcher_strategies")
PLANNERS: Loader[BasePlanner] = Loader("watcher_planners")
SCORING_ENGINES: Loader[ScoringEngine] = Loader("watcher_scoring_engines")
SCORING_CONTAINERS: Loader[ScoringEngineContainer] = Loader("watcher_scoring_engine_containers")
COLLECTORS: Loader[BaseClusterDataModelCollector] = Loader("watcher_cluster_data_model_collectors")


class DefaultGoalLoader(default.DefaultLoader):
    """Loads goals (published name)."""

    def __init__(self) -> None:
        super().__init__(namespace=GOALS.namespace)
        self._loader = GOALS


class DefaultStrategyLoader(default.DefaultLoader):
    """Loads strategies (published name)."""

    def __init__(self) -> None:
        super().__init__(namespace=STRATEGIES.namespace)
        self._loader = STRATEGIES


class DefaultPlannerLoader(default.DefaultLoader):
    """Loads planners (published name)."""

    def __init__(self) -> None:
        super().__init__(namespace=PLANNERS.namespace)
        self._loader = PLANNERS


class DefaultScoringLoader(default.DefaultLoader):
    """Loads scoring engines (published name)."""

    def __init__(self) -> None:
        super().__init__(namespace=SCORING_ENGINES.namespace)
        self._loader = SCORING_ENGINES


class DefaultScoringContainerLoader(default.DefaultLoader):
    """Loads containers of scoring engines (published name)."""

    def __init__(self) -> None:
        super().__init__(namespace=SCORING_CONTAINERS.namespace)
        self._loader = SCORING_CONTAINERS


class ClusterDataModelCollectorLoader(default.DefaultLoader):
    """Loads collectors (published name)."""

    def __init__(self) -> None:
        super().__init__(namespace=COLLECTORS.namespace)
        self._loader = COLLECTORS
