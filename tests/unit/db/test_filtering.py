# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oslo_db.exception import InvalidSortKey

from tests import tables
from tests.properties import examples
from watcher.common import exception
from watcher.db import models, queries, repository, session


@pytest.fixture
def audits(new_audit, strategy) -> list[models.Audit]:
    """Five audits; the odd ones have a strategy."""
    return [
        new_audit(name=f"audit {number}", strategy_id=strategy.id if number % 2 else None)
        for number in range(5)
    ]


def _names(**arguments) -> list[str]:
    with session.read() as unit:
        return [row.name for row in repository.list_rows(unit, models.Audit, **arguments)]


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ({"state": "PENDING"}, [0, 1, 2, 3, 4]),
        ({"state__neq": "PENDING"}, []),
        ({"strategy_name": "vacate"}, [1, 3]),
        ({"strategy.name": "vacate", "strategy.uuid__neq": "x", "goal_name": "drain"}, [1, 3]),
        ({"strategy_id": None}, [0, 2, 4]),
        ({"id__in": [1, 5, 9]}, [0, 4]),
        ({"id": (1, 5)}, [0, 4]),
        ({"id__notin": [1, 5]}, [1, 2, 3]),
        ({"id__gt": 1, "id__lte": 3}, [1, 2]),
        ({"id__gte": 4, "id__lt": 5}, [3]),
        ({"created_at__lt": "2001-01-01T00:00:00"}, []),
        ({"created_at__gt": "2001-01-01T00:00:00+02:00"}, [0, 1, 2, 3, 4]),
        ({"deleted": False}, [0, 1, 2, 3, 4]),
        ({"deleted": True}, []),
    ],
)
def test_filters_choose_rows(audits, filters, numbers: list[int]) -> None:
    assert _names(filters=filters) == [f"audit {number}" for number in numbers]


def test_the_deleted_filter_works_on_deleted_rows(audits) -> None:
    with session.write() as unit:
        repository.soft_delete(unit, models.Audit, audits[2].uuid)
    assert _names(filters={"deleted": True}, show_deleted=True) == ["audit 2"]
    assert len(_names(show_deleted=True)) == 5
    assert len(_names()) == 4


def test_an_action_is_found_through_its_plan_by_its_audit(new_plan) -> None:
    plans = [new_plan(), new_plan()]
    with session.write() as unit:
        for plan in plans:
            values = {"action_plan_id": plan.id, "action_type": "nop"}
            repository.create(unit, models.Action, values)
        audit = repository.get(unit, models.Audit, plans[1].audit_id)
        found = repository.list_rows(unit, models.Action, filters={"audit_uuid": audit.uuid})
    assert [action.action_plan_id for action in found] == [plans[1].id]


def test_unknown_filters_operators_and_orders_are_refused(audits) -> None:
    with session.read() as unit:
        for filters, error in (
            ({"colour": "red"}, exception.InvalidParameter),
            ({"goal.colour": "red"}, exception.InvalidParameter),
            ({"moon.name": "red"}, exception.InvalidParameter),
            ({"state__like": "P%"}, exception.InvalidOperator),
        ):
            with pytest.raises(error):
                repository.list_rows(unit, models.Audit, filters=filters)
        with pytest.raises(InvalidSortKey):
            repository.list_rows(unit, models.Audit, sort_key="colour")
        with pytest.raises(ValueError, match="asc or desc"):
            repository.list_rows(unit, models.Audit, sort_dir="up")


def test_a_limit_of_zero_is_no_row_and_none_is_all(audits) -> None:
    assert _names(limit=0) == []
    assert len(_names(limit=None)) == 5


@pytest.mark.parametrize("marker", ["a name", "77", "4b7c4b2e-1c41-4a2c-9b1f-0d3c7f0f5d11"])
def test_an_unknown_marker_is_the_models_own_not_found(audits, marker: str) -> None:
    with session.read() as unit, pytest.raises(exception.AuditNotFound, match=marker):
        queries.fetch_page(unit, models.Audit, ["id"], limit=1, marker=marker)


@settings(max_examples=examples(100, 15), deadline=None)
@given(
    keys=st.lists(st.tuples(st.sampled_from([None, "a", "b"]), st.booleans()), max_size=8),
    sort=st.sampled_from(["id", "uuid", "hostname", "strategy.name", "name"]),
    direction=st.sampled_from(["asc", "desc"]),
    limit=st.integers(1, 4),
)
def test_pages_put_together_are_the_whole_list_in_order(keys, sort, direction, limit) -> None:
    session.configure("sqlite://")
    tables.make()
    with session.write() as unit:
        values = {"name": "g", "display_name": "G", "efficacy_specification": []}
        repository.create(unit, models.Goal, values)
        values = {"name": "s", "display_name": "S", "goal_id": 1}
        repository.create(unit, models.Strategy, values)
        for hostname, has_strategy in keys:
            values = {"audit_type": "ONESHOT", "goal_id": 1, "hostname": hostname}
            values["strategy_id"] = 1 if has_strategy else None
            repository.create(unit, models.Audit, values)
    arguments = {"sort": sort, "direction": direction}
    with session.read() as unit:
        whole = queries.fetch_page(unit, models.Audit, ["uuid", "id"], limit=None, **arguments)
        pages, marker = [], None
        while page := queries.fetch_page(
            unit, models.Audit, ["uuid", "id"], limit=limit, marker=marker, **arguments
        ):
            pages += page
            marker = page[-1].uuid
    assert pages == whole
    assert len(whole) == len(keys)
    if sort == "hostname":
        ids = {row.id: row for row in whole}
        expected = sorted(
            ids, key=lambda number: (keys[number - 1][0] or "", number), reverse=direction == "desc"
        )
        assert list(ids) == expected
