# SPDX-License-Identifier: Apache-2.0
"""Somebody else is faster: the loser gets the answer that it would have got a moment later."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.api.conftest import Catalogue, Client, fault
from watcher.common import exception, policy
from watcher.db import models
from watcher.lifecycle import action_plans

START = ("POST", "/start", None)
CANCEL = ("PATCH", "", [{"op": "replace", "path": "/state", "value": "CANCELLED"}])
DELETE = ("DELETE", "", None)
Request = tuple[str, str, Any]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a call of another client once, after the next call has read its item."""

    def arrange(call: Any) -> None:
        real, left = policy.enforce, [call]

        def enforce(*arguments: Any, **options: Any) -> bool:
            if left:
                other = threading.Thread(target=left.pop())  # pecan keeps requests by thread
                other.start()
                other.join(30)
            return real(*arguments, **options)

        monkeypatch.setattr(policy, "enforce", enforce)

    return arrange


def _race(client: Client, meanwhile: Any, path: str, first: Request, second: Request) -> Any:
    def call(request: Request) -> Any:
        method, further, body = request
        return client(method, path + further, body)

    won: list[Any] = []
    meanwhile(lambda: won.append(call(first)))
    lost = call(second)
    assert won[0].status_int in (200, 204)
    return lost


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        (START, START, 400),
        (CANCEL, CANCEL, 400),
        (DELETE, DELETE, 404),
        (CANCEL, START, 400),
        (DELETE, START, 404),
        (START, DELETE, 400),
        (START, CANCEL, 200),  # a plan that waits can be cancelled
        (CANCEL, DELETE, 204),
    ],
    ids=lambda value: value[0] + value[1] if isinstance(value, tuple) else str(value),
)
def test_a_plan(
    client: Client,
    catalogue: Catalogue,
    rows,
    meanwhile,
    first: Request,
    second: Request,
    status: int,
) -> None:
    goal, strategy = catalogue.goal, catalogue.strategy
    audit = rows(models.Audit, name="a", audit_type="ONESHOT", goal_id=goal.id)
    plan = rows(models.ActionPlan, audit_id=audit.id, strategy_id=strategy.id, state="RECOMMENDED")
    answer = _race(client, meanwhile, f"/v1/action_plans/{plan.uuid}", first, second)
    assert answer.status_int == status
    if status >= 400:
        assert "RECOMMENDED)" not in fault(answer)["faultstring"]


@pytest.mark.parametrize(
    ("state", "call", "status"), [("PENDING", CANCEL, 400), ("SUCCEEDED", DELETE, 404)]
)
def test_an_audit(
    client: Client,
    catalogue: Catalogue,
    rows,
    meanwhile,
    state: str,
    call: Request,
    status: int,
) -> None:
    goal = catalogue.goal
    audit = rows(models.Audit, name="a", audit_type="ONESHOT", goal_id=goal.id, state=state)
    answer = _race(client, meanwhile, f"/v1/audits/{audit.uuid}", call, call)
    assert answer.status_int == status


def test_a_template(client: Client, catalogue: Catalogue, rows, meanwhile) -> None:
    template = rows(models.AuditTemplate, name="t", goal_id=catalogue.goal.id)
    answer = _race(client, meanwhile, f"/v1/audit_templates/{template.uuid}", DELETE, DELETE)
    assert answer.status_int == 404


def test_who_loses_again_and_again_is_told(
    client: Client, catalogue: Catalogue, rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(*_: Any) -> None:
        raise action_plans.Outdated(noun="Action plan", uuid="u", state="RECOMMENDED")

    monkeypatch.setattr(action_plans, "start", lose)
    audit = rows(models.Audit, name="a", audit_type="ONESHOT", goal_id=catalogue.goal.id)
    plan = rows(
        models.ActionPlan,
        audit_id=audit.id,
        strategy_id=catalogue.strategy.id,
        state="RECOMMENDED",
    )
    answer = client("POST", f"/v1/action_plans/{plan.uuid}/start")
    assert answer.status_int == exception.Conflict.code
    assert "read it again" in fault(answer)["faultstring"]
