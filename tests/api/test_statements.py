# SPDX-License-Identifier: Apache-2.0
"""The cost of a request in SQL statements does not grow with the number of rows."""

from __future__ import annotations

import uuid

import pytest

from tests.api.conftest import Catalogue, Client
from watcher.db import models, repository
from watcher.db import session as db

ROWS = 1000


@pytest.fixture
def full(client: Client, catalogue: Catalogue, rows) -> Client:
    """A thousand audits, templates, plans with indicators, and actions."""
    goal, strategy = catalogue.goal, catalogue.strategy
    common = {"goal_id": goal.id, "strategy_id": strategy.id}
    numbers = range(1, ROWS + 1)
    with db.write() as unit:

        def fill(model, values) -> None:
            repository.create_many(unit, model, [{"uuid": str(uuid.uuid4()), **v} for v in values])

        fill(
            models.Audit,
            [{"name": f"a{n}", "audit_type": "ONESHOT", "state": "SUCCEEDED", **common}
             for n in numbers],
        )  # fmt: skip
        fill(models.AuditTemplate, [{"name": f"t{n}", **common} for n in numbers])
        fill(
            models.ActionPlan,
            [{"audit_id": n, "strategy_id": strategy.id, "state": "RECOMMENDED"} for n in numbers],
        )
        fill(
            models.EfficacyIndicator,
            [{"name": "i", "action_plan_id": n, "value": 1.5, "data": 1.5, "description": "d"}
             for n in numbers],
        )  # fmt: skip
        fill(models.Action, [{"action_plan_id": n, "action_type": "nop"} for n in numbers])
    for number in range(20):
        rows(models.Service, name="watcher-applier", host=f"h{number}")
        rows(models.ScoringEngine, name=f"s{number}", description="", metainfo="")
    return client


LISTS = ("audits", "audit_templates", "action_plans", "actions", "goals", "strategies",
         "scoring_engines", "services")  # fmt: skip


def test_a_list_costs_at_most_three_statements(full: Client, statements) -> None:
    for plural in LISTS:
        for path in (plural, f"{plural}/detail"):
            first = full.get(f"/v1/{path}?limit=1")[plural][0]
            marker = first.get("uuid", first.get("id"))
            with statements() as seen:
                found = full.get(f"/v1/{path}?marker={marker}&sort_key=created_at")
            assert len(seen) <= 3, (path, seen)
            if plural in LISTS[:4]:
                assert len(found[plural]) >= ROWS - 1, path


def test_sorting_by_a_joined_key_costs_no_more(full: Client, statements) -> None:
    for path in ("audits?sort_key=goal_name", "actions?sort_key=action_plan_uuid"):
        with statements() as seen:
            full.get(f"/v1/{path}")
        assert len(seen) <= 3, (path, seen)


def test_a_filtered_list_costs_no_more(full: Client, statements) -> None:
    first = {
        plural: full.get(f"/v1/{plural}?limit=1")[plural][0]["uuid"]
        for plural in ("goals", "audits", "action_plans")
    }
    for path in (
        f"audits/detail?goal={first['goals']}&strategy=dummy",
        "audit_templates/detail?goal=dummy&strategy=dummy",
        "action_plans/detail?strategy=dummy",
        f"action_plans/detail?audit_uuid={first['audits']}",
        f"actions/detail?action_plan_uuid={first['action_plans']}",
        f"actions/detail?audit_uuid={first['audits']}",
        "strategies/detail?goal=dummy",
    ):
        with statements() as seen:
            found = full.get(f"/v1/{path}")
        assert found[path.split("/")[0]], path
        assert len(seen) <= 3, (path, seen)


def test_an_item_costs_at_most_two_statements(full: Client, statements) -> None:
    for plural in LISTS:
        item = full.get(f"/v1/{plural}?limit=1")[plural][0]
        with statements() as seen:
            full.get(f"/v1/{plural}/{item.get('uuid', item.get('id'))}")
        assert len(seen) <= 2, (plural, seen)


def test_a_create_costs_at_most_eight_statements(full: Client, statements) -> None:
    template = full.get("/v1/audit_templates?limit=1")["audit_templates"][0]["uuid"]
    bodies = {
        "/v1/audit_templates": {"name": "new", "goal": "dummy", "strategy": "dummy"},
        "/v1/audits": {
            "audit_template_uuid": template,
            "strategy": "dummy",
            "name": "new",
            "audit_type": "ONESHOT",
        },
    }
    for path, body in bodies.items():
        with statements() as seen:
            assert full("POST", path, body).status_int == 201
        assert len(seen) <= 8, (path, seen)


def test_a_change_costs_at_most_six_statements(full: Client, statements) -> None:
    uuids = {
        plural: [row["uuid"] for row in full.get(f"/v1/{plural}?limit=8")[plural]]
        for plural in LISTS[:4]
    }
    audit, template, (plan, other, third, *_) = (
        uuids["audits"][0], uuids["audit_templates"][0], uuids["action_plans"]
    )  # fmt: skip
    body = {"goal": "dummy", "strategy": "dummy", "audit_type": "EVENT"}
    event = full("POST", "/v1/audits", body).json["uuid"]
    parameters = [{"op": "replace", "path": "/parameters", "value": {"para1": 2.0}}]
    name = [{"op": "replace", "path": "/name", "value": "another"}]
    cancelled = [{"op": "replace", "path": "/state", "value": "CANCELLED"}]
    skipped = [{"op": "replace", "path": "/state", "value": "SKIPPED"}]
    for method, path, sent, status in (
        ("PATCH", f"audits/{event}", parameters, 200),
        ("PATCH", f"audits/{event}", name, 200),
        ("POST", f"webhooks/{event}", {}, 202),
        ("PATCH", f"audits/{event}", cancelled, 200),
        ("DELETE", f"audits/{audit}", None, 204),
        ("PATCH", f"audit_templates/{template}", name, 200),
        ("DELETE", f"audit_templates/{template}", None, 204),
        ("PATCH", f"actions/{uuids['actions'][4]}", skipped, 200),
        ("POST", f"action_plans/{plan}/start", None, 200),
        ("PATCH", f"action_plans/{other}", cancelled, 200),
        ("DELETE", f"action_plans/{third}", None, 204),
    ):
        with statements() as seen:
            answer = full(method, f"/v1/{path}", sent)
        assert answer.status_int == status, (method, path, answer.text)
        assert len(seen) <= 6, (method, path, seen)
