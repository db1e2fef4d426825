# SPDX-License-Identifier: Apache-2.0
"""A synchronised database in memory, a small cloud, and recorders instead of the bus."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy

from tests.fixtures import recorded_bus
from tests.fixtures.memory_store import kept_engine, memory_store
from watcher import objects
from watcher.common import exception
from watcher.common.context import RequestContext, make_admin_context
from watcher.conf import CONF
from watcher.db import models, repository
from watcher.db import session as db
from watcher.decision_engine import sync
from watcher.decision_engine.audit.dispatcher import AuditDispatcher
from watcher.decision_engine.audit.run import AuditRunner
from watcher.decision_engine.loading import default as loading
from watcher.decision_engine.strategy.strategies import base
from watcher.domain.snapshot import Host, Server, Snapshot
from watcher.lifecycle import audits, transitions

ME = "engine-a"
PEER = "engine-b"
NOW = datetime.datetime(2030, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)


class Bus(recorded_bus.Bus):
    """What was sent, in order; the story names states only where they change."""

    def tell_unchanged(self, name: str, payload: recorded_bus.Payload) -> str:
        return name


class Pool:
    """Runs what is submitted when told to, in this thread."""

    def __init__(self) -> None:
        self.jobs: dict[str, Callable[[], object]] = {}

    def submit(self, key: str, job: Callable[[], object]) -> bool:
        return self.jobs.setdefault(key, job) is job

    def holds(self, key: str) -> bool:
        return key in self.jobs

    def run_all(self) -> None:
        while self.jobs:
            key = next(iter(self.jobs))
            self.jobs[key]()
            del self.jobs[key]


@dataclasses.dataclass
class Engine:
    """A decision engine without threads, and short ways to put audits into its database."""

    context: RequestContext
    bus: Bus
    statements: list[str]
    pool: Pool = dataclasses.field(default_factory=Pool)
    snapshot: Snapshot = dataclasses.field(default_factory=lambda: a_cluster())
    cloud_error: Exception | None = None
    now: datetime.datetime = NOW
    _numbers: Iterator[int] = dataclasses.field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.runner = AuditRunner(self.read_snapshot, now=lambda: self.now)
        self.dispatcher: Any = AuditDispatcher(ME, self.runner, self.pool)  # type: ignore[arg-type]

    def read_snapshot(self) -> Snapshot:
        if self.cloud_error is not None:
            raise self.cloud_error
        return self.snapshot

    def audit(
        self, goal: str = "dummy", strategy: str | None = "dummy", **values: Any
    ) -> objects.Audit:
        """Return a new audit; ``state``, ``hostname`` and ``next_run_time`` may be given."""
        columns = {"audit_type": "ONESHOT", "name": f"audit-{next(self._numbers)}", "scope": []}
        late = {
            name: values.pop(name)
            for name in ("state", "hostname", "next_run_time", "status_message")
            if name in values
        }
        with db.read() as session:
            goal_row = repository.get(session, models.Goal, name=goal)
            row = strategy and repository.get(session, models.Strategy, name=strategy)
        made = audits.create(self.context, columns | values, goal=goal_row, strategy=row or None)
        self.write("audits", made.uuid, **late)
        self.bus.events.clear()
        self.bus.rings.clear()
        return self.read(made.uuid)

    def write(self, table: str, uuid: str, **values: Any) -> None:
        """Change a row behind everybody's back, as another process would."""
        if values:
            model = models.Base.metadata.tables[table]
            with db.write() as session:
                session.execute(
                    sqlalchemy.update(model).where(model.c.uuid == uuid).values(**values)
                )

    def read(self, uuid: str) -> objects.Audit:
        with db.read() as session:
            return transitions.read_audit(session, self.context, uuid, show_deleted=True)

    def plans(self, audit: objects.Audit) -> list[Any]:
        return list(objects.ActionPlan.list(self.context, filters={"audit_id": audit.id}))

    def run(self, audit: objects.Audit) -> objects.Audit:
        """Trigger an audit, run what there is to run, and return the audit as it is then."""
        self.dispatcher.trigger(self.context, audit.uuid)
        self.pool.run_all()
        return self.read(audit.uuid)


def a_cluster() -> Snapshot:
    hosts = [Host(f"h{n}", f"cmp{n}", vcpus=8, memory_mib=16384, disk_gib=100) for n in range(1, 4)]
    servers = [
        Server("s1", "vm1", "active", 2, 2048, 20, host="cmp1"),
        Server("s2", "vm2", "stopped", 2, 2048, 20, host="cmp1"),
        Server("s3", "vm3", "active", 1, 1024, 10, host="cmp2"),
    ]
    return Snapshot.of(hosts, servers)


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Bus:
    return Bus.installed(monkeypatch)


@pytest.fixture(scope="module", autouse=True)
def _engine() -> Iterator[None]:
    with kept_engine():
        yield


@pytest.fixture
def database() -> Iterator[list[str]]:
    """An empty database; gives the list of statements that it gets."""
    CONF([], project="watcher", default_config_files=[], default_config_dirs=[])
    CONF.set_override("host", ME)
    with memory_store() as statements:
        yield statements
    CONF.clear_override("host")


@pytest.fixture
def engine(database: list[str], bus: Bus) -> Engine:
    sync.sync()
    bus.events.clear()
    return Engine(make_admin_context(), bus, database)


class Plugins:
    """Stands in for a loader: plug-ins from a dictionary."""

    namespace = "watcher_strategies"

    def __init__(self, classes: dict[str, Any]) -> None:
        self.classes = classes

    def names(self) -> list[str]:
        return sorted(self.classes)

    def load_class(self, name: str) -> Any:
        if name not in self.classes:
            raise exception.LoadingError(name=name)
        return self.classes[name]

    def available(self) -> dict[str, Any]:
        return dict(sorted(self.classes.items()))

    def load(self, name: str, **kwargs: Any) -> Any:
        return self.load_class(name)({}, **kwargs)


class OwnStrategy(base.DummyBaseStrategy):
    """A strategy of a third party; tests give it what it does."""

    act: Callable[[Any], object] = staticmethod(lambda _self: None)

    @classmethod
    def get_name(cls) -> str:
        return "dummy"

    @classmethod
    def get_display_name(cls) -> str:
        return "Dummy strategy"

    get_translatable_display_name = get_display_name

    def pre_execute(self) -> None:
        pass

    def do_execute(self, audit: Any = None) -> None:
        type(self).act(self)

    def post_execute(self) -> None:
        pass


@pytest.fixture
def own_strategy(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Any], object]], None]:
    """Give the strategy named ``dummy`` another body."""

    def install(act: Callable[[Any], object]) -> None:
        found = type("Own", (OwnStrategy,), {"act": staticmethod(act)})
        monkeypatch.setattr(loading, "STRATEGIES", Plugins({"dummy": found}))

    return install
