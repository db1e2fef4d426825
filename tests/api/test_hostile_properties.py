# SPDX-License-Identifier: Apache-2.0
"""Whatever JSON is sent: no 5xx, the published body, and all that is stored can be read."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.conftest import Catalogue, Client
from tests.properties import examples
from watcher.api.controllers.v1.audit_resource import AUDIT
from watcher.api.controllers.v1.audit_template import AUDIT_TEMPLATE
from watcher.db import models

fuzz = settings(
    max_examples=examples(100, 10),
    deadline=5000,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=80),
    st.sampled_from(
        ["dummy", "ONESHOT", "CONTINUOUS", "EVENT", "60", "* * * * *", "0 0 30 2 *", "2035-01-01",
         "PENDING", "CANCELLED", "ONGOING", "true", "1", "-1", "it", "../x", "%00"]
    ),
)  # fmt: skip
ATOMS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.sampled_from([2**63, 10**400, -(2**63), 0]),
    st.floats(), TEXTS,
)  # fmt: skip
JSON = st.recursive(
    ATOMS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)
PARAMETERS = st.dictionaries(st.sampled_from(["para1", "para2", "x"]), JSON, max_size=3)
SCOPES = st.lists(
    st.dictionaries(st.sampled_from(["compute", "storage", "host_aggregates"]), JSON, max_size=2)
    | JSON,
    max_size=3,
)


def bodies(names: list[str]) -> st.SearchStrategy[Any]:
    likely = st.fixed_dictionaries(
        {"goal": st.just("dummy"), "strategy": st.sampled_from(["dummy", "nope"])},
        optional={name: JSON for name in names if name not in ("goal", "strategy")},
    )
    return st.one_of(likely, st.dictionaries(st.sampled_from([*names, "x"]), JSON), JSON)


def patches(names: list[str]) -> st.SearchStrategy[Any]:
    steps = st.one_of(
        st.sampled_from(["-", "0", "1", "99999999999999999999", "para1", "compute", ""]), TEXTS
    )
    path = st.builds(
        lambda name, rest: "/".join(["", name, *rest]),
        st.sampled_from([*names, "uuid", "links", "x"]),
        st.lists(steps, max_size=3),
    )
    operation = st.fixed_dictionaries(
        {"op": st.sampled_from(["add", "replace", "remove", "move", "copy", "test"]), "path": path},
        optional={"value": st.one_of(JSON, PARAMETERS, SCOPES), "from": path},
    )
    return st.lists(operation, max_size=6) | JSON


def sent(value: Any) -> bytes:
    """Return the body; surrogates travel as escapes, and NaN and infinity as Python's."""
    return json.dumps(value).encode()


@pytest.fixture
def paths(catalogue: Catalogue, rows) -> dict[str, str]:
    """Rows of all kinds, and where each of them is."""
    goal, strategy = catalogue.goal, catalogue.strategy
    for name in ("it", "that"):
        audit = rows(
            models.Audit, name=name, audit_type="EVENT", goal_id=goal.id, strategy_id=strategy.id
        )
        template = rows(models.AuditTemplate, name=name, goal_id=goal.id, strategy_id=strategy.id)
    plan = rows(models.ActionPlan, audit_id=audit.id, strategy_id=strategy.id, state="RECOMMENDED")
    action = rows(models.Action, action_plan_id=plan.id, action_type="nop")
    made = {"audits": audit, "audit_templates": template, "action_plans": plan, "actions": action}
    return {plural: f"/v1/{plural}/{row.uuid}" for plural, row in made.items()}


@pytest.fixture
def checked(client: Client, paths: dict[str, str]) -> Callable[..., int]:
    """Send a request; check the answer, and that the list can still be read."""

    def check(method: str, path: str, body: Any) -> int:
        answer = client(method, path, sent(body))
        assert answer.status_int < 500, answer.text
        if answer.status_int >= 400:
            assert answer.content_type == "application/json"
            assert set(answer.json) == {"error_message"}
            return answer.status_int
        plural = path.split("/")[2]
        listed = f"/v1/{plural}/detail?sort_dir=desc&limit=2"
        assert client.get(listed)[plural]
        ET.fromstring(client("GET", listed, Accept="application/xml").body)
        return answer.status_int

    return check


AUDIT_NAMES = [*AUDIT.fields]
TEMPLATE_NAMES = [*AUDIT_TEMPLATE.fields]


@fuzz
@given(body=bodies(AUDIT_NAMES))
def test_new_audits(checked, body: Any) -> None:
    checked("POST", "/v1/audits", body)


@fuzz
@given(
    body=bodies(["name", "description", "scope", "default_parameters"]),
    name=TEXTS,
    scope=SCOPES,
)
def test_new_templates(checked, body: Any, name: str, scope: Any) -> None:
    checked("POST", "/v1/audit_templates", body)
    checked("POST", "/v1/audit_templates", {"name": name, "goal": "dummy", "scope": scope})


@fuzz
@given(parameters=PARAMETERS, name=TEXTS, interval=TEXTS, start=TEXTS)
def test_new_audits_that_are_nearly_right(
    checked, parameters: Any, name: str, interval: str, start: str
) -> None:
    audit = {"goal": "dummy", "strategy": "dummy", "audit_type": "CONTINUOUS", "interval": "60"}
    checked("POST", "/v1/audits", {**audit, "parameters": parameters})
    checked("POST", "/v1/audits", {**audit, "name": name})
    checked("POST", "/v1/audits", {**audit, "interval": interval})
    checked("POST", "/v1/audits", {**audit, "start_time": start})


@fuzz
@given(patch=patches(AUDIT_NAMES))
def test_patches_of_audits(checked, paths, patch: Any) -> None:
    checked("PATCH", paths["audits"], patch)


@fuzz
@given(patch=patches(TEMPLATE_NAMES))
def test_patches_of_templates(checked, paths, patch: Any) -> None:
    checked("PATCH", paths["audit_templates"], patch)


@fuzz
@given(patch=patches(["state", "hostname", "status_message", "global_efficacy"]))
def test_patches_of_plans_and_actions(checked, paths, patch: Any) -> None:
    checked("PATCH", paths["action_plans"], patch)
    checked("PATCH", paths["actions"], patch)
