# SPDX-License-Identifier: Apache-2.0
"""Every published filter operator on every object's list, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from watcher import objects
from watcher.common import exception

OPERATORS: list[tuple[str, Any, list[str]]] = [
    ("name", "b", ["b"]),
    ("name__eq", "b", ["b"]),
    ("name__neq", "b", ["a", "c"]),
    ("name__gt", "b", ["c"]),
    ("name__gte", "b", ["b", "c"]),
    ("name__lt", "b", ["a"]),
    ("name__lte", "b", ["a", "b"]),
    ("name__in", ["a", "c"], ["a", "c"]),
    ("name__notin", ["a", "c"], ["b"]),
    ("created_at__gt", "2000-01-01T00:00:00", ["a", "b", "c"]),
    ("created_at__lt", "2000-01-01T00:00:00", []),
    ("updated_at", None, ["a", "b", "c"]),
    ("updated_at__neq", None, []),
    ("created_at__in", ["2000-01-01T00:00:00"], []),
    ("created_at__notin", ["2000-01-01T00:00:00"], ["a", "b", "c"]),
    ("deleted", False, ["a", "b", "c"]),
    ("deleted__eq", False, ["a", "b", "c"]),
    ("deleted__neq", True, ["a", "b", "c"]),
    ("deleted__gt", 0, []),
    ("deleted__lte", 0, ["a", "b", "c"]),
    ("deleted__in", [1, 2], []),
]


@pytest.fixture(autouse=True)
def _rows(ctx) -> None:
    for name in "abc":
        objects.Goal(ctx, name=name, display_name=name, efficacy_specification=[]).create()
        objects.Strategy(ctx, name=name, display_name=name, goal_id=1).create()
        objects.AuditTemplate(ctx, name=name, goal_id=1, strategy_id=1).create()
        objects.Audit(ctx, name=name, goal_id=1, strategy_id=1, audit_type="ONESHOT").create()
        objects.ScoringEngine(ctx, name=name).create()


@pytest.mark.parametrize(("key", "value", "names"), OPERATORS, ids=[row[0] for row in OPERATORS])
@pytest.mark.parametrize("kind", ["Goal", "Strategy", "AuditTemplate", "Audit", "ScoringEngine"])
def test_each_operator_chooses_rows(ctx, kind: str, key: str, value: Any, names) -> None:
    found = getattr(objects, kind).list(ctx, filters={key: value})
    assert [record.name for record in found] == names


@pytest.mark.parametrize("kind", ["Goal", "Strategy", "AuditTemplate", "Audit", "ActionPlan"])
def test_an_unknown_operator_is_refused(ctx, kind: str) -> None:
    with pytest.raises(exception.InvalidOperator):
        getattr(objects, kind).list(ctx, filters={"uuid__like": "a"})


def test_two_filters_on_one_relation_work_together(ctx) -> None:
    goal = objects.Goal.get_by_name(ctx, "a")
    both = {"goal_uuid": goal.uuid, "goal_name": "a", "strategy_name__in": ["a"]}
    assert len(objects.Audit.list(ctx, filters=both)) == 3
    assert objects.Audit.list(ctx, filters=both | {"goal_name": "b"}) == []
