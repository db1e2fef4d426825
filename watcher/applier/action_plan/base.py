# SPDX-License-Identifier: Apache-2.0
"""The published base of what handles a message about an action plan."""

from __future__ import annotations

import abc


class BaseActionPlanHandler(abc.ABC):
    """Takes one plan from claim to final state."""

    @abc.abstractmethod
    def execute(self) -> None:
        """Handle the plan; never raises because of what an action does."""
