# SPDX-License-Identifier: Apache-2.0
"""A database in memory, a bus that only listens, and plans to run."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from oslo_utils import uuidutils

from tests.fixtures.fake_nova import FakeClients, FakeNova
from tests.fixtures.memory_store import kept_engine, memory_store
from watcher import conf, objects
from watcher.applier.action_plan.handler import PlanHandler
from watcher.applier.actions import base, move
from watcher.applier.actions.base import StopRequest
from watcher.common.context import RequestContext, make_admin_context
from watcher.db import models, repository
from watcher.db import session as db
from watcher.lifecycle import action_plans
from watcher.rpc import notify, transport

HOST = "applier-1"
SERVER = "10000000-0000-4000-8000-000000000001"


@pytest.fixture(scope="module", autouse=True)
def _engine() -> Iterator[None]:
    with kept_engine():
        yield


@pytest.fixture(autouse=True)
def database() -> Iterator[None]:
    objects.register_all()
    conf.CONF.set_override("host", HOST)
    with memory_store():
        yield
    conf.CONF.clear_override("host")


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Nova that is away fails what asks for it at once, unless a test says otherwise."""
    monkeypatch.setattr(base, "AWAY_S", 0)


@pytest.fixture
def context() -> RequestContext:
    return make_admin_context()


@dataclasses.dataclass
class Bus:
    """The events that were sent, in order, in short: ``action.update <name> ONGOING``."""

    sent: list[tuple[str, dict[str, Any]]] = dataclasses.field(default_factory=list)
    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)

    def send(
        self, _context: Any, _publisher: str, event_type: str, _priority: str, payload: Any
    ) -> None:
        with self.lock:
            self.sent.append((event_type, payload["watcher_object.data"]))

    @property
    def events(self) -> list[str]:
        return [f"{event} {data['state']}" for event, data in self.sent]

    def of(self, uuid: str) -> list[str]:
        """Return the events about one record."""
        return [f"{event} {data['state']}" for event, data in self.sent if data["uuid"] == uuid]


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Bus:
    bus = Bus()
    monkeypatch.setattr(notify, "send", bus.send)
    monkeypatch.setattr(transport, "notifications_enabled", lambda: True)
    return bus


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> FakeNova:
    monkeypatch.setattr(move, "DOUBT_PAUSES_S", (0.0, 0.0))
    return FakeNova("source", "target")


@dataclasses.dataclass
class Manager:
    """What the workflow engine sees of the applier."""

    osc: FakeClients
    stop_request: StopRequest = dataclasses.field(default_factory=StopRequest)


@pytest.fixture
def manager(cloud: FakeNova) -> Manager:
    return Manager(FakeClients(cloud))


#: Type and parameters of an action, indexes of its parents, and its state.
ActionSpec = tuple[str, dict[str, Any], Sequence[int], str]
PlanMaker = Callable[..., str]


def a_nop(*parents: int, state: str = "PENDING", **flags: bool) -> ActionSpec:
    return ("nop", {"message": "hello", **flags}, parents, state)


@dataclasses.dataclass
class Plan:
    """A plan in the database and how to look at it."""

    uuid: str
    actions: list[str]

    def row(self) -> models.ActionPlan:
        with db.read() as unit:
            return repository.get(unit, models.ActionPlan, uuid=self.uuid)

    @property
    def state(self) -> str | None:
        return self.row().state

    def states(self) -> list[str | None]:
        return [action.state for action in self._rows()]

    def messages(self) -> list[str | None]:
        return [action.status_message for action in self._rows()]

    def set(self, **values: Any) -> None:
        with db.write() as unit:
            repository.update(unit, models.ActionPlan, self.uuid, values)

    def set_action(self, index: int, **values: Any) -> None:
        with db.write() as unit:
            repository.update(unit, models.Action, self.actions[index], values)

    def _rows(self) -> list[models.Action]:
        with db.read() as unit:
            return [repository.get(unit, models.Action, uuid=uuid) for uuid in self.actions]


def make_plan(*actions: ActionSpec, state: str = "PENDING", hostname: str | None = None) -> Plan:
    """Insert a plan with its audit, goal and strategy."""
    uuids = [uuidutils.generate_uuid() for _action in actions]
    with db.write() as unit:
        name = uuidutils.generate_uuid()
        goal = repository.create(unit, models.Goal, {"name": name, "display_name": "g"})
        strategy = repository.create(
            unit,
            models.Strategy,
            {"name": name, "display_name": "s", "goal_id": goal.id},
        )
        audit = repository.create(
            unit,
            models.Audit,
            {
                "name": name,
                "audit_type": "ONESHOT",
                "state": "SUCCEEDED",
                "goal_id": goal.id,
                "strategy_id": strategy.id,
                "auto_trigger": False,
            },
        )
        plan = repository.create(
            unit,
            models.ActionPlan,
            {
                "audit_id": audit.id,
                "strategy_id": strategy.id,
                "state": state,
                "hostname": hostname,
                "global_efficacy": [],
            },
        )
        for uuid, (kind, parameters, parents, action_state) in zip(uuids, actions, strict=True):
            values = {
                "uuid": uuid,
                "action_plan_id": plan.id,
                "action_type": kind,
                "input_parameters": parameters,
                "parents": [uuids[index] for index in parents],
                "state": action_state,
            }
            repository.create(unit, models.Action, values)
        return Plan(str(plan.uuid), uuids)


def run(context: RequestContext, plan: Plan, manager: Manager) -> None:
    """Claim a plan and run it."""
    claimed = action_plans.claim(context, plan.uuid, HOST)
    assert claimed is not None
    PlanHandler(context, claimed, manager).execute()


def resume(context: RequestContext, plan: Plan, manager: Manager) -> None:
    """Take over a plan that a dead process of this host left, and resume it."""
    row = plan.row()
    taken = action_plans.take_over(context, row, str(row.hostname), HOST)
    assert taken is not None
    PlanHandler(context, taken, manager).execute()


def a_move(*parents: int, state: str = "PENDING") -> Any:
    parameters = {
        "migration_type": "live",
        "resource_id": SERVER,
        "source_node": "source",
        "destination_node": "target",
    }
    return ("migrate", parameters, parents, state)
