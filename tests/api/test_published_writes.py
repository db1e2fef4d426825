# SPDX-License-Identifier: Apache-2.0
"""Published behaviour of writes that the recordings do not show."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Catalogue, Client, fault
from watcher.db import models
from watcher.rpc import calls

UNKNOWN = "00000000-0000-4000-8000-00000000dead"
EVENT = {"goal": "dummy", "audit_type": "EVENT"}


@pytest.mark.parametrize("word", [True, 1, "true", "yes", "on", "1"])
def test_booleans_are_taken_from_the_usual_words(
    client: Client, catalogue: Catalogue, word: Any
) -> None:
    made = client("POST", "/v1/audits", {**EVENT, "auto_trigger": word, "force": word})
    assert made.status_int == 201, made.text
    assert (made.json["auto_trigger"], made.json["force"]) == (True, True)


@pytest.mark.parametrize("interval", ["@hourly", "*/5 * * * *", "0 0 * * * 30", "60"])
def test_intervals_are_seconds_or_cron(client: Client, catalogue: Catalogue, interval: str) -> None:
    made = client("POST", "/v1/audits", {**EVENT, "interval": interval})
    assert made.status_int == 201, made.text
    assert made.json["interval"] == interval


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2035-01-01", "2035-01-01T00:00:00"),
        ("2035-01-01 10:00:00", "2035-01-01T10:00:00"),
        ("2035-01-01T10:00:00Z", "2035-01-01T10:00:00"),
        ("2035-01-01T10:00:00+02:00", "2035-01-01T08:00:00"),
    ],
)
def test_times_are_read_leniently(
    client: Client, catalogue: Catalogue, given: str, kept: str
) -> None:
    made = client("POST", "/v1/audits", {**EVENT, "start_time": given})
    assert made.status_int == 201, made.text
    assert made.json["start_time"] == kept


def test_an_audit_without_a_name_gets_one(client: Client, catalogue: Catalogue) -> None:
    assert client("POST", "/v1/audits", EVENT).json["name"].startswith("dummy-20")
    made = client("POST", "/v1/audits", {**EVENT, "strategy": "dummy", "name": ""})
    assert made.json["name"].startswith("dummy-20"), made.text


def test_a_long_name_of_an_audit_is_cut_and_then_compared(
    client: Client, catalogue: Catalogue
) -> None:
    made = client("POST", "/v1/audits", {**EVENT, "name": "n" * 70})
    assert made.json["name"] == "n" * 63
    assert client("POST", "/v1/audits", {**EVENT, "name": "n" * 80}).status_int == 409


def test_the_name_of_a_deleted_template_is_free(client: Client, catalogue: Catalogue) -> None:
    body = {"name": "t", "goal": "dummy"}
    assert client("POST", "/v1/audit_templates", body).status_int == 201
    assert client("POST", "/v1/audit_templates", body).status_int == 409
    assert client("DELETE", "/v1/audit_templates/t").status_int == 204
    assert client("POST", "/v1/audit_templates", body).status_int == 201


def test_a_template_takes_no_goal_by_number_an_audit_does(
    client: Client, catalogue: Catalogue
) -> None:
    number = str(catalogue.goal.id)
    body = {"name": "t", "goal": number}
    assert client("POST", "/v1/audit_templates", body).status_int == 400
    assert client("POST", "/v1/audits", {**EVENT, "goal": number}).json["goal_name"] == "dummy"


def test_parameters_of_the_template_lie_under_those_of_the_audit_at_every_version(
    client: Client, catalogue: Catalogue
) -> None:
    body = {
        "name": "t",
        "goal": "dummy",
        "strategy": "dummy",
        "default_parameters": {"para1": 2.0, "para2": "x"},
    }
    template = client("POST", "/v1/audit_templates", body).json
    audit = {
        "audit_template_uuid": template["uuid"],
        "audit_type": "EVENT",
        "parameters": {"para2": "y"},
    }
    made = client("POST", "/v1/audits", audit, version="infra-optim 1.0")
    assert made.json["parameters"] == {"para1": 2.0, "para2": "y"}
    assert client("POST", "/v1/audits", {**audit, "audit_template_uuid": "t"}).status_int == 400


@pytest.mark.parametrize("operation", ["replace", "add"])
@pytest.mark.parametrize(("attribute", "value"), [("goal", "dummy"), ("strategy", "dummy")])
def test_a_patch_of_goal_or_strategy_needs_the_parameters_too_even_if_it_changes_nothing(
    client: Client, catalogue: Catalogue, operation: str, attribute: str, value: str
) -> None:
    parameters = {"para1": 2.5}
    body = {"name": "t", "goal": "dummy", "strategy": "dummy", "default_parameters": parameters}
    address = client("POST", "/v1/audit_templates", body).headers["Location"]
    same = {"op": operation, "path": f"/{attribute}", "value": value}
    assert client("PATCH", address, [same]).status_int == 409
    both = [same, {"op": "replace", "path": "/default_parameters", "value": parameters}]
    assert client("PATCH", address, both).status_int == 200
    empty = [{"op": "replace", "path": "/default_parameters", "value": {}}]
    assert client("PATCH", address, empty).status_int == 200
    assert client("PATCH", address, [same]).status_int == 200


def test_a_scope_without_a_level_is_wrapped(client: Client, catalogue: Catalogue) -> None:
    rules = [{"availability_zones": [{"name": "nova"}]}]
    body = {"name": "t", "goal": "dummy", "scope": rules}
    made = client("POST", "/v1/audit_templates", body)
    assert made.json["scope"] == [{"compute": rules}]
    null = client("POST", "/v1/audit_templates", {**body, "name": "u", "scope": None})
    assert null.json["scope"] == []


NO_EFFECT = [("/goal", "unclassified"), ("/strategy", "actuator"), ("/goal_id", None)]


@pytest.mark.parametrize(("path", "value"), NO_EFFECT)
def test_a_patch_of_goal_or_strategy_has_no_effect(
    client: Client, items: dict[str, Any], path: str, value: Any
) -> None:
    patch = [{"op": "replace", "path": path, "value": value}]
    changed = client("PATCH", f"/v1/audits/{items['audits']}", patch)
    assert changed.status_int == 200, changed.text
    assert (changed.json["goal_name"], changed.json["strategy_name"]) == ("dummy", None)


def test_an_audit_that_is_deleted_leaves_its_plans(client: Client, items: dict[str, Any]) -> None:
    audit, plan = items["audits"], items["action_plans"]
    client(
        "PATCH", f"/v1/audits/{audit}", [{"op": "replace", "path": "/state", "value": "CANCELLED"}]
    )
    assert client("DELETE", f"/v1/audits/{audit}").status_int == 204
    assert client.get(f"/v1/action_plans/{plan}")["state"] == "RECOMMENDED"
    (row,) = client.get(f"/v1/action_plans?audit_uuid={audit}")["action_plans"]
    assert row["uuid"] == plan
    started = client("POST", f"/v1/action_plans/{plan}/start", b"not looked at")
    assert (started.status_int, started.json["state"]) == (200, "PENDING")


def test_the_actions_of_a_deleted_plan_are_deleted(client: Client, items: dict[str, Any]) -> None:
    assert client("DELETE", f"/v1/action_plans/{items['action_plans']}").status_int == 204
    address = f"/v1/actions/{items['actions']}"
    assert client("GET", address).status_int == 404
    assert client.get(address, X_Show_Deleted="1")["state"] == "DELETED"


@pytest.mark.parametrize("body", [{}, [], "x", 5, None], ids=str)
def test_a_webhook_takes_any_json(client: Client, items: dict[str, Any], body: Any) -> None:
    raw = b"null" if body is None else body
    answer = client("POST", f"/v1/webhooks/{items['audits']}/ignored", raw)
    assert (answer.status_int, answer.body) == (202, b"")
    assert "Content-Type" not in answer.headers


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [(b"", "application/json", 400), (b"{", "application/json", 400), (b"x", "text/plain", 415)],
)
def test_a_webhook_needs_json(
    client: Client, items: dict[str, Any], body: bytes, content_type: str, status: int
) -> None:
    answer = client("POST", "/v1/webhooks/a", body, Content_Type=content_type)
    assert answer.status_int == status


def test_a_webhook_is_for_waiting_event_audits(
    client: Client, catalogue: Catalogue, rows: Any
) -> None:
    for name, values in {
        "once": {"audit_type": "ONESHOT"},
        "busy": {"audit_type": "EVENT", "state": "ONGOING"},
    }.items():
        rows(models.Audit, name=name, goal_id=catalogue.goal.id, **values)
        assert client("POST", f"/v1/webhooks/{name}", {}).status_int == 400
    assert client("POST", "/v1/webhooks/nope", {}).status_int == 404


def test_the_data_model_checks_version_type_policy_in_this_order(client: Client) -> None:
    address = "/v1/data_model?data_model_type=storage"
    assert client("GET", address, version="infra-optim 1.2", roles=None).status_int == 406
    assert client("GET", address, roles=None).status_int == 404
    assert client("GET", "/v1/data_model", roles=None).status_int == 403
    assert client("GET", "/v1/data_model/x").status_int == 405
    assert client("GET", "/v1/data_model?audit_uuid=x").status_int == 400
    unknown = "/v1/data_model?audit_uuid=00000000-0000-4000-8000-00000000dead"
    assert client("GET", unknown).status_int == 400


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What decision engines were asked for."""
    found: list[tuple[Any, ...]] = []

    def answer(_context: Any, *given: Any) -> dict[str, Any]:
        found.append(given)
        return {"context": []}

    monkeypatch.setattr(calls, "get_data_model_info", answer)
    return found


def test_the_arguments_of_the_data_model_have_two_names(
    client: Client, items: dict[str, Any], asked: list[Any]
) -> None:
    audit = items["audits"]
    for query in (
        f"audit_uuid={audit}&data_model_type=compute",
        f"audit={audit}&type=compute",
        f"audit={audit}&data_model_type=compute",
        f"audit={audit.upper()}&audit_uuid={audit}&type=compute&data_model_type=compute",
    ):
        assert client.get(f"/v1/data_model?{query}") == {"context": []}
    assert asked == [("compute", audit)] * 4


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        (f"audit=00000000-0000-4000-8000-00000000beef&audit_uuid={UNKNOWN}", 400, "differ"),
        ("type=storage&data_model_type=compute", 400, "differ"),
        ("type=compute&data_model_type=storage", 400, "differ"),
        ("type=compute&data_model_type=", 400, "differ"),
        ("type=storage", 404, "storage"),
        ("type=", 404, ""),
        ("type=storage&data_model_type=storage", 404, "storage"),
        ("audit=x", 400, "audit"),
        (f"audit={UNKNOWN}", 400, UNKNOWN),
        (f"audit={UNKNOWN}&audit={UNKNOWN}", 400, "audit"),
    ],
)
def test_the_second_names_are_as_strict_as_the_first(
    client: Client, asked: list[Any], query: str, status: int, words: str
) -> None:
    answer = client("GET", f"/v1/data_model?{query}")
    assert answer.status_int == status, answer.text
    assert words in fault(answer)["faultstring"]
    assert asked == []


def test_the_state_of_no_strategy_is_a_bad_request(client: Client, catalogue: Catalogue) -> None:
    assert client("GET", "/v1/strategies/state").status_int == 400
    assert client("GET", "/v1/strategies/nope/state").status_int == 404
    assert client("GET", "/v1/strategies/dummy/state/").status_int == 404
    assert client("GET", "/v1/strategies/dummy/state?a=b").status_int == 400


def test_an_action_cannot_be_changed_below_1_5_before_anything_else(client: Client) -> None:
    answer = client("PATCH", "/v1/actions/nope", [], version="infra-optim 1.4", roles=None)
    assert answer.status_int == 400


@pytest.mark.parametrize("plural", ["action_plans", "actions"])
def test_plans_and_actions_have_no_names(client: Client, plural: str) -> None:
    assert client("GET", f"/v1/{plural}/some-name").status_int == 400
    unknown = f"/v1/{plural}/00000000-0000-4000-8000-00000000dead"
    assert client("GET", unknown).status_int == 404
