# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import datetime

import pytest
import sqlalchemy

from watcher.common import exception
from watcher.db import models, queries, repository, session

NOW = datetime.datetime.fromisoformat("2030-01-01T12:00:00")
HOUR = datetime.timedelta(hours=1)


def test_a_page_costs_one_statement_and_a_marker_one_more(new_plan, counted) -> None:
    plans = [new_plan() for _ in range(20)]
    paths = ("uuid", "audit.uuid", "audit.goal.name", "strategy.name", "global_efficacy")
    with session.read() as unit:
        with counted() as statements:
            rows = queries.fetch_page(unit, models.ActionPlan, paths, sort="audit.uuid", limit=10)
        assert len(statements) == 1
        with counted() as statements:
            queries.fetch_page(unit, models.ActionPlan, paths, limit=10, marker=rows[-1].uuid)
        assert len(statements) == 2
    assert len(rows) == 10
    assert rows[0].audit__goal__name == "drain"
    assert rows[0][3] == "vacate"
    assert {row.uuid for row in rows} <= {plan.uuid for plan in plans}


@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize("key", ["id", "uuid", "name", "state"])
def test_a_page_by_an_indexed_column_sorts_nothing(new_audit, counted, key, direction) -> None:
    new_audit()
    with session.read() as unit:
        with counted() as statements:
            queries.fetch_page(
                unit, models.Audit, ("uuid", "goal.name"), sort=key, direction=direction, limit=10
            )
        plan = unit.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statements[0]}", (10, 0))
        steps = [row[-1] for row in plan]
    assert any(step.startswith("SCAN audits") for step in steps)
    assert not any("TEMP B-TREE" in step for step in steps), steps


def test_a_row_of_values_shows_the_columns_asked_for(new_audit) -> None:
    audit = new_audit(name="nightly", parameters={"a": 1})
    with session.read() as unit:
        paths = ("name", "parameters", "goal.uuid", "strategy.name")
        row = queries.fetch_one(unit, models.Audit, paths, audit.uuid)
        assert row[:2] == ("nightly", {"a": 1})
        assert row.strategy__name is None
        for key in ({"id": audit.id}, {"uuid": audit.uuid}, {"name": "nightly"}):
            assert queries.fetch_one(unit, models.Audit, paths, **key) == row
        with pytest.raises(exception.AuditNotFound, match="daily"):
            queries.fetch_one(unit, models.Audit, paths, name="daily")


def test_the_live_row_of_a_name_comes_before_deleted_ones(new_audit) -> None:
    first = new_audit(name="nightly")
    with session.write() as unit:
        repository.soft_delete(unit, models.Audit, first.uuid)
    second = new_audit(name="nightly")
    with session.read() as unit:
        row = queries.fetch_one(unit, models.Audit, ["uuid"], "nightly", show_deleted=True)
        found = repository.get(unit, models.Audit, "nightly", show_deleted=True)
    assert row.uuid == found.uuid == second.uuid


def test_indicators_of_plans_come_by_plan_in_one_statement(new_plan, counted) -> None:
    plans = [new_plan() for _ in range(3)]
    with session.write() as unit:
        for plan in plans[:2]:
            for number in (1.5, 2):
                values = {"action_plan_id": plan.id, "name": f"n{number}", "value": number}
                repository.create(unit, models.EfficacyIndicator, values)
        # As rows from before the column "data" are.
        unit.execute(sqlalchemy.text("UPDATE efficacy_indicators SET data = NULL WHERE id = 2"))
    with session.read() as unit, counted() as statements:
        found = queries.indicators_by_plan(unit, [plan.id for plan in plans])
    assert len(statements) == 1
    assert [[row.value for row in found[plan.id]] for plan in plans] == [[1.5, 2], [1.5, 2], []]
    with session.read() as unit, counted() as statements:
        assert queries.indicators_by_plan(unit, []) == {}
    assert statements == []


def test_the_clock_of_the_database_is_close_to_ours() -> None:
    with session.read() as unit:
        found = queries.utc_now(unit)
    ours = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    assert abs(found - ours) < datetime.timedelta(seconds=5)


def test_plans_that_wait_are_found_and_deleted_ones_are_not(new_plan) -> None:
    plan = new_plan(state="PENDING")
    with session.write() as unit:
        assert [row.id for row in queries.pending_action_plans(unit)] == [plan.id]
        repository.soft_delete(unit, models.ActionPlan, plan.uuid)
        assert queries.pending_action_plans(unit) == []


def test_descriptions_come_as_a_mapping() -> None:
    with session.write() as unit:
        values = {"action_type": "nop", "description": "Do nothing"}
        repository.create(unit, models.ActionDescription, values)
        assert queries.action_descriptions(unit) == {"nop": "Do nothing"}
