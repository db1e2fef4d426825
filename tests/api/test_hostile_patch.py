# SPDX-License-Identifier: Apache-2.0
"""A PATCH stores nothing that a POST would refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import Catalogue, Client, fault
from watcher.common import exception
from watcher.db import models
from watcher.rpc import calls


@pytest.fixture
def audit(client: Client, catalogue: Catalogue) -> Callable[..., dict[str, Any]]:
    """Make an audit through the API."""

    def make(audit_type: str = "EVENT", **values: Any) -> dict[str, Any]:
        body = {"goal": "dummy", "strategy": "dummy", "audit_type": audit_type, **values}
        answer = client("POST", "/v1/audits", {k: v for k, v in body.items() if v is not None})
        assert answer.status_int == 201, answer.text
        return answer.json

    return make


def put(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


CONTINUOUS = ("CONTINUOUS", {"interval": "60", "start_time": "2035-01-01"})

REFUSED: dict[str, tuple[tuple[str, dict[str, Any]], list[dict[str, Any]]]] = {
    "an unknown parameter": (("EVENT", {}), [put("/parameters", {"color": "red"})]),
    "an unknown parameter among others": (
        ("EVENT", {}),
        [{"op": "add", "path": "/parameters/color", "value": "red"}],
    ),
    "a parameter out of range": (("EVENT", {}), [put("/parameters/para1", 99)]),
    "a parameter of another type": (("EVENT", {}), [put("/parameters", {"para2": 5})]),
    "a boolean as a number": (("EVENT", {}), [put("/parameters", {"para1": True})]),
    "parameters without a strategy": (
        ("EVENT", {"strategy": None}),
        [put("/parameters", {"a": 1})],
    ),
    "a word as an interval": (CONTINUOUS, [put("/interval", "often")]),
    "an interval beyond the calendar": (CONTINUOUS, [put("/interval", str(2**63))]),
    "a cron expression without an instant": (CONTINUOUS, [put("/interval", "0 0 30 2 *")]),
    "no interval": (CONTINUOUS, [{"op": "remove", "path": "/interval"}]),
    "an empty interval": (CONTINUOUS, [put("/interval", "")]),
    "an interval on ONESHOT": (("ONESHOT", {}), [put("/interval", "60")]),
    "a time on ONESHOT": (("ONESHOT", {}), [put("/end_time", "2035-01-01")]),
    "ONESHOT with an interval": (CONTINUOUS, [put("/audit_type", "ONESHOT")]),
    "CONTINUOUS without an interval": (("EVENT", {}), [put("/audit_type", "CONTINUOUS")]),
    "a scope of numbers": (("EVENT", {}), [put("/scope", [1])]),
    "an unknown scope rule": (("EVENT", {}), [put("/scope", [{"compute": [{"color": 1}]}])]),
}  # fmt: skip


@pytest.mark.parametrize(("made", "patch"), REFUSED.values(), ids=REFUSED.keys())
def test_what_a_post_would_refuse_is_refused(client: Client, audit, made, patch: Any) -> None:
    audit_type, values = made
    before = audit(audit_type, **values)
    path = f"/v1/audits/{before['uuid']}"
    before = client.get(path)
    answer = client("PATCH", path, patch)
    assert answer.status_int == 400, answer.text
    fault(answer)
    assert client.get(path) == before


@pytest.mark.parametrize(
    ("patch", "parameters"),
    [
        (put("/parameters", {"para1": 2}), {"para1": 2, "para2": "hello"}),
        (put("/parameters", {}), {"para1": 3.2, "para2": "hello"}),
        (put("/parameters", None), {}),
        ({"op": "remove", "path": "/parameters"}, {}),
        ({"op": "remove", "path": "/parameters/para1"}, {"para1": 3.2, "para2": "x"}),
    ],
)
def test_parameters_are_completed_as_by_a_post(client: Client, audit, patch, parameters) -> None:
    made = audit(parameters={"para1": 4, "para2": "x"})
    answer = client("PATCH", f"/v1/audits/{made['uuid']}", [patch])
    assert answer.status_int == 200, answer.text
    assert answer.json["parameters"] == parameters


def test_type_and_interval_may_change_together(client: Client, audit) -> None:
    made = audit()
    patch = [put("/audit_type", "CONTINUOUS"), put("/interval", "*/5 * * * *")]
    assert client("PATCH", f"/v1/audits/{made['uuid']}", patch).status_int == 200


def test_a_word_that_is_no_type_is_stored_and_can_be_put_right(client: Client, audit) -> None:
    made = audit()
    for word in ("DAILY", "EVENT"):
        answer = client("PATCH", f"/v1/audits/{made['uuid']}", [put("/audit_type", word)])
        assert answer.status_int == 200
        assert answer.json["audit_type"] == word


def test_old_rows_that_no_post_would_take_can_be_cancelled_and_read(
    client: Client, catalogue: Catalogue, rows
) -> None:
    old = rows(
        models.Audit, name="old", audit_type="CONTINUOUS", interval="often", parameters={"x": 1},
        scope=[5], goal_id=catalogue.goal.id, strategy_id=catalogue.strategy.id,
    )  # fmt: skip
    path = f"/v1/audits/{old.uuid}"
    assert client.get(path)["scope"] == [5]
    answer = client("PATCH", path, [put("/state", "CANCELLED")])
    assert answer.status_int == 200, answer.text


SCOPES: dict[str, Any] = {
    "a number": [1],
    "an unknown rule": [{"compute": [{"color": "red"}]}],
    "another level": [{"compute": []}, {"storage": []}],
    "aggregates by word": [{"compute": [{"host_aggregates": [{"id": "x"}]}]}],
    "in and out": [
        {"compute": [{"host_aggregates": [{"id": 1}]}, {"exclude": [{"host_aggregates": []}]}]}
    ],
}


@pytest.mark.parametrize("scope", SCOPES.values(), ids=SCOPES.keys())
def test_the_scope_of_a_template_is_checked_whoever_sets_it(
    client: Client, catalogue: Catalogue, scope: Any
) -> None:
    body = {"name": "t", "goal": "dummy"}
    assert client("POST", "/v1/audit_templates", {**body, "scope": scope}).status_int == 400
    assert client("POST", "/v1/audit_templates", body).status_int == 201
    answer = client("PATCH", "/v1/audit_templates/t", [put("/scope", scope)])
    assert answer.status_int == 400, answer.text
    assert client.get("/v1/audit_templates/t")["scope"] == []


def test_a_scope_without_its_level_is_wrapped_by_a_patch_too(
    client: Client, catalogue: Catalogue, audit
) -> None:
    rules = [{"availability_zones": [{"name": "a"}]}]
    made = audit()
    answer = client("PATCH", f"/v1/audits/{made['uuid']}", [put("/scope", rules)])
    assert answer.json["scope"] == [{"compute": rules}]


def test_the_model_within_a_scope_that_means_nothing_is_refused(
    client: Client, audit, monkeypatch
) -> None:
    def decision_engine(*_: Any) -> Any:
        raise exception.WildcardCharacterIsUsed(resource="host_aggregates")

    monkeypatch.setattr(calls, "get_data_model_info", decision_engine)
    answer = client("GET", f"/v1/data_model?audit_uuid={audit()['uuid']}")
    assert answer.status_int == 400
    assert "wildcard" in fault(answer)["faultstring"]
