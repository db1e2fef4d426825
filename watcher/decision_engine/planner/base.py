# SPDX-License-Identifier: Apache-2.0
"""The published base of planners."""

from __future__ import annotations

import abc
from typing import Any

from watcher.common.loader import loadable


class BasePlanner(loadable.Loadable, abc.ABC):
    """Turns a solution into a stored action plan."""

    @classmethod
    def get_config_opts(cls) -> list[Any]:
        """Return the options of the planner (none)."""
        return []

    @abc.abstractmethod
    def schedule(self, context: Any, audit_uuid: Any, solution: Any) -> Any:
        """Store an action plan for *solution* and return it.

        :param audit_uuid: in spite of its published name, the integer id of the audit.
        """
