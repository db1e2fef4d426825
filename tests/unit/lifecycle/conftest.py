# SPDX-License-Identifier: Apache-2.0
"""A database in memory with a goal and a strategy, and recorders instead of the bus."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy

from tests.fixtures.memory_store import kept_engine, memory_store
from tests.fixtures.recorded_bus import Bus
from watcher import objects
from watcher.common.context import RequestContext, make_admin_context
from watcher.conf import CONF
from watcher.db import models, repository
from watcher.db import session as db
from watcher.lifecycle import action_plans, audits

ME = "host-a"
PEER = "host-b"


@dataclasses.dataclass
class Store:
    """The database of a test, and short ways to put things into it."""

    context: RequestContext
    bus: Bus
    goal: models.Goal
    strategy: models.Strategy
    statements: list[str]

    def audit(self, **values: Any) -> objects.Audit:
        """Return a new audit; ``state`` and ``hostname`` may be given."""
        columns = {"audit_type": "ONESHOT", "name": f"audit-{len(self.statements)}", "scope": []}
        state = {name: values.pop(name) for name in ("state", "hostname") if name in values}
        made = audits.create(self.context, columns | values, goal=self.goal, strategy=self.strategy)
        self.write("audits", made.uuid, **state)
        made.obj_refresh(self.read_audit(made.uuid))
        self.bus.clear()
        return made

    def claimed(self, **values: Any) -> objects.Audit:
        """Return a new audit that runs on this host."""
        return self.audit(state="ONGOING", hostname=ME, **values)

    def plan(self, count: int = 2, **state: Any) -> objects.ActionPlan:
        """Return a new plan with actions; ``state`` and ``hostname`` may be given."""
        uuids = [f"00000000-0000-4000-8000-{len(self.statements):06d}{n:06d}" for n in range(count)]
        actions = [
            {"uuid": uuid, "action_type": "nop", "input_parameters": {"message": "x"}}
            for uuid in uuids
        ]
        plan = action_plans.create(self.context, self.claimed(), self.strategy, actions, [], [])
        self.write("action_plans", plan.uuid, **state)
        plan.obj_refresh(self.read_plan(plan.uuid))
        self.bus.clear()
        return plan

    def running(self, count: int = 2) -> objects.ActionPlan:
        """Return a new plan that runs on this host."""
        return self.plan(count, state="ONGOING", hostname=ME)

    def write(self, table: str, uuid: str, **values: Any) -> None:
        """Change a row behind everybody's back, as another process would."""
        if not values:
            return
        model = models.Base.metadata.tables[table]
        with db.write() as session:
            session.execute(sqlalchemy.update(model).where(model.c.uuid == uuid).values(**values))

    def read_audit(self, uuid: str) -> objects.Audit:
        return objects.Audit.get_by_uuid(make_admin_context(show_deleted=True), uuid)

    def read_plan(self, uuid: str) -> objects.ActionPlan:
        return objects.ActionPlan.get_by_uuid(make_admin_context(show_deleted=True), uuid)

    def actions(self, plan: objects.ActionPlan) -> list[tuple[str, str | None]]:
        """Return state and message of a plan's actions."""
        found = objects.Action.list(
            make_admin_context(show_deleted=True), filters={"action_plan_id": plan.id}
        )
        return [(action.state, action.status_message) for action in found]


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Bus:
    return Bus.installed(monkeypatch)


@pytest.fixture(scope="module", autouse=True)
def _engine() -> Iterator[None]:
    with kept_engine():
        yield


@pytest.fixture
def store(bus: Bus) -> Iterator[Store]:
    CONF([], project="watcher", default_config_files=[], default_config_dirs=[])
    with memory_store() as statements:
        with db.write() as session:
            goal = repository.create(
                session,
                models.Goal,
                {"name": "dummy", "display_name": "Dummy goal", "efficacy_specification": []},
            )
            strategy = repository.create(
                session,
                models.Strategy,
                {
                    "name": "dummy",
                    "display_name": "Dummy strategy",
                    "goal_id": goal.id,
                    "parameters_spec": {},
                },
            )
        yield Store(make_admin_context(), bus, goal, strategy, statements)


@pytest.fixture
def tomorrow() -> datetime.datetime:
    return datetime.datetime(2030, 1, 2, 3, 4, 5)
