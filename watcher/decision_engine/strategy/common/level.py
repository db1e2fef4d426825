# SPDX-License-Identifier: Apache-2.0
"""How bold a strategy is (published name, informative for plug-ins)."""

from __future__ import annotations

import enum


class StrategyLevel(enum.Enum):
    """From careful to daring."""

    conservative = "conservative"
    balanced = "balanced"
    growth = "growth"
    aggressive = "aggressive"
