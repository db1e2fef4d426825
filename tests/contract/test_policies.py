# SPDX-License-Identifier: Apache-2.0
"""The policy rules are the published ones: names, defaults, operations."""

from __future__ import annotations

import pytest

from tests.contract import spec
from watcher.common import policies

PUBLISHED = {fact["name"]: fact for fact in spec.load("policies.json")["rules"]}
OURS = {rule.name: rule for rule in policies.list_rules()}


def test_the_rules_are_the_published_ones() -> None:
    assert sorted(OURS) == sorted(PUBLISHED)


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_a_rule_has_the_published_default(name: str) -> None:
    fact, rule = PUBLISHED[name], OURS[name]

    assert rule.check_str == fact["check_str"]
    assert rule.scope_types == fact["scope_types"]
    assert getattr(rule, "operations", None) == fact.get("operations")
    assert rule.description
