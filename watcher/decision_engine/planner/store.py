# SPDX-License-Identifier: Apache-2.0
"""Storing what a planner made, for built-in planners: one transaction, or nothing at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from watcher import objects
from watcher.conf import CONF
from watcher.db import models, repository
from watcher.db import session as db
from watcher.lifecycle import OwnershipLost, action_plans, records


def store_plan(
    context: Any, audit_id: int, solution: Any, actions: Sequence[Mapping[str, Any]]
) -> objects.ActionPlan:
    """Store a plan with its actions and the figures of its solution.

    :param actions: rows with ``uuid``, ``action_type``, ``input_parameters`` and ``parents``.
    :raises OwnershipLost: the audit is not run by this engine any more.
    """
    audit, strategy = _read(context, audit_id, solution.strategy.name)
    if audit.hostname != CONF.host or action_plans.of_run(context, audit) is not None:
        raise OwnershipLost(noun="Audit", uuid=audit.uuid, state=audit.state, host=CONF.host)
    return action_plans.create(
        context,
        audit,
        strategy,
        actions,
        [dict(indicator) for indicator in solution.efficacy_indicators],
        [dict(indicator) for indicator in solution.global_efficacy],
    )


@db.retried
def _read(context: Any, audit_id: int, strategy_name: str) -> tuple[objects.Audit, models.Strategy]:
    with db.read() as session:
        row = repository.get(session, models.Audit, id=audit_id, load=("goal", "strategy", "run"))
        audit = records.as_owned(context, row)
        return audit, repository.get(session, models.Strategy, name=strategy_name)
