# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI documents: valid, complete, true, and served."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.api.conftest import Catalogue, Client
from watcher.api import openapi, outcomes
from watcher.api.controller import ROUTES, Route
from watcher.api.microversion import MAXIMUM, MINIMUM, SUPPORTED
from watcher.common import policies
from watcher.db import models

VERSIONS = pytest.mark.parametrize("version", SUPPORTED, ids=str)


def document(version: Any) -> dict[str, Any]:
    """Return a document as clients read it."""
    read: dict[str, Any] = json.loads(openapi.rendered(version))
    return read


@pytest.mark.parametrize("version", [MINIMUM, MAXIMUM], ids=str)
def test_the_document_is_valid(version) -> None:
    # The versions between differ by fields only; "tox -e api-ref" validates all of them.
    assert list(OpenAPIV31SpecValidator(document(version)).iter_errors()) == []


@VERSIONS
def test_every_route_of_the_version_is_described(version) -> None:
    paths = document(version)["paths"]
    for route in ROUTES:
        described = paths.get(route.path, {}).get(route.method.lower())
        assert (described is not None) == (version >= route.since), route


@pytest.mark.parametrize("route", ROUTES, ids=openapi.operation_id)
def test_every_route_says_when_it_answers_what(route: Route) -> None:
    told = outcomes.outcomes(route)
    assert route.status in told
    assert {401, 403, 406} <= told.keys()
    assert ("{ident}" in route.path) <= (404 in told)


def test_no_outcome_is_told_of_a_call_that_is_not_there() -> None:
    rules = {rule.name for rule in policies.list_rules()}
    assert set(outcomes._BY_RULE) <= rules


@VERSIONS
def test_the_examples_are_what_they_are_examples_of(version) -> None:
    read = document(version)
    for item in read["paths"].values():
        for operation in item.values():
            answers = [each.get("content", {}) for each in operation["responses"].values()]
            for content in [*answers, operation.get("requestBody", {}).get("content", {})]:
                told = content.get("application/json", {})
                if "example" in told:
                    check(read, told["schema"], told["example"])


def check(read: dict[str, Any], schema: Any, value: Any) -> None:
    """Validate a value against a schema of a document."""
    whole = {**schema, "components": read["components"]}
    jsonschema.Draft202012Validator(
        whole, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    ).validate(value)


@VERSIONS
def test_links_lead_to_calls_that_are_there(version) -> None:
    read = document(version)
    operations = [each for item in read["paths"].values() for each in item.values()]
    known = {each["operationId"] for each in operations}
    links = [
        link
        for each in operations
        for answer in each["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert links
    assert {link["operationId"] for link in links} <= known


REQUESTS: tuple[tuple[dict[str, Any], bool], ...] = (
    ({"audit_type": "ONESHOT", "goal": "dummy"}, True),
    ({"audit_type": "ONESHOT", "goal": "dummy", "interval": None, "name": None}, True),
    ({"audit_type": "ONESHOT", "goal": "dummy", "interval": "60"}, False),
    ({"audit_type": "ONESHOT", "goal": "dummy", "start_time": "2030-01-01T00:00:00Z"}, False),
    ({"audit_type": "CONTINUOUS", "goal": "dummy"}, False),
    ({"audit_type": "CONTINUOUS", "goal": "dummy", "interval": "60"}, True),
    ({"audit_type": "CONTINUOUS", "goal": "dummy", "interval": "*/5 * * * *"}, True),
    ({"audit_type": "CONTINUOUS", "goal": "dummy", "interval": "@hourly"}, True),
    ({"audit_type": "CONTINUOUS", "goal": "dummy", "interval": "soon"}, False),
    ({"audit_type": "EVENT", "goal": "dummy", "start_time": "2130-01-01T00:00:00Z"}, True),
    ({"audit_type": "EVENT", "goal": "dummy", "parameters": None, "force": None}, True),
    ({"audit_type": "EVENT", "goal": "dummy", "auto_trigger": None}, False),
    ({"audit_type": "EVENT", "goal": "dummy", "scope": []}, False),
    ({"audit_type": "EVENT", "goal": "dummy", "interval": "1" * 37}, False),
    ({"audit_type": "NEVER", "goal": "dummy"}, False),
    ({"audit_type": None, "goal": "dummy"}, False),
    ({"audit_type": "EVENT"}, False),
    ({"audit_type": "EVENT", "goal": ""}, False),
    ({"goal": "dummy"}, False),
)
TEMPLATES: tuple[tuple[dict[str, Any], bool], ...] = (
    ({"name": "t", "goal": "dummy"}, True),
    ({"name": "", "goal": "dummy", "scope": None, "description": None, "strategy": None}, True),
    ({"name": "t", "goal": "dummy", "default_parameters": None}, True),
    ({"name": "x" * 64, "goal": "dummy"}, False),
    ({"name": "t", "goal": "dummy", "description": "x" * 256}, False),
    ({"name": None, "goal": "dummy"}, False),
    ({"name": "t", "goal": None}, False),
    ({"name": "t"}, False),
    ({"name": "t", "goal": "dummy", "scope": [{"compute": []}]}, True),
    ({"name": "t", "goal": "dummy", "scope": [{"availability_zones": [{"name": "z"}]}]}, True),
    ({"name": "t", "goal": "dummy", "scope": [{"host_aggregates": [{"id": "*"}]}]}, True),
    ({"name": "t", "goal": "dummy", "scope": [{"host_aggregates": [{"id": "x"}]}]}, False),
    ({"name": "t", "goal": "dummy", "scope": [{"storage": []}]}, False),
    ({"name": "t", "goal": "dummy", "scope": {}}, False),
    ({"name": "t", "goal": "dummy", "uuid": "x"}, False),
)


@pytest.mark.parametrize(
    ("path", "name", "body", "good"),
    [
        *(("/v1/audits", "audit_create", *each) for each in REQUESTS),
        *(("/v1/audit_templates", "audit_template_create", *each) for each in TEMPLATES),
    ],
    ids=lambda value: json.dumps(value)[:70],
)
def test_a_create_is_taken_when_the_document_says_so(
    client: Client, catalogue: Catalogue, path: str, name: str, body: Any, good: bool
) -> None:
    read = document(MAXIMUM)
    answer = client("POST", path, body)
    schema = {"$ref": f"#/components/schemas/{name}"}
    if good:
        check(read, schema, body)
        assert answer.status_int == 201, answer.text
        check(read, _schema_of(read, path, "post", "201"), answer.json)
    else:
        with pytest.raises(jsonschema.ValidationError):
            check(read, schema, body)
        assert answer.status_int == 400, answer.text


def _schema_of(read: dict[str, Any], path: str, method: str, status: str) -> Any:
    return read["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]


PATCHES: tuple[tuple[str, str, list[dict[str, Any]], bool], ...] = (
    ("audits", "audit", [{"op": "replace", "path": "/state", "value": "CANCELLED"}], True),
    ("audits", "audit", [{"op": "replace", "path": "/state", "value": None}], False),
    ("audits", "audit", [{"op": "remove", "path": "/interval"}], True),
    ("audits", "audit", [{"op": "remove", "path": "/name"}], False),
    ("audits", "audit", [{"op": "replace", "path": "/parameters/para1", "value": 4}], True),
    ("audits", "audit", [{"op": "replace", "path": "/uuid", "value": "x"}], False),
    ("audits", "audit", [{"op": "move", "path": "/name", "from": "/hostname"}], False),
    ("audits", "audit", [], True),
    ("audits", "audit", [{"op": "replace", "path": "/scope", "value": [{"storage": []}]}], False),
    ("audits", "audit", [{"op": "replace", "path": "/scope", "value": [{"compute": []}]}], True),
    ("audits", "audit", [{"op": "replace", "path": "/end_time", "value": None}], False),
    (
        "audits",
        "audit",
        [{"op": "replace", "path": "/end_time", "value": "2130-01-01T00:00:00Z"}],
        True,
    ),
    ("audit_templates", "audit_template", [{"op": "remove", "path": "/goal"}], False),
    ("audit_templates", "audit_template", [{"op": "remove", "path": "/strategy"}], True),
    ("audit_templates", "audit_template", [{"op": "add", "path": "/name", "value": "b"}], True),
    (
        "audit_templates",
        "audit_template",
        [{"op": "replace", "path": "/name", "value": "x" * 64}],
        False,
    ),
    (
        "action_plans",
        "action_plan",
        [{"op": "replace", "path": "/state", "value": "PENDING"}],
        True,
    ),
    ("action_plans", "action_plan", [], False),
    ("action_plans", "action_plan", [{"op": "remove", "path": "/state"}], False),
    ("actions", "action", [{"op": "replace", "path": "/state", "value": "SKIPPED"}], True),
    ("actions", "action", [{"op": "replace", "path": "/parents", "value": []}], False),
    ("actions", "action", [{"op": "remove", "path": "/status_message"}], False),
)


@pytest.mark.parametrize(
    ("plural", "name", "operations", "good"),
    PATCHES,
    ids=lambda value: json.dumps(value)[:70],
)
def test_a_patch_is_taken_when_the_document_says_so(
    client: Client,
    catalogue: Catalogue,
    rows: Any,
    plural: str,
    name: str,
    operations: list[dict[str, Any]],
    good: bool,
) -> None:
    goal, strategy = catalogue.goal, catalogue.strategy
    own = {"name": "a", "goal_id": goal.id, "strategy_id": strategy.id}
    audit = rows(models.Audit, audit_type="EVENT", parameters={"para1": 2}, **own)
    plan = rows(models.ActionPlan, audit_id=audit.id, strategy_id=strategy.id, state="RECOMMENDED")
    items = {
        "audits": audit,
        "audit_templates": rows(models.AuditTemplate, **own),
        "action_plans": plan,
        "actions": rows(models.Action, action_plan_id=plan.id, action_type="nop", parents=[]),
    }
    read = document(MAXIMUM)
    schema = {"$ref": f"#/components/schemas/{name}_update"}
    answer = client("PATCH", f"/v1/{plural}/{items[plural].uuid}", operations)
    if good:
        check(read, schema, operations)
        assert answer.status_int == 200, answer.text
        check(read, {"$ref": f"#/components/schemas/{name}_full"}, answer.json)
    else:
        with pytest.raises(jsonschema.ValidationError):
            check(read, schema, operations)
        assert answer.status_int == 400, answer.text


class TestServed:
    """``/openapi``."""

    def test_the_index_leads_to_every_document(self, client: Client) -> None:
        index = client.get("/openapi", roles=None, version=None)
        assert [each["version"] for each in index["documents"]] == [str(v) for v in SUPPORTED]
        for each, version in zip(index["documents"], SUPPORTED, strict=True):
            answer = client("GET", each["href"], roles=None, version=None)
            assert answer.body == openapi.rendered(version)
            assert answer.headers["Content-Type"] == "application/json"
            assert "x-openstack-request-id" in answer.headers

    def test_the_index_has_the_form_that_the_documents_say(self, client: Client) -> None:
        read = document(MAXIMUM)
        for path in ("/", "/v1/", "/openapi"):
            check(read, _schema_of(read, path, "get", "200"), client.get(path))

    def test_a_client_that_has_it_gets_nothing_again(self, client: Client) -> None:
        tag = client("GET", "/openapi/1.7.json").headers["ETag"]
        again = client("GET", "/openapi/1.7.json", If_None_Match=tag)
        assert (again.status_int, again.body) == (304, b"")

    @pytest.mark.parametrize("path", ["/openapi/1.8.json", "/openapi/1.7", "/openapix"])
    def test_other_names_are_unknown(self, client: Client, path: str) -> None:
        answer = client("GET", path)
        assert answer.status_int == 404
        assert set(answer.json) == {"error_message"}

    @pytest.mark.parametrize("method", ["POST", "HEAD", "DELETE"])
    def test_it_is_only_read(self, client: Client, method: str) -> None:
        answer = client(method, "/openapi")
        assert (answer.status_int, answer.headers["Allow"]) == (405, "GET")


class TestServedWithAuthentication:
    """The documents are public."""

    @pytest.fixture
    def settings(self) -> dict[str, object]:
        return {
            "enable_authentication": True,
            "keystone_authtoken.www_authenticate_uri": "http://keystone.example/",
        }

    def test_they_need_no_token(self, client: Client) -> None:
        for path in ("/openapi", "/openapi/1.0.json"):
            assert client("GET", path, roles=None).status_int == 200
