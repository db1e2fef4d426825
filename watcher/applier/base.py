# SPDX-License-Identifier: Apache-2.0
"""The published base of what executes the actions of a plan."""

from __future__ import annotations

import abc


class BaseApplier(abc.ABC):
    """Executes the actions of one plan."""

    @abc.abstractmethod
    def execute(self, action_plan_uuid: str) -> None:
        """Run the actions of the plan to their end.

        :raises ActionPlanCancelled: a user's cancel was noticed.
        """
