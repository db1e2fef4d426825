# SPDX-License-Identifier: Apache-2.0
"""A UUID means the same in every spelling, wherever it is given and whatever the database."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import Catalogue, Client, fault
from watcher.db import models, repository
from watcher.db import session as db
from watcher.rpc import calls

Spell = Callable[[str], str]
SPELLINGS: dict[str, Spell] = {
    "capitals": str.upper,
    "mixed": lambda text: text[:20].upper() + text[20:],
    "no hyphens": lambda text: uuid.UUID(text).hex.upper(),
}
MODELS: dict[str, Any] = {
    "goals": models.Goal,
    "strategies": models.Strategy,
    "audit_templates": models.AuditTemplate,
    "audits": models.Audit,
    "action_plans": models.ActionPlan,
    "actions": models.Action,
    "scoring_engines": models.ScoringEngine,
}
PLURALS = tuple(MODELS)
ONLY_UUIDS = ("action_plans", "actions")
NUMBERS = ("1", "0", "-1", "007", "99999999999999999999", "1.json")

spelled = pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS.keys())


@spelled
@pytest.mark.parametrize("plural", PLURALS)
def test_an_item_is_found(client: Client, items: dict[str, Any], plural: str, spell: Spell) -> None:
    known = items[plural]
    assert client.get(f"/v1/{plural}/{spell(known)}")["uuid"] == known


@spelled
@pytest.mark.parametrize("plural", PLURALS)
def test_a_marker_is_found(
    client: Client, items: dict[str, Any], rows: Any, plural: str, spell: Spell
) -> None:
    for sort_key in ("id", "uuid", "created_at"):
        for path in (f"/v1/{plural}", f"/v1/{plural}/detail"):
            query = f"sort_key={sort_key}&marker="
            expected = client.get(f"{path}?{query}{items[plural]}")[plural]
            assert client.get(f"{path}?{query}{spell(items[plural])}")[plural] == expected


@spelled
@pytest.mark.parametrize(
    ("plural", "argument", "table"),
    [("strategies", "goal", "goals"), ("audit_templates", "goal", "goals"),
     ("audits", "goal", "goals"), ("action_plans", "audit_uuid", "audits"),
     ("action_plans", "strategy", "strategies"), ("actions", "audit_uuid", "audits"),
     ("actions", "action_plan_uuid", "action_plans")],
)  # fmt: skip
def test_a_filter_finds(
    client: Client, items: dict[str, Any], plural: str, argument: str, table: str, spell: Spell
) -> None:
    (found,) = client.get(f"/v1/{plural}?{argument}={spell(items[table])}")[plural]
    assert found["uuid"] == items[plural]


@spelled
def test_two_filters_find(client: Client, items: dict[str, Any], spell: Spell) -> None:
    query = f"goal={spell(items['goals'])}&strategy={spell(items['strategies'])}"
    assert len(client.get(f"/v1/audits?{query}")["audits"]) == 1


@spelled
def test_a_body_is_understood(client: Client, items: dict[str, Any], spell: Spell) -> None:
    goal, strategy = spell(items["goals"]), spell(items["strategies"])
    body = {"name": "t", "goal": goal, "strategy": strategy}
    template = client("POST", "/v1/audit_templates", body)
    assert (template.status_int, template.json["strategy_uuid"]) == (201, items["strategies"])
    body = {"name": "b", "audit_type": "EVENT", "goal": goal, "strategy": strategy}
    made = client("POST", "/v1/audits", body)
    assert (made.status_int, made.json["strategy_uuid"]) == (201, items["strategies"])
    body = {"audit_type": "EVENT", "audit_template_uuid": spell(template.json["uuid"])}
    assert client("POST", "/v1/audits", body).status_int == 201
    patch = [{"op": "replace", "path": "/goal", "value": goal}]
    changed = client("PATCH", f"/v1/audit_templates/{spell(template.json['uuid'])}", patch)
    assert (changed.status_int, changed.json["goal_uuid"]) == (200, items["goals"])


@spelled
def test_an_item_is_changed_started_triggered_and_deleted(
    client: Client, items: dict[str, Any], spell: Spell
) -> None:
    action, plan = (f"/v1/{name}/{spell(items[name])}" for name in ("actions", "action_plans"))
    audit = f"/v1/audits/{spell(items['audits'])}"
    skip = [{"op": "replace", "path": "/state", "value": "SKIPPED"}]
    assert client("PATCH", action, skip).json["state"] == "SKIPPED"
    assert client("POST", f"{plan}/start").json["state"] == "PENDING"
    assert client("POST", f"/v1/webhooks/{spell(items['audits'])}", {}).status_int == 202
    cancel = [{"op": "replace", "path": "/state", "value": "CANCELLED"}]
    assert client("PATCH", audit, cancel).json["state"] == "CANCELLED"
    assert client("PATCH", plan, cancel).json["state"] == "CANCELLED"
    for path in (audit, plan):
        assert client("DELETE", path).status_int == 204
        assert client("GET", path).status_int == 404


@spelled
def test_decision_engines_are_asked_in_the_canonical_spelling(
    client: Client, items: dict[str, Any], spell: Spell, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(
        calls, "get_data_model_info", lambda _context, *given: asked.append(given) or {}
    )
    client.get(f"/v1/data_model?audit_uuid={spell(items['audits'])}")
    assert asked == [("compute", items["audits"])]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("plural", ONLY_UUIDS)
def test_plans_and_actions_have_no_number(
    client: Client, items: dict[str, Any], plural: str, number: str
) -> None:
    patch = [{"op": "replace", "path": "/state", "value": "SKIPPED"}]
    calls_made = [("GET", "", None), ("PATCH", "", patch)]
    if plural == "action_plans":
        calls_made += [("DELETE", "", None), ("POST", "/start", None)]
    for method, rest, body in calls_made:
        answer = client(method, f"/v1/{plural}/{number}{rest}", body)
        assert answer.status_int == 400, (method, answer.text)
        fault(answer)


@pytest.mark.parametrize("plural", [name for name in PLURALS if name not in ONLY_UUIDS])
def test_other_items_have_a_number(client: Client, items: dict[str, Any], plural: str) -> None:
    with db.read() as session:
        row = repository.get(session, MODELS[plural], uuid=items[plural])
    assert client.get(f"/v1/{plural}/{row.id}")["uuid"] == items[plural]
    assert client("GET", f"/v1/{plural}/99999999999999999999").status_int == 404
    for name in (f"0{row.id}", f"00{row.id}", f"+{row.id}", "-0"):
        assert client("GET", f"/v1/{plural}/{name}").status_int == 404


@pytest.mark.parametrize("name", ["007", "00", "-0", "01"])
def test_what_only_looks_like_a_number_is_a_name(
    client: Client, catalogue: Catalogue, rows: Any, name: str
) -> None:
    kept = [rows(models.Audit, goal_id=catalogue.goal.id, state="FAILED") for _ in range(8)]
    made = rows(models.Audit, goal_id=catalogue.goal.id, state="FAILED", name=name)
    assert client.get(f"/v1/audits/{name}")["uuid"] == made.uuid
    assert client("DELETE", f"/v1/audits/{name}").status_int == 204
    assert len(client.get("/v1/audits")["audits"]) == len(kept)
