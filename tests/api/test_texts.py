# SPDX-License-Identifier: Apache-2.0
"""What a client writes into a text column fits, or is refused before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.api.conftest import Catalogue, Client, fault
from watcher.api.kinds import LARGEST_DOCUMENT, Interval, JsonType, Text, TextType
from watcher.api.openapi import ROUTES
from watcher.api.resource import Resource
from watcher.db import limits, models
from watcher.lifecycle import actions

CREATED: dict[str, dict[str, Any]] = {
    "audits": {"goal": "dummy", "strategy": "dummy", "audit_type": "CONTINUOUS", "interval": "60"},
    "audit_templates": {"name": "new", "goal": "dummy", "strategy": "dummy"},
}
CUT = {"audits.name"}
"""Published: an audit's name is cut, silently."""
REFERENCES = {"goal", "strategy", "audit_template_uuid"}
"""They are looked up, never written."""


RESOURCES = {route.resource.name: route.resource for route in ROUTES if route.resource}


def _written(fields: str) -> list[tuple[Resource, str]]:
    return [
        (resource, name)
        for resource in RESOURCES.values()
        for name, field in getattr(resource, fields).items()
        if isinstance(field.kind.wsme, TextType | JsonType)
        and name not in REFERENCES
        and f"{resource.plural}.{name}" not in CUT
    ]


def _named(pairs: list[tuple[Resource, str]]) -> Any:
    ids = [f"{resource.plural}.{name}" for resource, name in pairs]
    return pytest.mark.parametrize(("resource", "name"), pairs, ids=ids)


def _too_long(resource: Resource, name: str) -> Any:
    limit = next(each for each in limits.limits(resource.model) if each.column == name)
    if not limit.document:
        return "x" * (limit.characters + 1)
    wanted: Any = resource.fields[name].kind.empty
    return {"para2": "x" * LARGEST_DOCUMENT} if wanted is dict else ["x" * LARGEST_DOCUMENT]


def _refused(answer: Any, seen: list[str]) -> None:
    assert answer.status_int == 400, answer.text
    assert not [one for one in seen if not one.startswith("SELECT")]
    assert len(fault(answer)["faultstring"]) > len("Invalid input")


@_named(_written("creatable"))
def test_a_post_with_a_text_too_long_for_its_column_writes_nothing(
    client: Client, catalogue: Catalogue, statements: Any, resource: Resource, name: str
) -> None:
    body = {**CREATED[resource.plural], name: _too_long(resource, name)}
    with statements() as seen:
        answer = client("POST", f"/v1/{resource.plural}", body)
    _refused(answer, seen)
    assert name in fault(answer)["faultstring"]


@_named(_written("patchable"))
def test_a_patch_with_a_text_too_long_for_its_column_writes_nothing(
    client: Client, items: dict[str, Any], statements: Any, resource: Resource, name: str
) -> None:
    patch = [{"op": "replace", "path": f"/{name}", "value": _too_long(resource, name)}]
    with statements() as seen:
        answer = client("PATCH", f"/v1/{resource.plural}/{items[resource.plural]}", patch)
    _refused(answer, seen)


def test_every_writable_text_is_known_here() -> None:
    found = {f"{resource.plural}.{name}" for resource, name in _written("patchable")}
    assert found == {
        "action_plans.hostname",
        "action_plans.state",
        "actions.state",
        "actions.status_message",
        "audit_templates.default_parameters",
        "audit_templates.description",
        "audit_templates.name",
        "audit_templates.scope",
        "audits.audit_type",
        "audits.hostname",
        "audits.interval",
        "audits.parameters",
        "audits.scope",
        "audits.state",
    }
    assert isinstance(Interval.wsme, type(Text.wsme))


def test_parameters_that_only_their_defaults_make_too_long_are_refused(
    client: Client, rows: Callable[..., Any], catalogue: Catalogue
) -> None:
    spec = {"properties": {"a": {"type": "string", "default": "x" * 40_000}, "b": {}}}
    rows(
        models.Strategy,
        name="wordy",
        display_name="W",
        goal_id=catalogue.goal.id,
        parameters_spec=spec,
    )
    body = {"goal": "dummy", "strategy": "wordy", "audit_type": "ONESHOT"}
    body["parameters"] = {"b": "x" * 40_000}
    answer = client("POST", "/v1/audits", body)
    assert answer.status_int == 400
    assert "parameters of audits takes at most 65535 bytes" in fault(answer)["faultstring"]
    assert client.get("/v1/audits")["audits"] == []


def test_a_reason_is_kept_whole_or_refused(client: Client, items: dict[str, Any]) -> None:
    path = f"/v1/actions/{items['actions']}"
    longest = "é" * actions.LONGEST_REASON

    def skip(reason: str) -> Any:
        return client(
            "PATCH",
            path,
            [
                {"op": "replace", "path": "/state", "value": "SKIPPED"},
                {"op": "replace", "path": "/status_message", "value": reason},
            ],
        )

    refused = skip(longest + "x")
    assert refused.status_int == 400
    assert f"at most {actions.LONGEST_REASON} characters" in fault(refused)["faultstring"]
    assert client.get(path)["state"] == "PENDING"
    assert skip(longest).json["status_message"] == f"Action skipped by user. Reason: {longest}"
    assert len(client.get(path)["status_message"]) == 255


def _lookups(text: str) -> list[str]:
    """Return requests that look for a text in every possible way."""
    found = []
    for resource in RESOURCES.values():
        base = f"/v1/{resource.plural}"
        found += [f"{base}/{quote(text)}", f"{base}?marker={quote(text)}"]
        found += [f"{base}?{name}={quote(text)}" for name in resource.filters]
    return [*found, f"/v1/strategies/{quote(text)}/state", f"/v1/data_model?audit={quote(text)}"]


@pytest.mark.parametrize("text", ["\U0001f600", "中"], ids=["emoji", "han"])
def test_a_text_that_the_database_cannot_keep_is_refused_and_found_nowhere(
    client: Client, catalogue: Catalogue, items: dict[str, Any], text: str
) -> None:
    """Databases of old deployments keep less than Unicode; see the functional tests."""
    for plural, body in CREATED.items():
        made = client("POST", f"/v1/{plural}", {**body, "name": text})
        found = client("GET", f"/v1/{plural}/{quote(text)}")
        assert (made.status_int, found.status_int) in {(201, 200), (400, 404)}
        if made.status_int == 400:
            expected = f"name of {plural} takes only characters that its column can keep"
            assert expected in fault(made)["faultstring"]
        for query in (f"goal={quote(text)}", f"strategy={quote(text)}"):
            assert client.get(f"/v1/{plural}?{query}")[plural] == []
    patch = [
        {"op": "replace", "path": "/state", "value": "SKIPPED"},
        {"op": "replace", "path": "/status_message", "value": text},
    ]
    skipped = client("PATCH", f"/v1/actions/{items['actions']}", patch)
    if skipped.status_int == 200:
        assert text in skipped.json["status_message"]
    else:
        assert skipped.status_int == 400
        assert f"U+{ord(text):04X}" in fault(skipped)["faultstring"]
        assert "status_message" in fault(skipped)["faultstring"]
        assert client.get(f"/v1/actions/{items['actions']}")["state"] == "PENDING"
    for path in _lookups(text):
        assert client("GET", path).status_int in {200, 400, 404}, path
