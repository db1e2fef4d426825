# SPDX-License-Identifier: Apache-2.0
"""Rows for tests of the purge, made in one line each and known by a name."""

from __future__ import annotations

import datetime
from typing import Any

from sqlalchemy import select

from watcher.db import models, session
from watcher.db.types import machine_utc_now

KINDS: dict[str, type[models.Row]] = {
    "goal": models.Goal,
    "strategy": models.Strategy,
    "template": models.AuditTemplate,
    "audit": models.Audit,
    "plan": models.ActionPlan,
    "action": models.Action,
    "indicator": models.EfficacyIndicator,
}
NEEDED: dict[str, dict[str, Any]] = {
    "goal": {"display_name": "G", "efficacy_specification": []},
    "strategy": {"display_name": "S", "parameters_spec": {}},
    "template": {},
    "audit": {"audit_type": "ONESHOT", "state": "SUCCEEDED"},
    "plan": {"state": "SUCCEEDED"},
    "action": {"action_type": "nop", "state": "SUCCEEDED"},
    "indicator": {"unit": "%"},
}


class Rows:
    """Makes rows in one line each and tells which are left, by name."""

    def __init__(self) -> None:
        self.names: dict[tuple[str, int], str] = {}

    def add(self, kind: str, known_as: str, *, deleted: float | None = None, **values: Any) -> Any:
        """Insert a row, soft-deleted some days ago or live."""
        values = NEEDED[kind] | values
        if kind in ("goal", "strategy", "template", "audit"):
            values.setdefault("name", known_as)
        row = KINDS[kind](**values)
        with session.write() as unit:
            unit.add(row)
            unit.flush()
            if deleted is not None:
                row.deleted = row.id
                row.deleted_at = machine_utc_now() - datetime.timedelta(days=deleted)
        self.names[kind, row.id] = known_as
        return row.id

    def left(self) -> set[str]:
        """Return the names of the rows that are still there."""
        with session.read() as unit:
            return {
                self.names[kind, ident]
                for kind, model in KINDS.items()
                for ident in unit.scalars(select(model.id))
            }

    def tree(self, name: str, *, actions: int = 2, deleted: float | None = 1, **keys: Any) -> int:
        """Insert an audit with one plan, its actions and an indicator."""
        audit = self.add("audit", f"{name}", deleted=deleted, **keys)
        plan = self.add(
            "plan", f"{name}.p", deleted=deleted, audit_id=audit, strategy_id=keys["strategy_id"]
        )
        for number in range(actions):
            self.add("action", f"{name}.a{number}", deleted=deleted, action_plan_id=plan)
        self.add("indicator", f"{name}.i", deleted=deleted, action_plan_id=plan)
        return audit
