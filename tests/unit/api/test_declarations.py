# SPDX-License-Identifier: Apache-2.0
"""Everything else is derived from what the resources declare."""

from __future__ import annotations

import re

import jsonschema
import pytest

from watcher.api import outcomes
from watcher.api.controller import ROUTES
from watcher.api.controllers.v1.action import ACTION
from watcher.api.controllers.v1.action_plan import ACTION_PLAN
from watcher.api.controllers.v1.audit_resource import AUDIT
from watcher.api.controllers.v1.audit_template import AUDIT_TEMPLATE
from watcher.common import exception
from watcher.db.types import machine_utc_now
from watcher.domain import audit_rules
from watcher.domain.states import AuditType

NOW = "2026-01-02T03:04:05"


@pytest.mark.parametrize(
    ("resource", "looked_up"),
    [(ACTION, set()), (ACTION_PLAN, set()), (AUDIT, set()), (AUDIT_TEMPLATE, {"goal", "strategy"})],
    ids=lambda each: getattr(each, "name", ""),
)
def test_a_patch_changes_columns_but_for_what_is_looked_up(resource, looked_up):
    assert resource.patchable.keys() - set(resource.patched_columns) == looked_up
    assert set(resource.patched_columns) <= resource.patchable.keys()


@pytest.mark.parametrize(
    ("rule", "status", "named"),
    [
        ("audit:create", 406, "start_time or end_time below 1.1"),
        ("audit_template:create", 406, "default_parameters below 1.7"),
        ("audit_template:update", 406, "default_parameters below 1.7"),
        ("action:update", 400, "below 1.5"),
        ("data_model:get_all", 406, "below 1.3"),
    ],
)
def test_the_sentences_name_the_versions_of_the_declarations(rule, status, named):
    route = next(each for each in ROUTES if each.rule == rule)
    assert named in outcomes.outcomes(route)[status]


def test_the_sentences_spell_no_version_themselves():
    assert not re.search(r"\b\d\.\d", f"{outcomes._BY_RULE} {outcomes._BY_VERB} {outcomes.SHARED}")


@pytest.mark.parametrize("kind", AuditType)
@pytest.mark.parametrize("interval", [None, "60"])
@pytest.mark.parametrize("start", [None, NOW])
def test_the_documented_types_are_those_that_the_rules_take(kind, interval, start):
    body = {"audit_type": str(kind), "interval": interval, "start_time": start, "goal": "dummy"}
    given = {name: value for name, value in body.items() if value is not None}
    documented = any(
        jsonschema.Draft202012Validator(variant).is_valid(given) for variant in AUDIT.variants
    )
    try:
        now = machine_utc_now()
        audit_rules.check_schedule(kind, interval, start and now, None, now=now)
    except exception.Invalid:
        assert not documented
    else:
        assert documented
