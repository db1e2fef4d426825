# SPDX-License-Identifier: Apache-2.0
"""Whatever is wrong with a request, the answer is a 4xx with the published body."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.conftest import Catalogue, Client, fault
from watcher.db import models

AUDIT = {"goal": "dummy", "audit_type": "EVENT"}

BODIES: dict[str, Any] = {
    "a list": [],
    "a text": "x",
    "a number": 5,
    "null": None,
    "half a document": b'{"name": ',
    "nothing": b"",
    "no UTF-8": b'{"name": "\xff"}',
    "not a number": b'{"name": NaN}',
    "deep": b"[" * 20_000 + b"]" * 20_000,
    "a huge number": b'{"name": ' + b"9" * 20_000 + b"}",
    "a lone surrogate": b'{"name": "\\ud800", "goal": "dummy", "audit_type": "EVENT"}',
    "a NUL": b'{"name": "a\\u0000", "goal": "dummy", "audit_type": "EVENT"}',
    "an unknown member": {**AUDIT, "name": "n", "color": "red"},
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
@pytest.mark.parametrize("path", ["/v1/audits", "/v1/audit_templates"])
def test_bodies(client: Client, catalogue: Catalogue, path: str, body: Any) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = client("POST", path, raw)
    assert answer.status_int == 400, answer.text
    fault(answer)


AUDITS: dict[str, dict[str, Any]] = {
    "no type": {"goal": "dummy", "audit_type": None},
    "another type": {"audit_type": "DAILY"},
    "a number as a name": {"name": 5},
    "neither goal nor template": {"goal": None},
    "a template by name": {"goal": None, "audit_template_uuid": "t"},
    "an interval on ONESHOT": {"audit_type": "ONESHOT", "interval": "60"},
    "no interval": {"audit_type": "CONTINUOUS"},
    "a wrong cron": {"interval": "every day"},
    "a long interval": {"interval": "1" * 40},
    "a time on ONESHOT": {"audit_type": "ONESHOT", "start_time": "2035-01-01"},
    "a wrong time": {"start_time": "soon"},
    "a number as a time": {"start_time": 5},
    "a time before time": {"start_time": "0001-01-01T00:00:00+14:00"},
    "parameters without a strategy": {"parameters": {"para1": 1}},
    "parameters of a wrong type": {"parameters": [1]},
    "an unknown parameter": {"strategy": "dummy", "parameters": {"color": "red"}},
    "a parameter out of range": {"strategy": "dummy", "parameters": {"para1": 99}},
    "a boolean as a number": {"strategy": "dummy", "parameters": {"para1": True}},
    "an interval beyond the calendar": {"interval": str(2**63)},
    "nothing finite": {"strategy": "dummy", "parameters": {"para1": float("inf")}},
    "NUL in parameters": {"strategy": "dummy", "parameters": {"para2": "a\x00"}},
    "null auto_trigger": {"auto_trigger": None},
    "a read-only attribute": {"scope": []},
    "state": {"state": "PENDING"},
}


@pytest.mark.parametrize("wrong", AUDITS.values(), ids=AUDITS.keys())
def test_audits(client: Client, catalogue: Catalogue, wrong: dict[str, Any]) -> None:
    answer = client("POST", "/v1/audits", {**AUDIT, **wrong})
    assert answer.status_int == 400, answer.text
    fault(answer)


TEMPLATES: dict[str, dict[str, Any]] = {
    "no name": {"name": None},
    "a long name": {"name": "n" * 64},
    "a long description": {"description": "d" * 256},
    "an unknown goal": {"goal": "nope"},
    "an unknown strategy": {"strategy": "nope"},
    "a strategy of another goal": {"strategy": "actuator"},
    "a scope that is not a list": {"scope": {"compute": []}},
    "an unknown rule": {"scope": [{"compute": [{"color": "red"}]}]},
    "a scope of numbers": {"scope": [1]},
    "aggregates in and out": {
        "scope": [
            {
                "compute": [
                    {"host_aggregates": [{"id": 1}]},
                    {"exclude": [{"host_aggregates": [{"id": 2}]}]},
                ]
            }
        ]
    },
    "parameters without a strategy": {"default_parameters": {"para1": 2.0}},
    "a parameter out of range": {"strategy": "dummy", "default_parameters": {"para1": 99}},
}


@pytest.mark.parametrize("wrong", TEMPLATES.values(), ids=TEMPLATES.keys())
def test_templates(client: Client, catalogue: Catalogue, wrong: dict[str, Any]) -> None:
    answer = client("POST", "/v1/audit_templates", {"name": "t", "goal": "dummy", **wrong})
    assert answer.status_int == 400, answer.text
    fault(answer)


def _nested(depth: int) -> dict[str, Any]:
    return {"a": _nested(depth - 1)} if depth else {}


PATCHES: dict[str, Any] = {
    "a deep value": [{"op": "replace", "path": "/scope", "value": [_nested(700)]}],
    "an object": {"op": "replace", "path": "/name", "value": "x"},
    "a list of texts": ["x"],
    "no op": [{"path": "/name", "value": "x"}],
    "move": [{"op": "move", "path": "/name", "value": "x"}],
    "no path": [{"op": "replace", "value": "x"}],
    "an empty path": [{"op": "replace", "path": "", "value": "x"}],
    "no slash": [{"op": "replace", "path": "name", "value": "x"}],
    "a further member": [{"op": "replace", "path": "/name", "value": "x", "from": "/state"}],
    "no value": [{"op": "replace", "path": "/name"}],
    "uuid": [{"op": "replace", "path": "/uuid", "value": "x"}],
    "an unknown attribute": [{"op": "add", "path": "/color", "value": "red"}],
    "a wrong type": [{"op": "replace", "path": "/name", "value": 5}],
    "null for a name": [{"op": "replace", "path": "/name", "value": None}],
    "no name": [{"op": "remove", "path": "/name"}],
    "inside of a text": [{"op": "replace", "path": "/name/x", "value": 1}],
    "a wrong index": [{"op": "replace", "path": "/scope/7", "value": 1}],
}


@pytest.mark.parametrize("patch", PATCHES.values(), ids=PATCHES.keys())
@pytest.mark.parametrize("plural", ["audits", "audit_templates"])
def test_patches(client: Client, catalogue: Catalogue, rows, plural: str, patch: Any) -> None:
    rows(models.Audit, name="it", audit_type="EVENT", goal_id=catalogue.goal.id)
    rows(models.AuditTemplate, name="it", goal_id=catalogue.goal.id)
    before = client.get(f"/v1/{plural}/it")
    answer = client("PATCH", f"/v1/{plural}/it", patch)
    assert answer.status_int == 400, answer.text
    fault(answer)
    assert client.get(f"/v1/{plural}/it") == before


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/audits/00000000-0000-4000-8000-00000000dead", 404),
        ("GET", "/v1/audits/99999999999999999999999", 404),
        ("GET", "/v1/audits/-1", 404),
        ("GET", "/v1/audits/a%00b", 404),
        ("GET", "/v1/audits?goal=a%00b", 400),
        ("GET", "/v1/actions/nope", 400),
        ("GET", "/v1/services/00000000-0000-4000-8000-00000000dead", 404),
        ("GET", "/v1/services/x/detail", 400),
        ("GET", "/v1/goals/x/detail", 404),
        ("GET", "/v1/data_model?data_model_type=storage", 404),
        ("GET", "/v1/data_model?audit_uuid=x", 400),
        ("GET", "/v1/actions?action_plan_uuid=", 400),
        ("DELETE", "/v1/audits", 400),
        ("PATCH", "/v1/audits", 400),
        ("POST", "/v1/webhooks", 400),
        ("POST", "/v1/audits/x", 400),
        ("POST", "/v1/action_plans/00000000-0000-4000-8000-00000000dead/start", 404),
    ],
)
def test_addresses(client: Client, method: str, path: str, status: int) -> None:
    answer = client(method, path, {} if method == "POST" else None)
    assert answer.status_int == status, answer.text
    fault(answer)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/v1/goals/x/y", 404),
        ("GET", "/v1/goals/__class__/x", 404),
        ("GET", "/v1/goals/%ff", 400),
        ("GET", "/v1/goals?limit=%ff", 400),
        ("GET", "/v1/goals/dummy.html", 404),
        ("PUT", "/v1/goals", 405),
        ("POST", "/v1/goals", 405),
        ("TRACE", "/v1/audits", 405),
    ],
)
def test_errors_of_routing_are_plain_text(
    client: Client, method: str, path: str, status: int
) -> None:
    answer = client(method, path)
    assert answer.status_int == status
    assert answer.content_type == "application/json"
    assert answer.json["error_message"].startswith(str(status))
    assert "OpenStack-API-Version" not in answer.headers


def test_errors_of_routing_are_html_for_who_takes_nothing_else(client: Client) -> None:
    page = "<html><head><title>404 Not Found</title></head>"
    for accept in ("text/html", "text/html;q=0.5, image/png"):
        answer = client("GET", "/v1/nothing", Accept=accept)
        assert (answer.status_int, answer.content_type) == (404, "application/json")
        assert answer.json["error_message"].startswith(page)
    refused = client("GET", "/v1/goals", version="infra-optim 1.99", Accept="text/html")
    assert "Version 1.99 was requested" in refused.json["error_message"]
    both = client("GET", "/v1/nothing", Accept="text/html, text/plain;q=0.1")
    assert both.json["error_message"].startswith("404")


def test_attributes_of_python_objects_are_names_like_others(client: Client) -> None:
    for name in ("__class__", "route", "_handlers", "post", "get_all"):
        answer = client("GET", f"/v1/goals/{name}")
        assert answer.status_int == 404
        assert name in fault(answer)["faultstring"]


def test_a_body_that_is_too_large_is_refused(client: Client) -> None:
    answer = client("POST", "/v1/audits", b'{"name": "' + b"x" * 200_000 + b'"}')
    assert answer.status_int == 413
    assert "error_message" in answer.json


@pytest.mark.parametrize(
    ("content_type", "status"),
    [("text/plain", 415), ("application/xml", 415), ("application/x-www-form-urlencoded", 400)],
)
def test_other_content_types_are_refused(
    client: Client, catalogue: Catalogue, content_type: str, status: int
) -> None:
    answer = client("POST", "/v1/audits", b"a=b", Content_Type=content_type)
    assert answer.status_int == status
    fault(answer)


def test_fields_newer_than_the_request_are_refused(client: Client, catalogue: Catalogue) -> None:
    times = {**AUDIT, "start_time": "2035-01-01"}
    assert client("POST", "/v1/audits", times, version="infra-optim 1.0").status_int == 406
    assert client("POST", "/v1/audits", times, version="infra-optim 1.1").status_int == 201
    template = {"name": "t", "goal": "dummy", "strategy": "dummy"}
    with_parameters = {**template, "default_parameters": {"para1": 2.0}}
    old = client("POST", "/v1/audit_templates", with_parameters, version="infra-optim 1.6")
    assert old.status_int == 406
    empty = {**template, "default_parameters": {}}
    old = client("POST", "/v1/audit_templates", empty, version="infra-optim 1.6")
    assert old.status_int == 201
