# SPDX-License-Identifier: Apache-2.0
"""The published applier: the actions of a plan, handed to the configured workflow engine."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from watcher import conf, objects
from watcher.applier import base, plans
from watcher.applier.loading import default
from watcher.common import exception
from watcher.lifecycle import actions

if TYPE_CHECKING:
    from watcher.common.context import RequestContext

CONF = conf.CONF


class DefaultApplier(base.BaseApplier):
    """Runs plans through the engine that ``[watcher_applier] workflow_engine`` names."""

    def __init__(self, context: RequestContext, applier_manager: Any) -> None:
        self._context = context
        self._applier_manager = applier_manager

    @property
    def context(self) -> RequestContext:
        """The context of the plan."""
        return self._context

    @property
    def applier_manager(self) -> Any:
        """The applier's crew."""
        return self._applier_manager

    @functools.cached_property
    def engine(self) -> Any:
        """The workflow engine, new for each plan."""
        return engine_loader().load(
            name=CONF.watcher_applier.workflow_engine,
            context=self.context,
            applier_manager=self.applier_manager,
        )

    def execute(self, action_plan_uuid: str) -> None:
        """Run the actions of a plan to their end."""
        self.run(plans.read(self.context, action_plan_uuid))

    def run(self, plan: objects.ActionPlan) -> None:
        """Run the actions of a plan whose relations are loaded."""
        self.engine.execute(actions.of_plan(self.context, plan))


def check_engine() -> None:
    """Load the class of the configured engine, so that plans find it loaded.

    :raises LoadingError: there is no such engine.
    """
    name = CONF.watcher_applier.workflow_engine
    if name not in engine_loader().list_available():
        raise exception.LoadingError(name=name)


@functools.cache
def engine_loader() -> default.DefaultWorkFlowEngineLoader:
    """Return the loader of workflow engines, one per process."""
    return default.DefaultWorkFlowEngineLoader()
