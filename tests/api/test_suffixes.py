# SPDX-License-Identifier: Apache-2.0
"""Names that end like a file type, and the two suffixes that name a format."""

from __future__ import annotations

import itertools
import mimetypes
import xml.etree.ElementTree as ElementTree

import pytest

from tests.api.conftest import Catalogue, Client
from watcher.db import models

NAMES = (
    "web01.example.com", "web01.example.org", "backup.py", "notes.txt", "page.html",
    "a.b.c.tar.gz", "logo.png", "v1.2", "release.7z", "sheet.xsl", "feed.rdf", "plan.json",
    "plan.xml", "plan.JSON", "plan.json.json", "plan.xml.json", "plan.json.xml", ".json", "..xml",
    "a.", "a..", "detail.json", "detail.xml", "detail.html",
)  # fmt: skip
NAMED = {
    "audit_templates": {"goal": "dummy"},
    "audits": {"goal": "dummy", "audit_type": "EVENT"},
}


@pytest.fixture(params=["a machine that knows all types", "one that knows none"])
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Machines differ in their ``mime.types``."""
    database = mimetypes.MimeTypes(filenames=())
    database.types_map = ({}, {})
    if "all" in request.param:
        for name in NAMES:
            suffix = name[name.rindex(".") :]
            if len(suffix) > 1:
                database.add_type("application/x-known", suffix)
    monkeypatch.setattr(mimetypes, "_db", database)


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("plural", NAMED)
def test_an_item_with_any_name_is_read_changed_and_deleted(
    client: Client, catalogue: Catalogue, plural: str
) -> None:
    for name in NAMES:
        made = client("POST", f"/v1/{plural}", {"name": name, **NAMED[plural]})
        assert made.status_int == 201, made.text
        for path in (f"/v1/{plural}/{name}", f"/{plural}/{name}/", f"/v1/{plural}/{name}.json"):
            answer = client("GET", path)
            assert (answer.status_int, answer.content_type) == (200, "application/json"), path
            assert answer.json["uuid"] == made.json["uuid"]
        patch = [{"op": "replace", "path": "/scope", "value": [{"compute": []}]}]
        changed = client("PATCH", f"/v1/{plural}/{name}", patch)
        assert (changed.status_int, changed.json["name"]) == (200, name)
        if plural == "audits":
            end = [{"op": "replace", "path": "/state", "value": "CANCELLED"}]
            assert client("PATCH", f"/v1/{plural}/{name}", end).status_int == 200, name
        assert client("DELETE", f"/v1/{plural}/{name}").status_int == 204, name
        gone = client("GET", f"/v1/{plural}/{made.json['uuid']}")
        assert gone.status_int == 404, name


def test_a_webhook_finds_the_audit_by_such_a_name(client: Client, catalogue: Catalogue) -> None:
    for name in ("dc1.example.com", "dc1.xml", "dc1.json"):
        client("POST", "/v1/audits", {"name": name, "goal": "dummy", "audit_type": "EVENT"})
        for path in (f"/v1/webhooks/{name}", f"/webhooks/{name}.json"):
            assert client("POST", path, {}).status_int == 202, path


def test_a_name_wins_over_a_suffix(client: Client, catalogue: Catalogue) -> None:
    for name in ("plan", "plan.xml", "plan.json", "plan.xml.json"):
        client("POST", "/v1/audit_templates", {"name": name, "goal": "dummy"})
    for name in ("plan", "plan.xml", "plan.json", "plan.xml.json"):
        assert client.get(f"/v1/audit_templates/{name}")["name"] == name
    assert client.get("/v1/audit_templates/plan.json.json")["name"] == "plan.json"
    shown = client("GET", "/v1/audit_templates/plan.json.xml")
    assert ElementTree.fromstring(shown.body).findtext("name") == "plan.json"
    by_accept = client("GET", "/v1/audit_templates/plan.json", Accept="application/xml")
    assert ElementTree.fromstring(by_accept.body).findtext("name") == "plan.json"
    refused = client("PATCH", "/v1/audit_templates/plan.xml", {})
    assert (refused.status_int, refused.content_type) == (400, "application/xml")
    unreadable = client("DELETE", "/v1/audit_templates/plan.xml", Accept="image/png")
    assert (unreadable.status_int, unreadable.content_type) == (406, "application/json")
    assert client.get("/v1/audit_templates/plan.xml")["name"] == "plan.xml"


def test_a_suffix_behind_a_word_of_the_api_is_no_part_of_a_name(
    client: Client, catalogue: Catalogue, rows
) -> None:
    for name in ("detail", "dummy.json", "dummy.xml"):
        rows(models.Strategy, name=name, display_name=name, goal_id=catalogue.goal.id)
    assert len(client.get("/v1/strategies/detail.json")["strategies"]) == 5
    refused = client("GET", "/v1/strategies/dummy/state.xml", roles="nobody")
    assert (refused.status_int, refused.content_type) == (403, "application/xml")
    rows(models.Strategy, name="state.json", display_name="s", goal_id=catalogue.goal.id)
    assert client.get("/v1/strategies/state.json")["name"] == "state.json"


def test_a_suffix_counts_more_than_accept(client: Client, catalogue: Catalogue) -> None:
    paths = ("/v1", "/v1/goals", "/v1/goals/dummy", "/v1/goals/nope", "/v1/nope", "/nope")
    for path, suffix in itertools.product(paths, (".json", ".JSON", ".xml", ".xml/")):
        for accept in ("application/json", "application/xml", "image/png"):
            answer = client("GET", path + suffix, Accept=accept)
            assert answer.content_type == f"application/{suffix.strip('./').lower()}", path
            assert answer.status_int == (404 if "nope" in path else 200), path


def test_no_other_suffix_is_cut_off(client: Client, catalogue: Catalogue) -> None:
    for suffix in ("html", "txt", "xsl", "com", "foo", "xmlx", "json5"):
        for path in ("/v1/goals", "/v1/goals/dummy", "/v1/audits/detail", "/v1"):
            answer = client("GET", f"{path}.{suffix}")
            assert (answer.status_int, answer.content_type) == (404, "application/json"), path
        missing = client("GET", f"/v1/goals/dummy.{suffix}").json["error_message"]
        assert f"dummy.{suffix}" in missing


def test_a_name_of_control_characters_is_refused_in_readable_xml(client: Client) -> None:
    answer = client("GET", "/v1/goals/%01.html", Accept="application/xml")
    assert answer.status_int == 404
    assert "\ufffd.html" in (ElementTree.fromstring(answer.body).findtext("faultstring") or "")
