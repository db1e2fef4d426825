# SPDX-License-Identifier: Apache-2.0
"""The strategies that come with the service (published names)."""

from __future__ import annotations

from watcher.decision_engine.strategy.strategies import (
    actuation,
    base,
    dummy_strategy,
    dummy_with_resize,
    dummy_with_scorer,
    host_maintenance,
)

Actuator = actuation.Actuator
BaseStrategy = base.BaseStrategy
DummyStrategy = dummy_strategy.DummyStrategy
DummyWithResize = dummy_with_resize.DummyWithResize
DummyWithScorer = dummy_with_scorer.DummyWithScorer
HostMaintenance = host_maintenance.HostMaintenance

__all__ = (
    "Actuator",
    "BaseStrategy",
    "DummyStrategy",
    "DummyWithResize",
    "DummyWithScorer",
    "HostMaintenance",
)
