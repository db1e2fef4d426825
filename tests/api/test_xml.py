# SPDX-License-Identifier: Apache-2.0
"""XML: each resource as WSME writes it, by ``Accept`` and by suffix, and errors too."""

from __future__ import annotations

import itertools
import json
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest
import webob

from tests.api.conftest import Catalogue, Client

XML = "application/xml; charset=UTF-8"
PLURALS = (
    "goals", "strategies", "scoring_engines", "services", "audit_templates", "audits",
    "action_plans", "actions",
)  # fmt: skip


def asked(answer: webob.Response) -> ElementTree.Element:
    """Return the XML of an answer that has the published type."""
    assert answer.headers["Content-Type"] == XML, answer.text
    return ElementTree.fromstring(answer.body)


def same(element: ElementTree.Element, value: Any) -> bool:
    """Tell whether an element says what a JSON value says."""
    if value is None:
        return element.get("nil") == "true"
    if isinstance(value, list) and len(element):
        return all(itertools.starmap(same, zip(element, value, strict=True)))
    if isinstance(value, dict) and len(element):
        return {child.tag for child in element} == set(value) and all(
            same(child, value[child.tag]) for child in element
        )
    if isinstance(value, list | dict):
        return not value or json.loads(element.text or "null") == value
    if isinstance(value, bool):
        return element.text == ("true" if value else "false")
    return (element.text or "") == str(value)


@pytest.mark.parametrize("plural", PLURALS)
@pytest.mark.parametrize("place", ["", "/detail", "/{item}"])
def test_xml_says_what_json_says(
    client: Client, items: dict[str, Any], plural: str, place: str
) -> None:
    path = f"/v1/{plural}{place.format(item=items[plural])}"
    wanted = client.get(path)
    document = asked(client("GET", path, Accept="application/xml"))
    assert document.tag == "result"
    assert {child.tag for child in document} == set(wanted)
    for child in document:
        assert same(child, wanted[child.tag]), (child.tag, ElementTree.tostring(child))
    if place != "/detail":
        by_suffix = asked(client("GET", f"{path}.xml"))
        assert ElementTree.tostring(by_suffix) == ElementTree.tostring(document)


def test_a_change_is_answered_in_xml_too(client: Client, items: dict[str, Any]) -> None:
    patch = [{"op": "replace", "path": "/description", "value": "x"}]
    address = f"/v1/audit_templates/{items['audit_templates']}"
    document = asked(client("PATCH", address, patch, Accept="application/xml"))
    assert document.findtext("description") == "x"
    made = client(
        "POST", "/v1/audit_templates", {"name": "b", "goal": "dummy"}, Accept="application/xml"
    )
    assert made.status_int == 201
    assert made.headers["Location"].endswith(asked(made).findtext("uuid") or "-")
    gone = client("DELETE", address, Accept="application/xml")
    assert (gone.status_int, gone.body) == (204, b"")
    assert "Content-Type" not in gone.headers


EVENT = {"goal": "dummy", "audit_type": "EVENT", "name": "a"}
REFUSED: dict[str, tuple[str, str, Any, int]] = {
    "unknown item": ("GET", "/v1/audits/nope", None, 404),
    "unknown item by suffix": ("GET", "/v1/goals/nope.xml", None, 404),
    "bad argument": ("GET", "/v1/goals?limit=0", None, 400),
    "bad body": ("POST", "/v1/audits", {"goal": "dummy"}, 400),
    "taken name": ("POST", "/v1/audits", EVENT, 409),
    "bad patch": ("PATCH", "/v1/audits/a", {}, 400),
    "unknown path": ("GET", "/v1/nope", None, 404),
    "wrong method": ("PUT", "/v1/goals", None, 405),
    "no such type of model": ("GET", "/v1/data_model?data_model_type=x", None, 404),
}  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status"), REFUSED.values(), ids=REFUSED.keys())
def test_errors_are_faults_in_xml(
    client: Client, items: dict[str, Any], method: str, path: str, body: Any, status: int
) -> None:
    answer = client(method, path, body, Accept="application/xml")
    assert answer.status_int == status
    document = asked(answer)
    assert document.tag == "error"
    assert [child.tag for child in document] == ["faultcode", "faultstring", "debuginfo"]
    assert document.findtext("faultcode") == "Client"
    assert document.findtext("faultstring")
    assert ("Allow" in answer.headers) == (status == 405)


def test_a_refused_version_is_a_fault_in_xml(client: Client) -> None:
    answer = client("GET", "/v1/goals.xml", version="infra-optim 1.99")
    assert answer.status_int == 406
    assert asked(answer).tag == "error"
    assert answer.headers["OpenStack-API-Maximum-Version"] == "1.7"


def test_the_policy_refuses_in_xml(client: Client, catalogue: Catalogue) -> None:
    answer = client("GET", "/v1/goals", roles="member", Accept="application/xml")
    assert answer.status_int == 403
    assert "goal:get_all" in (asked(answer).findtext("faultstring") or "")


@pytest.mark.parametrize(
    ("accept", "is_xml"),
    [
        ("application/xml", True),
        ("application/xml, application/json;q=0.5", True),
        ("application/json, application/xml;q=0.5", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_errors_come_in_what_is_liked_best(client: Client, accept: str, is_xml: bool) -> None:
    for path in ("/v1/audits/nope", "/v1/nope"):
        headers = {"Accept": accept} if accept else {}
        answer = client("GET", path, **headers)
        assert ("xml" in answer.headers["Content-Type"]) is is_xml


def test_text_xml_is_xml_too_wherever_the_error_is_made(client: Client) -> None:
    for path in ("/v1/audits/nope", "/v1/nope"):
        answer = client("GET", path, Accept="text/xml")
        assert (answer.status_int, answer.content_type) == (404, "text/xml")
        assert ElementTree.fromstring(answer.body).findtext("faultcode") == "Client"


def test_what_is_not_served_is_406_in_json(client: Client, catalogue: Catalogue) -> None:
    answer = client("GET", "/v1/goals", Accept="text/html")
    assert (answer.status_int, answer.content_type) == (406, "application/json")
