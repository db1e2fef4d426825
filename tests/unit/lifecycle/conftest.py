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
from watcher.db import models, repository, runs
from watcher.db import session as db
from watcher.domain.draft import Draft, PlannedAction
from watcher.lifecycle import action_plans, audits, transitions

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
        if state.get("state") == "ONGOING" and state.get("hostname"):
            self.begin_run(made.uuid, state["hostname"])
        self.bus.clear()
        return self.read_audit(made.uuid)

    def claimed(self, **values: Any) -> objects.Audit:
        """Return a new audit that runs on this host."""
        return self.audit(state="ONGOING", hostname=ME, **values)

    def begin_run(self, uuid: str, host: str) -> None:
        """Note a run of an audit, as a claim does."""
        with db.write() as session:
            runs.begin(session, uuid, host)

    def note_plan(self, uuid: str, plan_uuid: str) -> None:
        """Note a plan of an audit's run that may not exist."""
        with db.write() as session:
            session.execute(
                sqlalchemy.update(models.Run)
                .where(models.Run.object_uuid == uuid)
                .values(plan_uuid=plan_uuid)
            )

    def runs(self) -> list[str]:
        """Return the uuids of the audits that have a run."""
        with db.read() as session:
            return list(session.scalars(sqlalchemy.select(models.Run.object_uuid)))

    def plan(self, count: int = 2, **state: Any) -> objects.ActionPlan:
        """Return a new plan with actions; ``state`` and ``hostname`` may be given."""
        draft = Draft(self.strategy.name, [PlannedAction("nop", {"message": "x"})] * count)
        plan = action_plans.create(self.context, self.claimed().id, ME, draft)
        self.write("action_plans", plan.uuid, **state)
        plan.obj_refresh(self.read_plan(plan.uuid))
        self.bus.clear()
        return plan

    def running(self, count: int = 2) -> objects.ActionPlan:
        """Return a new plan that runs on this host."""
        return self.plan(count, state="ONGOING", hostname=ME)

    def cancel(self, plan: objects.ActionPlan) -> objects.ActionPlan:
        """Cancel a plan as a user does who sees it like this."""
        state = "CANCELLING" if plan.state == "ONGOING" else "CANCELLED"
        return action_plans.update_by_user(self.context, plan, {"state": state})

    def write(self, table: str, uuid: str, **values: Any) -> None:
        """Change a row behind everybody's back, as another process would."""
        if not values:
            return
        model = models.Base.metadata.tables[table]
        with db.write() as session:
            session.execute(sqlalchemy.update(model).where(model.c.uuid == uuid).values(**values))

    def read_audit(self, uuid: str) -> objects.Audit:
        with db.read() as session:
            return transitions.read_audit(session, self.context, uuid, show_deleted=True)

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
