# SPDX-License-Identifier: Apache-2.0
"""Errors about parameters name the strategy and what it has, and say nothing untrue."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Catalogue, Client, fault
from watcher.db import models

SPEC = {
    "properties": {
        "backup_node": {"type": "string"},
        "maintenance_node": {"type": "string"},
        "periods": {"type": "object", "properties": {"node": {"type": "number"}}},
    },
    "required": ["maintenance_node"],
}
GOOD = {"maintenance_node": "h1"}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a misspelt name": (
        {"maintenance_nod": "h1"},
        "drain has no parameter maintenance_nod; it has maintenance_node, backup_node, periods",
    ),
    "a name inside": (
        {**GOOD, "periods": {"nodes": 1}},
        "periods of drain has no parameter nodes; it has node",
    ),
    "another type": (
        {"maintenance_node": 5},
        "Parameter maintenance_node: 5 is not of type 'string' (strategy drain)",
    ),
    "another type inside": (
        {**GOOD, "periods": {"node": "x"}},
        "Parameter periods/node: 'x' is not of type 'number' (strategy drain)",
    ),
    "one that is missing": (
        {"backup_node": "h2"},
        "Parameters: 'maintenance_node' is a required property (strategy drain)",
    ),
}

wrong = pytest.mark.parametrize(("given", "text"), WRONG.values(), ids=WRONG.keys())


@pytest.fixture
def drain(catalogue: Catalogue, rows: Any) -> dict[str, Any]:
    """The goal and the strategy of a body."""
    rows(
        models.Strategy, name="drain", display_name="Drain", goal_id=catalogue.goal.id,
        parameters_spec=SPEC,
    )  # fmt: skip
    return {"goal": "dummy", "strategy": "drain"}


def told(answer: Any) -> str:
    assert answer.status_int == 400, answer.text
    text: str = fault(answer)["faultstring"]
    return text


def put(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


@wrong
def test_in_a_post_of_an_audit(client: Client, drain: Any, given: Any, text: str) -> None:
    for name in ({}, {"name": "a"}):
        body = {**drain, **name, "audit_type": "EVENT", "parameters": given}
        assert told(client("POST", "/v1/audits", body)) == text


@wrong
def test_in_a_patch_of_an_audit(client: Client, drain: Any, given: Any, text: str) -> None:
    body = {**drain, "audit_type": "EVENT", "name": "a", "parameters": GOOD}
    assert client("POST", "/v1/audits", body).status_int == 201
    assert told(client("PATCH", "/v1/audits/a", [put("/parameters", given)])) == text


@wrong
def test_in_a_post_of_a_template(client: Client, drain: Any, given: Any, text: str) -> None:
    body = {**drain, "name": "t", "default_parameters": given}
    assert told(client("POST", "/v1/audit_templates", body)) == text


@wrong
def test_in_a_patch_of_a_template(client: Client, drain: Any, given: Any, text: str) -> None:
    assert client("POST", "/v1/audit_templates", {**drain, "name": "t"}).status_int == 201
    patch = [put("/default_parameters", given)]
    assert told(client("PATCH", "/v1/audit_templates/t", patch)) == text
    other = [put("/strategy", "dummy"), put("/default_parameters", {"para3": 1})]
    text = "dummy has no parameter para3; it has para1, para2"
    assert told(client("PATCH", "/v1/audit_templates/t", other)) == text


def test_in_an_audit_from_a_template_of_another_strategy(client: Client, drain: Any) -> None:
    body = {**drain, "name": "t", "default_parameters": GOOD}
    template = client("POST", "/v1/audit_templates", body).json["uuid"]
    body = {"audit_template_uuid": template, "audit_type": "EVENT", "strategy": "dummy"}
    text = "dummy has no parameter maintenance_node; it has para"
    assert told(client("POST", "/v1/audits", body)).startswith(text)


@pytest.mark.parametrize("name", [{}, {"name": "a"}])
def test_without_a_strategy(client: Client, catalogue: Catalogue, name: dict[str, str]) -> None:
    body = {**name, "goal": "dummy", "audit_type": "EVENT", "parameters": {"x": 1}}
    text = "Without a strategy there are no parameters; found x"
    assert told(client("POST", "/v1/audits", body)) == text


def test_with_a_strategy_that_has_none(client: Client, catalogue: Catalogue) -> None:
    body = {"goal": "unclassified", "strategy": "actuator", "audit_type": "EVENT"}
    answer = client("POST", "/v1/audits", {**body, "parameters": {"x": 1}})
    assert told(answer) == "actuator has no parameters; found x"


def test_with_a_strategy_that_there_is_not(client: Client, drain: Any) -> None:
    body = {**drain, "strategy": "drian", "name": "a", "audit_type": "EVENT", "parameters": GOOD}
    text = told(client("POST", "/v1/audits", body))
    assert text == "There is no strategy drian that could take the parameters maintenance_node"
    # Published: without parameters an unknown strategy is dropped.
    made = client("POST", "/v1/audits", {**body, "parameters": {}})
    assert (made.status_int, made.json["strategy_name"]) == (201, None)
