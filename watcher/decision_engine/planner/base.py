# SPDX-License-Identifier: Apache-2.0
"""The published base of planners."""

from __future__ import annotations

import abc

from oslo_config import cfg

from watcher.common.context import RequestContext
from watcher.common.loader import loadable
from watcher.decision_engine.solution.base import BaseSolution
from watcher.objects.action_plan import ActionPlan


class BasePlanner(loadable.Loadable, abc.ABC):
    """Turns a solution into a stored action plan."""

    @classmethod
    def get_config_opts(cls) -> list[cfg.Opt]:
        """Return the options of the planner (none)."""
        return []

    @abc.abstractmethod
    def schedule(
        self, context: RequestContext, audit_uuid: int, solution: BaseSolution
    ) -> ActionPlan:
        """Store an action plan for *solution* and return it.

        :param audit_uuid: in spite of its published name, the integer id of the audit.
        """
