# SPDX-License-Identifier: Apache-2.0
"""One plan, from the moment this applier owns it to its final state.

The state is written once, at the end. A plan whose end cannot be written, or is not known because
the daemon stops, stays as it is: a sweep or the next start resumes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from oslo_db import exception as db_exception
from oslo_log import log

from watcher.applier import default
from watcher.applier.action_plan import base
from watcher.applier.actions import base as actions_base
from watcher.common import exception
from watcher.db import passing
from watcher.domain import plan as rules
from watcher.domain.states import ActionPlanState, ActionState
from watcher.lifecycle import action_plans, actions
from watcher.lifecycle.ownership import OwnershipLost

if TYPE_CHECKING:
    from watcher import objects
    from watcher.common.context import RequestContext

LOG = log.getLogger(__name__)


class PlanHandler(base.BaseActionPlanHandler):
    """Runs a plan that its applier owns."""

    def __init__(
        self, context: RequestContext, plan: objects.ActionPlan, applier_manager: Any
    ) -> None:
        self._context = context
        self._plan = plan
        self._applier = default.DefaultApplier(context, applier_manager)

    def execute(self) -> None:
        """Run the actions and write how the plan ended."""
        plan = self._plan
        try:
            ended = self._run()
        except actions_base.Interrupted as stopped:
            LOG.info("Action plan %s: left for the next start (%s)", plan.uuid, stopped)
        except OwnershipLost as lost:
            LOG.warning("Action plan %s: standing down. %s", plan.uuid, lost)
        except passing.ERRORS as error:
            LOG.error("Action plan %s: a sweep will resume it. %s", plan.uuid, error)  # noqa: TRY400
        except db_exception.DBError:
            LOG.exception("Action plan %s: the database failed, a sweep will resume it", plan.uuid)
        else:
            LOG.info("Action plan %s: %s", plan.uuid, ended.state)

    def _run(self) -> objects.ActionPlan:
        """Run the actions and return the plan with its final state."""
        try:
            self._log("is worked on", actions.of_plan(self._context, self._plan))
            self._applier.run(self._plan)
        except exception.ActionPlanCancelled:
            return self._finish(ActionPlanState.CANCELLED)
        except (actions_base.Interrupted, OwnershipLost, db_exception.DBError):
            raise
        except Exception as error:
            LOG.exception("Action plan %s: the workflow failed", self._plan.uuid)
            message = f"The workflow failed: {error}"
            return self._finish(ActionPlanState.FAILED, message, fault=error)
        done = actions.of_plan(self._context, self._plan)
        self._log("is done", done)
        return self._finish(*rules.outcome(ActionState(action.state) for action in done))

    def _log(self, event: str, all_actions: Iterable[objects.Action]) -> None:
        """Log how many actions are in which state: a resumed plan has finished ones."""
        counts = sorted(Counter(action.state for action in all_actions).items())
        listed = ", ".join(f"{count} {state}" for state, count in counts)
        LOG.info("Action plan %s %s; actions: %s", self._plan.uuid, event, listed or "none")

    def _finish(
        self,
        state: ActionPlanState,
        message: str | None = None,
        *,
        fault: Exception | None = None,
    ) -> objects.ActionPlan:
        return action_plans.finish(self._context, self._plan, state, message, fault=fault)
