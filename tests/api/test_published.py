# SPDX-License-Identifier: Apache-2.0
"""Published behaviour that the recordings do not show on every resource."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest

from tests.api.conftest import Catalogue, Client, fault
from watcher.api.controller import ROUTES
from watcher.db import models
from watcher.db import session as db

MODELS: dict[str, Any] = {
    "goals": models.Goal,
    "strategies": models.Strategy,
    "scoring_engines": models.ScoringEngine,
    "services": models.Service,
    "audit_templates": models.AuditTemplate,
    "audits": models.Audit,
    "action_plans": models.ActionPlan,
    "actions": models.Action,
}
PLURALS = tuple(MODELS)
WITH_UUID = tuple(name for name in PLURALS if name != "services")
NAMED = ("goals", "strategies", "scoring_engines", "audit_templates", "audits")
UNKNOWN = "00000000-0000-4000-8000-00000000dead"
NOW = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901)


def change(model: Any, **values: Any) -> None:
    """Write into every row of a table, past the API."""
    with db.write() as unit:
        unit.query(model).update(values)


def key(plural: str) -> str:
    return "id" if plural == "services" else "uuid"


@pytest.mark.parametrize("plural", PLURALS)
def test_an_item_has_many_addresses(client: Client, items: dict[str, Any], plural: str) -> None:
    item = items[plural]
    with db.read() as unit:
        number = unit.query(MODELS[plural]).filter_by(**{key(plural): item}).one().id
    wanted = client.get(f"/v1/{plural}/{item}")
    paths = [f"/v1/{plural}/{item}/", f"/v1/{plural}/{item}.json", f"/{plural}/{item}"]
    if plural not in ("action_plans", "actions"):
        paths += [f"/v1/{plural}/{number}", f"/{plural}/{number}.json"]
    for path in paths:
        assert client.get(path) == wanted, path
    links = {link["rel"]: link["href"] for link in wanted["links"]}
    for relation, address in links.items():
        assert client.get(address.removeprefix("http://localhost")) == wanted, relation
    assert links["bookmark"] == links["self"].replace("/v1/", "/")


@pytest.mark.parametrize("plural", PLURALS)
def test_lists_have_many_addresses(client: Client, items: dict[str, Any], plural: str) -> None:
    wanted = client.get(f"/v1/{plural}")
    for path in (f"/v1/{plural}/", f"/v1/{plural}.json", f"/{plural}", f"/{plural}/"):
        assert client.get(path) == wanted, path
    full = client.get(f"/v1/{plural}/detail")
    assert client.get(f"/{plural}/detail.json") == full
    item = client.get(f"/v1/{plural}/{items[plural]}")
    assert item in full[plural]
    for path in (f"/v1/{plural}/detail/", f"/v1/{plural}.html", f"/v1/{plural}/x/y/z"):
        assert client("GET", path).status_int == 404, path
    assert client("GET", f"/v1/{plural}/{items[plural]}/detail").status_int == 404
    # Published: what stands before it is read as a marker, which is a number for services.
    status = client("GET", f"/v1/{plural}/some-name/detail").status_int
    assert status == (400 if plural == "services" else 404)


@pytest.mark.parametrize("plural", PLURALS)
def test_deleted_rows_are_shown_on_demand_only(
    client: Client, items: dict[str, Any], plural: str
) -> None:
    item = items[plural]
    before = client.get(f"/v1/{plural}/{item}")
    change(MODELS[plural], deleted=MODELS[plural].id, deleted_at=NOW)
    assert client("GET", f"/v1/{plural}/{item}").status_int == 404
    assert client.get(f"/v1/{plural}")[plural] == []
    for value in ("true", "false", "", "0"):
        found = client.get(f"/v1/{plural}/{item}", X_Show_Deleted=value)
        assert found.keys() == before.keys()
        shown = client.get(f"/v1/{plural}/detail", X_Show_Deleted=value)[plural]
        assert found in shown
        if "deleted_at" in found:
            assert found["deleted_at"] == "2026-01-02T03:04:05.678901+00:00"
        assert client.get(f"/v1/{plural}", X_Show_Deleted=value)[plural]


@pytest.mark.parametrize("plural", NAMED)
@pytest.mark.parametrize("name", ["4711", "-1", UNKNOWN, UNKNOWN.replace("-", "")])
def test_a_name_that_looks_like_an_id_finds_nothing(
    client: Client, items: dict[str, Any], plural: str, name: str
) -> None:
    with db.write() as unit:
        unit.query(MODELS[plural]).filter_by(uuid=items[plural]).update({"name": name})
    assert client.get(f"/v1/{plural}/{items[plural]}")["name"] == name
    assert client("GET", f"/v1/{plural}/{name}").status_int == 404


@pytest.mark.parametrize("plural", ["audits", "audit_templates"])
def test_a_name_that_is_a_reserved_word_is_read_by_uuid(
    client: Client, items: dict[str, Any], plural: str
) -> None:
    change(MODELS[plural], name="detail")
    assert plural in client.get(f"/v1/{plural}/detail")
    assert client.get(f"/v1/{plural}/{items[plural]}")["name"] == "detail"


@pytest.mark.parametrize("plural", PLURALS)
def test_timestamps_end_in_utc(client: Client, items: dict[str, Any], plural: str) -> None:
    change(MODELS[plural], created_at=NOW, updated_at=NOW.replace(microsecond=0))
    found = client.get(f"/v1/{plural}/{items[plural]}")
    if plural in ("strategies", "scoring_engines"):
        assert not {"created_at", "updated_at", "deleted_at"} & found.keys()
        return
    assert found["created_at"] == "2026-01-02T03:04:05.678901+00:00"
    assert found["updated_at"] == "2026-01-02T03:04:05+00:00"
    assert found["deleted_at"] is None


def test_times_that_are_set_have_no_offset(client: Client, items: dict[str, Any]) -> None:
    change(models.Audit, next_run_time=NOW, start_time=NOW, end_time=NOW)
    change(models.Service, last_seen_up=NOW)
    audit = client.get(f"/v1/audits/{items['audits']}")
    shown = {audit["next_run_time"], audit["start_time"], audit["end_time"]}
    shown.add(client.get(f"/v1/services/{items['services']}")["last_seen_up"])
    assert shown == {"2026-01-02T03:04:05.678901"}


@pytest.mark.parametrize("plural", [*PLURALS, "data_model", "webhooks"])
def test_every_answer_has_a_request_id_and_no_method_but_its_own(
    client: Client, items: dict[str, Any], plural: str
) -> None:
    for method in ("HEAD", "PUT", "OPTIONS"):
        answer = client(method, f"/v1/{plural}")
        assert answer.status_int == (200 if method == "OPTIONS" else 405)
        if method != "OPTIONS":
            assert re.fullmatch(r"req-[0-9a-f-]{36}", answer.headers["x-openstack-request-id"])
            assert answer.headers["Allow"] == ", ".join(sorted(answer.headers["Allow"].split(", ")))
            assert "OpenStack-API-Version" not in answer.headers


COMMON = {"id", "created_at", "updated_at", "deleted_at"}
_RELATED = {"goal_id", "goal_uuid", "goal_name"}
_BOTH = _RELATED | {"strategy_id", "strategy_uuid", "strategy_name"}
SORT_KEYS: dict[str, set[str]] = {
    "goals": {"uuid", "name", "display_name", "efficacy_specification"},
    "strategies": {"uuid", "name", "display_name", "parameters_spec", *_RELATED},
    "scoring_engines": {"uuid", "name", "description", "metainfo"},
    "services": {"name", "host", "last_seen_up"},
    "audit_templates": {"uuid", "name", "description", "scope", "default_parameters", *_BOTH},
    "audits": {
        "uuid", "name", "audit_type", "state", "parameters", "interval", "scope", "auto_trigger",
        "next_run_time", "hostname", "start_time", "end_time", "force", "status_message", *_BOTH,
    },
    "action_plans": {
        "uuid", "audit_id", "strategy_id", "state", "global_efficacy", "hostname",
        "status_message", "audit_uuid", "strategy_uuid", "strategy_name",
    },
    "actions": {
        "uuid", "action_plan_id", "action_type", "input_parameters", "state", "parents",
        "status_message", "action_plan_uuid",
    },
}  # fmt: skip
REFUSED_KEYS = (
    "links", "goal", "strategy", "audit", "action_plan", "status", "deleted", "efficacy_indicators",
    "NAME", "", "nope", "audit_template_uuid",
)  # fmt: skip


@pytest.mark.parametrize("plural", PLURALS)
def test_the_sort_keys_are_the_published_ones(
    client: Client, items: dict[str, Any], plural: str
) -> None:
    (resource,) = {r.resource for r in ROUTES if r.resource and r.resource.plural == plural}
    assert set(resource.sort_paths) == SORT_KEYS[plural] | COMMON
    for version in ("infra-optim 1.0", "infra-optim 1.7"):
        for name in resource.sort_paths:
            client.get(f"/v1/{plural}?sort_key={name}", version=version)
    for name in REFUSED_KEYS:
        answer = client("GET", f"/v1/{plural}/detail?sort_key={name}")
        assert answer.status_int == 400, name
        fault(answer)


FILTERS = {
    "strategies": {"goal"},
    "audit_templates": {"goal", "strategy"},
    "audits": {"goal", "strategy"},
    "action_plans": {"audit_uuid", "strategy"},
    "actions": {"action_plan_uuid", "audit_uuid"},
}


@pytest.mark.parametrize("plural", PLURALS)
def test_the_filters_are_the_published_ones(
    client: Client, items: dict[str, Any], plural: str
) -> None:
    for name in ("goal", "strategy", "audit_uuid", "action_plan_uuid", "state", "name", "uuid"):
        answer = client("GET", f"/v1/{plural}?{name}={UNKNOWN}")
        if name in FILTERS.get(plural, ()):
            assert answer.json[plural] == []
        else:
            assert answer.status_int == 400, name


@pytest.mark.parametrize(
    ("marker", "uuids", "texts", "numbers"),
    [
        (UNKNOWN, 404, 404, 400),
        ("dummy", 400, 404, 400),
        ("4711", 400, 404, 404),
        ("", 400, None, 400),
    ],
)
def test_markers(
    client: Client,
    items: dict[str, Any],
    marker: str,
    uuids: int,
    texts: int | None,
    numbers: int,
) -> None:
    expected = {"services": numbers, "goals": texts, "strategies": texts, "scoring_engines": texts}
    for plural in PLURALS:
        answer = client("GET", f"/v1/{plural}?marker={marker}")
        wanted = expected.get(plural, uuids)
        assert wanted is None or answer.status_int == wanted, plural
        assert answer.status_int < 500


def test_a_query_argument_of_the_root_is_refused(client: Client) -> None:
    for path in ("/?a=b", "/v1/?a=b", "/v1?a=b"):
        assert client("GET", path).status_int == 400, path


@pytest.mark.parametrize("plural", PLURALS)
def test_an_item_takes_no_arguments(client: Client, items: dict[str, Any], plural: str) -> None:
    assert client("GET", f"/v1/{plural}/{items[plural]}?limit=1").status_int == 400
    assert client("GET", f"/v1/{plural}?limit=1&limit=1").status_int == 400


WITHOUT_ITEM = [
    ("DELETE", "audits"),
    ("PATCH", "audits"),
    ("DELETE", "audit_templates"),
    ("PATCH", "audit_templates"),
    ("DELETE", "action_plans"),
    ("PATCH", "action_plans"),
    ("PATCH", "actions"),
    ("POST", "webhooks"),
]


@pytest.mark.parametrize(("method", "plural"), WITHOUT_ITEM, ids="-".join)
def test_methods_that_need_an_item_are_bad_requests_without(
    client: Client, items: dict[str, Any], method: str, plural: str
) -> None:
    body = [] if method == "PATCH" else {} if method == "POST" else None
    assert client(method, f"/v1/{plural}", body).status_int == 400


@pytest.mark.parametrize("plural", ["audits", "audit_templates"])
def test_a_post_to_an_item_is_a_bad_request(
    client: Client, items: dict[str, Any], plural: str
) -> None:
    body = {"name": "n", "goal": "dummy"} | ({"audit_type": "EVENT"} if plural == "audits" else {})
    assert client("POST", f"/v1/{plural}/{items[plural]}", body).status_int == 400


@pytest.mark.parametrize("role", ["admin", "ADMIN", "Administrator", "member,admin"])
def test_either_role_in_any_case_is_enough(client: Client, catalogue: Catalogue, role: str) -> None:
    assert client("GET", "/v1/goals", roles=role).status_int == 200


@pytest.mark.parametrize("role", ["member", "service", "admins", None])
def test_other_roles_are_not_enough(client: Client, catalogue: Catalogue, role: str | None) -> None:
    assert client("GET", "/v1/goals", roles=role).status_int == 403
    assert client("GET", "/v1/", roles=role).status_int == 200


HEADERS = {
    None: "1.0",
    "compute 2.1": "1.0",
    "1.5": "1.0",
    "infra-optim 1.x": "1.0",
    "infra-optim LATEST": "1.7",
    "INFRA-optim 1.3": "1.3",
    "infra-optim 1.2, infra-optim 1.4": "1.4",
    "infra-optim 1.07": "1.7",
    "infra-optim +1.+2": "1.2",
    "infra-optim 1": "1.0",
    "infra-optim 2": None,
    "infra-optim 1.2.3": None,
    "infra-optim 1.8": None,
    "infra-optim 1.-1": None,
    "infra-optim 0.9": None,
}


@pytest.mark.parametrize(("header", "version"), HEADERS.items(), ids=map(str, HEADERS))
def test_the_version_is_negotiated_leniently(
    client: Client, header: str | None, version: str | None
) -> None:
    answer = client("GET", "/v1/goals", version=header)
    assert answer.status_int == (200 if version else 406)
    assert answer.headers.get("OpenStack-API-Version") == (version and f"infra-optim {version}")
    for path in ("/v1/nope", "/v1/goals"):
        refused = client("GET", path, version=header, roles=None)
        assert refused.status_int == (406 if version is None else 404 if "nope" in path else 403)
