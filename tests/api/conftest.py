# SPDX-License-Identifier: Apache-2.0
"""The whole application in process, over a database in memory and a bus in memory."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy
import webob

from tests import tables
from watcher.api import app
from watcher.common import config, policy
from watcher.conf import CONF
from watcher.db import models, repository
from watcher.db import session as db
from watcher.rpc import doorbell, notify, transport

LATEST = "infra-optim 1.7"

#: The functional tests run some of the files here again on other databases.
DATABASE = os.environ.get("WATCHER_TEST_API_DATABASE", "sqlite://")


@dataclasses.dataclass
class Client:
    """Asks the application, as an administrator unless told otherwise."""

    application: Any

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        version: str | None = LATEST,
        roles: str | None = "admin",
        **headers: str,
    ) -> webob.Response:
        request = webob.Request.blank(path, method=method)
        if body is not None:
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            request.body = raw
            request.content_type = "application/json"
        if version:
            request.headers["OpenStack-API-Version"] = version
        if roles:
            request.headers["X-Roles"] = roles
        for name, value in headers.items():
            request.headers[name.replace("_", "-")] = value
        return request.get_response(self.application)

    def get(self, path: str, **options: Any) -> Any:
        """Return the JSON of a successful GET."""
        answer = self("GET", path, **options)
        assert answer.status_int == 200, answer.text
        return answer.json


def fault(answer: webob.Response) -> dict[str, Any]:
    """Return the decoded fault of an error; fails when it does not have the published shape."""
    assert answer.content_type == "application/json"
    assert set(answer.json) == {"error_message"}
    inner: dict[str, Any] = json.loads(answer.json["error_message"])
    assert set(inner) == {"faultcode", "faultstring", "debuginfo"}
    assert inner["faultcode"] == ("Client" if answer.status_int < 500 else "Server")
    return inner


@pytest.fixture(scope="module")
def _database() -> Iterator[None]:
    """One database for a module: an engine of its own would compile all statements again."""
    db.configure(DATABASE)
    tables.make()
    yield
    db.reset()


@pytest.fixture
def _store(_database: None) -> Iterator[None]:
    """Leave the tables empty behind."""
    yield
    tables.empty()


@pytest.fixture
def settings() -> dict[str, Any]:
    """Options that a test module may change: group.name -> value, and ``config_files``."""
    return {}


@pytest.fixture
def client(_store: None, settings: dict[str, Any]) -> Iterator[Client]:
    """The application with authentication switched off."""
    CONF.reset()
    # Making the enforcer costs more than most tests: it is kept for the usual options.
    has_own_policies = bool(settings)
    settings = dict(settings)
    files = settings.pop("config_files", [])
    config.parse_args([], default_config_files=files, default_config_dirs=[])
    CONF.set_override("transport_url", "fake:")
    CONF.set_override("enable_authentication", False)
    for name, value in settings.items():
        group, _, option = name.rpartition(".")
        CONF.set_override(option, value, group or None)
    if has_own_policies:
        policy.reset()
    transport.init(CONF)
    yield Client(app.setup_app())
    doorbell.stop(5.0)
    notify.stop(5.0)
    transport.cleanup()
    if has_own_policies:
        policy.reset()
    CONF.reset()
    CONF.clear()


@pytest.fixture
def rows(_store: None) -> Callable[..., Any]:
    """Insert one row of a model."""

    def insert(model: type[Any], **values: Any) -> Any:
        with db.write() as unit:
            return repository.create(unit, model, values)

    return insert


@dataclasses.dataclass(frozen=True)
class Catalogue:
    """Goals and strategies that most tests need."""

    goal: models.Goal
    other_goal: models.Goal
    strategy: models.Strategy
    other_strategy: models.Strategy


SPEC = {
    "properties": {
        "para1": {"type": "number", "default": 3.2, "minimum": 1.0, "maximum": 10.2},
        "para2": {"type": "string", "default": "hello"},
    }
}


@pytest.fixture
def catalogue(rows: Callable[..., Any]) -> Catalogue:
    """Two goals with a strategy each."""
    goals = [
        rows(models.Goal, name=name, display_name=name.title(), efficacy_specification=[])
        for name in ("dummy", "unclassified")
    ]
    strategies = [
        rows(
            models.Strategy,
            name=name,
            display_name=name.title(),
            goal_id=goal.id,
            parameters_spec=spec,
        )
        for name, goal, spec in (("dummy", goals[0], SPEC), ("actuator", goals[1], {}))
    ]
    return Catalogue(*goals, *strategies)


@pytest.fixture
def items(client: Client, catalogue: Catalogue, rows: Callable[..., Any]) -> dict[str, Any]:
    """One row of each resource: plural -> what links name it by."""
    goal, strategy = catalogue.goal, catalogue.strategy
    template = rows(
        models.AuditTemplate,
        name="täglich <&>",
        goal_id=goal.id,
        scope=[{"compute": []}],
        default_parameters={"para1": 2.0},
    )
    audit = rows(models.Audit, name="a", audit_type="EVENT", goal_id=goal.id)
    plan = rows(models.ActionPlan, audit_id=audit.id, strategy_id=strategy.id, state="RECOMMENDED")
    rows(models.EfficacyIndicator, action_plan_id=plan.id, name="n", unit="%", value=1, data=0.5)
    action = rows(
        models.Action, action_plan_id=plan.id, action_type="nop", input_parameters={"message": "x"}
    )
    return {
        "goals": goal.uuid,
        "strategies": strategy.uuid,
        "audit_templates": template.uuid,
        "audits": audit.uuid,
        "action_plans": plan.uuid,
        "actions": action.uuid,
        "scoring_engines": rows(
            models.ScoringEngine, name="s", description="d", metainfo="{}"
        ).uuid,
        "services": rows(models.Service, name="watcher-applier", host="h").id,
    }


@pytest.fixture
def statements() -> Callable[[], contextlib.AbstractContextManager[list[str]]]:
    """Count the SQL statements of a block, without those that begin a transaction or set it up."""

    @contextlib.contextmanager
    def counted() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if statement.split()[0] in ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH"):
                seen.append(statement)

        sqlalchemy.event.listen(db.engine(), "before_cursor_execute", note)
        try:
            yield seen
        finally:
            sqlalchemy.event.remove(db.engine(), "before_cursor_execute", note)

    return counted
