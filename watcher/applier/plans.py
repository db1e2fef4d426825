# SPDX-License-Identifier: Apache-2.0
"""What an applier asks the database about plans; nothing here changes one."""

from __future__ import annotations

from collections.abc import Sequence

from watcher import objects
from watcher.common.context import RequestContext
from watcher.db import queries
from watcher.db import session as db
from watcher.domain.states import ActionPlanState
from watcher.lifecycle import transitions

#: Plans looked at in one sweep; the rest wait for the next one.
SWEEP_LIMIT = 100


@db.retried
def read(context: RequestContext, plan_uuid: str) -> objects.ActionPlan:
    """Return a plan with all relations that its notifications show.

    :raises ActionPlanNotFound: there is none.
    """
    with db.read() as unit:
        return transitions.read_plan(unit, context, plan_uuid)


@db.retried
def pending() -> Sequence[str]:
    """Return the uuids of plans that wait for an applier, oldest first."""
    with db.read() as unit:
        return [str(row.uuid) for row in queries.pending_action_plans(unit, limit=SWEEP_LIMIT)]


@db.retried
def owned(
    context: RequestContext, host: str, states: Sequence[ActionPlanState]
) -> Sequence[objects.ActionPlan]:
    """Return the plans in these states that an applier owns, oldest first. One statement."""
    filters = {"hostname": host, "state__in": [*states]}
    with db.read() as unit:
        return transitions.read_plans(unit, context, filters)
