# SPDX-License-Identifier: Apache-2.0
"""A PATCH stores nothing that a POST would refuse."""

from __future__ import annotations

import datetime
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
    "a word as an interval of ONESHOT": (("ONESHOT", {}), [put("/interval", "often")]),
    "a cron expression that is past": (("ONESHOT", {}), [put("/interval", "0 0 1 1 * 0 1999")]),
    "a word as a time of ONESHOT": (("ONESHOT", {}), [put("/end_time", "soon")]),
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


TIME = "2035-01-02T03:04:05"


@pytest.mark.parametrize("audit_type", ["ONESHOT", "EVENT", "CONTINUOUS"])
@pytest.mark.parametrize(
    ("op", "attribute", "value"),
    [("add", "interval", "2"), ("replace", "interval", "2"), ("add", "interval", "0 0 * * *"),
     ("replace", "start_time", f"{TIME}+00:00"), ("replace", "end_time", f"{TIME}Z")],
)  # fmt: skip
def test_an_audit_of_any_type_may_get_an_interval_and_times(
    client: Client, audit, audit_type: str, op: str, attribute: str, value: str
) -> None:
    made = audit(audit_type, interval="60" if audit_type == "CONTINUOUS" else None)
    patch = [{"op": op, "path": f"/{attribute}", "value": value}]
    answer = client("PATCH", f"/v1/audits/{made['uuid']}", patch)
    assert answer.status_int == 200, answer.text
    shown = client.get(f"/v1/audits/{made['uuid']}")
    assert shown[attribute] == (value if attribute == "interval" else TIME)
    if audit_type != "CONTINUOUS":
        removal = [{"op": "remove", "path": f"/{attribute}"}]
        assert client("PATCH", f"/v1/audits/{made['uuid']}", removal).json[attribute] is None


def test_an_audit_with_interval_and_times_may_become_one_of_another_type(
    client: Client, audit
) -> None:
    made = audit(*CONTINUOUS[:1], **CONTINUOUS[1])
    for audit_type in ("ONESHOT", "EVENT", "CONTINUOUS"):
        patch = [put("/audit_type", audit_type), put("/end_time", TIME)]
        answer = client("PATCH", f"/v1/audits/{made['uuid']}", patch)
        assert (answer.status_int, answer.json["audit_type"]) == (200, audit_type)
        assert answer.json["interval"] == "60"


def test_an_interval_that_stays_as_it_is_is_not_judged_again(
    client: Client, catalogue: Catalogue, rows
) -> None:
    past = "0 0 1 1 * 0 1999"
    old = rows(
        models.Audit, name="old", audit_type="CONTINUOUS", interval=past, parameters={}, scope=[],
        goal_id=catalogue.goal.id, strategy_id=catalogue.strategy.id,
    )  # fmt: skip
    patch = [put("/interval", past), put("/end_time", TIME), put("/audit_type", "CONTINUOUS")]
    answer = client("PATCH", f"/v1/audits/{old.uuid}", patch)
    assert (answer.status_int, answer.json["end_time"]) == (200, TIME)


@pytest.mark.parametrize("interval", ["R R * * *", "H H * * *"])
def test_a_random_or_hashed_cron_expression_is_shown_with_its_next_run_at_once(
    client: Client, catalogue: Catalogue, rows, interval: str
) -> None:
    waiting = rows(
        models.Audit, name="old", audit_type="CONTINUOUS", interval="0 0 1 1 *", parameters={},
        scope=[], goal_id=catalogue.goal.id, strategy_id=catalogue.strategy.id,
        next_run_time=datetime.datetime(2099, 1, 1), state="ONGOING",
    )  # fmt: skip
    path = f"/v1/audits/{waiting.uuid}"
    changed = client("PATCH", path, [put("/interval", interval)]).json["next_run_time"]
    assert changed < "2099"
    again = client("PATCH", path, [put("/interval", interval), put("/name", "new")]).json
    assert (again["name"], again["next_run_time"]) == ("new", changed)


@pytest.mark.parametrize(
    ("state", "is_shown"),
    [("PENDING", True), ("ONGOING", True), ("SUSPENDED", True), ("CANCELLED", False),
     ("SUCCEEDED", False), ("FAILED", False), ("DELETED", False)],
)  # fmt: skip
@pytest.mark.parametrize("audit_type", ["CONTINUOUS", "EVENT", "ONESHOT"])
def test_an_audit_that_has_ended_shows_no_next_run_whatever_its_row_says(
    client: Client, catalogue: Catalogue, rows, state: str, audit_type: str, is_shown: bool
) -> None:
    row = rows(
        models.Audit, name="old", audit_type=audit_type, state=state, interval="60", parameters={},
        scope=[], goal_id=catalogue.goal.id, next_run_time=datetime.datetime(2035, 1, 2, 3, 4, 5),
    )  # fmt: skip
    expected = TIME if is_shown else None
    assert client.get(f"/v1/audits/{row.uuid}")["next_run_time"] == expected
    for path in ("/v1/audits", "/v1/audits/detail", "/v1/audits?sort_key=next_run_time"):
        (listed,) = client.get(path)["audits"]
        assert listed["next_run_time"] == expected


def test_cancelling_a_continuous_audit_takes_away_its_next_run(
    client: Client, catalogue: Catalogue, rows
) -> None:
    row = rows(
        models.Audit, name="old", audit_type="CONTINUOUS", state="ONGOING", interval="60",
        parameters={}, scope=[], goal_id=catalogue.goal.id, hostname="engine",
        next_run_time=datetime.datetime(2035, 1, 2, 3, 4, 5),
    )  # fmt: skip
    answer = client("PATCH", f"/v1/audits/{row.uuid}", [put("/state", "CANCELLED")])
    assert (answer.json["state"], answer.json["next_run_time"]) == ("CANCELLED", None)


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
