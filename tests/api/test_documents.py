# SPDX-License-Identifier: Apache-2.0
"""What is shown: versions, links, headers, XML."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest

from tests.api.conftest import Catalogue, Client
from watcher.api.microversion import SUPPORTED
from watcher.db import models


def test_the_root_needs_no_role_and_has_no_version(client: Client) -> None:
    answer = client("GET", "/", roles=None, version="infra-optim 9.9")
    assert answer.status_int == 200
    assert answer.json["default_version"]["max_version"] == "1.7"
    assert "OpenStack-API-Version" not in answer.headers
    assert re.fullmatch(r"req-[0-9a-f-]{36}", answer.headers["x-openstack-request-id"])


@pytest.mark.parametrize("version", SUPPORTED, ids=str)
def test_the_v1_document_grows_with_the_version(client: Client, version) -> None:
    answer = client("GET", "/v1/", roles=None, version=f"infra-optim {version}")
    assert ("data_model" in answer.json) == (version >= (1, 3))
    assert ("webhooks" in answer.json) == (version >= (1, 4))
    assert answer.headers["OpenStack-API-Version"] == f"infra-optim {version}"
    assert answer.headers["Vary"] == "OpenStack-API-Version"


def test_fields_appear_with_their_version(client: Client, catalogue: Catalogue, rows) -> None:
    rows(models.Audit, name="a", audit_type="EVENT", goal_id=catalogue.goal.id, force=True)
    for version in SUPPORTED:
        audit = client.get("/v1/audits/a", version=f"infra-optim {version}")
        assert ("start_time" in audit) == (version >= (1, 1))
        assert ("status_message" in audit) == (version >= (1, 5))
        assert audit["force"] is (version >= (1, 2))


def test_force_is_never_true_in_short_rows(client: Client, catalogue: Catalogue, rows) -> None:
    rows(models.Audit, name="a", audit_type="EVENT", goal_id=catalogue.goal.id, force=True)
    assert client.get("/v1/audits")["audits"][0]["force"] is False
    assert client.get("/v1/audits/detail")["audits"][0]["force"] is True


def test_items_are_found_by_uuid_name_and_number(client: Client, catalogue: Catalogue) -> None:
    goal = catalogue.goal
    for ident in (goal.uuid, "dummy", goal.id, "dummy.json", f"{goal.uuid}.json", "dummy/"):
        assert client.get(f"/v1/goals/{ident}")["uuid"] == goal.uuid
    assert client.get("/goals/dummy")["uuid"] == goal.uuid


def test_a_name_that_ends_like_a_file_is_found(client: Client, catalogue: Catalogue, rows) -> None:
    rows(models.AuditTemplate, name="plan.json", goal_id=catalogue.goal.id)
    assert client.get("/v1/audit_templates/plan.json")["name"] == "plan.json"


def test_a_name_that_looks_like_a_number_is_an_id(
    client: Client, catalogue: Catalogue, rows
) -> None:
    rows(models.AuditTemplate, name="4711", goal_id=catalogue.goal.id)
    assert client("GET", "/v1/audit_templates/4711").status_int == 404


@pytest.mark.parametrize(
    "path",
    ["/", "/v1/", "/v1/goals", "/v1/goals/dummy", "/v1/audits/detail", "/v1/strategies/dummy"],
)
def test_xml_has_the_same_members(client: Client, catalogue: Catalogue, rows, path: str) -> None:
    rows(models.Audit, name="a", audit_type="EVENT", goal_id=catalogue.goal.id)
    answer = client("GET", path, Accept="application/xml")
    assert answer.headers["Content-Type"] == "application/xml; charset=UTF-8"
    document = ElementTree.fromstring(answer.body)
    assert {child.tag for child in document} == set(client.get(path))


def test_a_create_says_where_it_is(client: Client, catalogue: Catalogue) -> None:
    body = {"name": "t", "goal": "dummy"}
    answer = client("POST", "/v1/audit_templates", body)
    assert answer.status_int == 201
    assert answer.headers["Location"] == answer.json["links"][0]["href"]
    gone = client("DELETE", "/v1/audit_templates/t")
    assert (gone.status_int, gone.body) == (204, b"")
    assert "Content-Type" not in gone.headers


def test_head_is_refused_with_the_methods_of_the_resource(client: Client) -> None:
    answer = client("HEAD", "/v1/audits/x")
    assert answer.status_int == 405
    assert answer.headers["Allow"] == "DELETE, GET, PATCH, POST"
    assert answer.body == b""


def test_options_are_answered_by_nobody_else(client: Client) -> None:
    answer = client("OPTIONS", "/v1/audits", roles=None)
    assert (answer.status_int, answer.body) == (200, b"")
    assert "OpenStack-API-Version" not in answer.headers


def test_of_two_starts_one_wins(client: Client, catalogue: Catalogue, rows) -> None:
    goal, strategy = catalogue.goal, catalogue.strategy
    audit = rows(models.Audit, name="a", audit_type="ONESHOT", goal_id=goal.id)
    plan = rows(models.ActionPlan, audit_id=audit.id, strategy_id=strategy.id, state="RECOMMENDED")
    address = f"/v1/action_plans/{plan.uuid}/start"
    first, second = client("POST", address), client("POST", address)
    assert (first.status_int, first.json["state"]) == (200, "PENDING")
    assert second.status_int == 400
