# SPDX-License-Identifier: Apache-2.0
"""What a purge removes, and what it leaves alone."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy
from oslo_db.exception import DBReferenceError
from sqlalchemy import func, select

from tests.purge_rows import Rows
from watcher.common import exception
from watcher.db import models, purge, purgeable, runs, session
from watcher.db.purgeable import ORDER, Criteria

ALL = Criteria()


@pytest.fixture
def rows() -> Rows:
    """Rows of an empty store."""
    return Rows()


@pytest.fixture
def live(rows: Rows) -> dict[str, int]:
    """A live goal and strategy, as keys of other rows."""
    goal = rows.add("goal", "g")
    return {"goal_id": goal, "strategy_id": rows.add("strategy", "s", goal_id=goal)}


def _rows(outcome: purge.Outcome) -> tuple[int, ...]:
    """The numbers as the table prints them: goals first."""
    return tuple(outcome.rows[model] for model in reversed(ORDER))


def test_soft_deleted_rows_go_with_their_parts_and_live_ones_stay(rows: Rows, live) -> None:
    rows.tree("old", **live)
    rows.tree("live", deleted=None, **live)
    before = purge.count(ALL)

    done = purge.purge(ALL)

    assert _rows(before) == _rows(done) == (0, 0, 0, 1, 1, 2)
    assert rows.left() == {"g", "s", "live", "live.p", "live.a0", "live.a1", "live.i"}


def test_rows_younger_than_the_age_stay(rows: Rows, live) -> None:
    rows.tree("old", deleted=40, **live)
    rows.tree("young", deleted=20, **live)

    purge.purge(purge.criteria(age_days=30))

    assert {"young", "young.p", "young.a1"} <= rows.left()
    assert "old" not in rows.left()


def test_the_age_is_measured_with_the_databases_clock(rows: Rows, live, monkeypatch) -> None:
    rows.tree("old", deleted=2, **live)
    future = datetime.datetime(2100, 1, 1)
    monkeypatch.setattr(purge.clock, "utc_now", lambda _unit: future)

    wanted = purge.criteria(age_days=10)

    assert wanted.before == future - datetime.timedelta(days=10)
    assert purge.count(wanted).total == 4


def test_age_zero_means_any_age(rows: Rows, live) -> None:
    rows.tree("old", deleted=0, **live)
    assert purge.criteria(age_days=0) == ALL


@pytest.mark.parametrize("days", [-1, 10_000_000, 10**12])
def test_an_age_that_cannot_be_is_refused(days: int) -> None:
    with pytest.raises(ValueError, match="Age"):
        purge.criteria(age_days=days)


def test_what_belongs_to_an_old_row_goes_with_it_whatever_its_age(rows: Rows, live) -> None:
    audit = rows.add("audit", "old", deleted=40, **live)
    plan = rows.add("plan", "young", deleted=1, audit_id=audit, strategy_id=live["strategy_id"])
    rows.add("action", "younger", deleted=0.1, action_plan_id=plan)

    assert _rows(purge.purge(purge.criteria(age_days=30))) == (0, 0, 0, 1, 1, 1)


def test_a_soft_deleted_row_that_a_live_row_needs_stays_with_all_its_parents(rows: Rows) -> None:
    goal = rows.add("goal", "g", deleted=9)
    strategy = rows.add("strategy", "s", goal_id=goal, deleted=9)
    other = rows.add("strategy", "other", goal_id=goal, deleted=9)
    audit = rows.add("audit", "a", goal_id=goal, strategy_id=strategy, deleted=9)
    plan = rows.add("plan", "p", audit_id=audit, strategy_id=strategy, deleted=9)
    rows.add("action", "live", action_plan_id=plan)
    rows.add("action", "gone", action_plan_id=plan, deleted=9)
    rows.add("template", "t", goal_id=goal, strategy_id=other, deleted=9)
    before = purge.count(ALL)

    done = purge.purge(ALL)

    assert rows.left() == {"g", "s", "a", "p", "live"}
    assert _rows(before) == _rows(done) == (0, 1, 1, 0, 0, 1)


def test_a_soft_deleted_strategy_stays_while_a_younger_plan_needs_it(rows: Rows, live) -> None:
    strategy = rows.add("strategy", "old", goal_id=live["goal_id"], deleted=40)
    audit = rows.add("audit", "a", goal_id=live["goal_id"])
    rows.add("plan", "p", audit_id=audit, strategy_id=strategy)

    assert purge.purge(purge.criteria(age_days=30)).total == 0
    assert "old" in rows.left()


def test_live_orphans_stay_and_keep_what_they_need(rows: Rows) -> None:
    goal = rows.add("goal", "g", deleted=9)
    strategy = rows.add("strategy", "s", goal_id=goal)
    rows.tree("orphan", deleted=None, goal_id=goal, strategy_id=strategy)

    assert purge.count(ALL).total == 0
    assert purge.purge(ALL).total == 0
    assert len(rows.left()) == 7


def test_live_orphans_go_when_asked_for(rows: Rows, live) -> None:
    goal = rows.add("goal", "old g", deleted=9)
    strategy = rows.add("strategy", "old s", goal_id=goal)
    rows.tree("orphan", deleted=None, goal_id=goal, strategy_id=strategy)
    rows.tree("live", deleted=None, **live)
    wanted = purge.criteria(orphans=True)

    assert _rows(purge.count(wanted)) == (1, 1, 0, 1, 1, 2)
    assert _rows(purge.purge(wanted)) == (1, 1, 0, 1, 1, 2)
    assert rows.left() == {"g", "s", "live", "live.p", "live.a0", "live.a1", "live.i"}


def test_orphans_of_a_goal_that_is_too_young_stay(rows: Rows) -> None:
    goal = rows.add("goal", "old g", deleted=9)
    rows.add("template", "t", goal_id=goal)

    assert purge.purge(purge.criteria(age_days=30, orphans=True)).total == 0


@pytest.mark.parametrize(
    ("kind", "state"),
    [("audit", "PENDING"), ("audit", "ONGOING"), ("plan", "ONGOING"), ("plan", "CANCELLING")],
)
def test_an_orphan_at_work_stays(rows: Rows, kind: str, state: str) -> None:
    goal = rows.add("goal", "g", deleted=9)
    strategy = rows.add("strategy", "s", goal_id=goal)
    audit_state = state if kind == "audit" else "SUCCEEDED"
    audit = rows.add("audit", "a", goal_id=goal, strategy_id=strategy, state=audit_state)
    plan_state = state if kind == "plan" else "SUCCEEDED"
    rows.add("plan", "p", audit_id=audit, strategy_id=strategy, state=plan_state)

    purge.purge(purge.criteria(orphans=True))

    assert {"g", "s", "a"} <= rows.left()
    assert ("p" in rows.left()) == (kind == "plan")


def test_a_row_without_a_state_is_not_at_work(rows: Rows) -> None:
    goal = rows.add("goal", "g", deleted=9)
    audit = rows.add("audit", "a", goal_id=goal)
    with session.write() as unit:
        unit.get(models.Audit, audit).state = None

    assert purge.purge(purge.criteria(orphans=True)).total == 2


def test_an_orphan_of_a_missing_row_goes_when_asked_for(rows: Rows) -> None:
    raw = session.engine().raw_connection()
    raw.driver_connection.execute("PRAGMA foreign_keys = OFF")
    rows.add("action", "lost", action_plan_id=77)
    raw.driver_connection.execute("PRAGMA foreign_keys = ON")
    raw.close()

    assert purge.purge(ALL).total == 0
    assert purge.purge(purge.criteria(orphans=True)).total == 1


# -- one goal -------------------------------------------------------------------------------------


def test_only_the_rows_of_the_goal_go(rows: Rows) -> None:
    for name in ("one", "two"):
        goal = rows.add("goal", name, deleted=1)
        strategy = rows.add("strategy", f"{name}.s", goal_id=goal, deleted=1)
        rows.add("template", f"{name}.t", goal_id=goal, deleted=1)
        rows.tree(f"{name}.audit", goal_id=goal, strategy_id=strategy)

    assert _rows(purge.purge(purge.criteria(goal="one"))) == (1, 1, 1, 1, 1, 2)
    assert {name.split(".")[0] for name in rows.left()} == {"two"}


def test_a_name_means_all_soft_deleted_goals_that_had_it(rows: Rows, live) -> None:
    uuids = [f"{n}" * 8 + "-0000-4000-8000-000000000000" for n in (1, 2)]
    for uuid in uuids:
        rows.add("goal", "g-old", deleted=1, uuid=uuid, name="drain")
    live_goal = rows.add("goal", "g-live", name="drain")

    by_uuid = purge.criteria(goal=uuids[0])
    by_name = purge.criteria(goal="drain")

    assert len(by_uuid.goal_ids) == 1
    assert len(by_name.goal_ids) == 2
    assert live_goal not in by_name.goal_ids


def test_a_live_goal_is_refused(rows: Rows, live) -> None:
    with pytest.raises(exception.NotSoftDeletedStateError, match="The Goal resource g is not soft"):
        purge.criteria(goal="g")


def test_an_unknown_goal_is_refused(rows: Rows) -> None:
    with pytest.raises(exception.GoalNotFound, match="nowhere"):
        purge.criteria(goal="nowhere")


# -- whole groups under a maximum -----------------------------------------------------------------


@pytest.fixture
def three_goals(rows: Rows) -> None:
    """Two soft-deleted goals of 7 and 9 rows, and 2 audits of a live goal with 4 rows each."""
    for name, actions in (("one", 2), ("two", 4)):
        goal = rows.add("goal", name, deleted=1)
        strategy = rows.add("strategy", f"{name}.s", goal_id=goal, deleted=1)
        rows.add("template", f"{name}.t", goal_id=goal, deleted=1)
        rows.tree(f"{name}.audit", actions=actions, goal_id=goal, strategy_id=strategy)
    goal = rows.add("goal", "live")
    strategy = rows.add("strategy", "live.s", goal_id=goal)
    for name in ("live.1", "live.2"):
        rows.tree(name, goal_id=goal, strategy_id=strategy)


@pytest.mark.parametrize(
    ("limit", "removed"),
    [
        (24, (2, 2, 2, 4, 4, 10)),  # all
        (23, (2, 2, 2, 3, 3, 8)),  # both goals, one audit of the live one
        (15, (1, 1, 1, 3, 3, 6)),  # the small goal and the live one's audits
        (6, (0, 0, 2, 1, 1, 2)),  # no whole goal: an audit, and two templates
        (4, (0, 0, 0, 1, 1, 2)),
        (0, (0, 0, 0, 0, 0, 0)),
    ],
)
def test_whole_groups_go_while_they_fit(three_goals, limit: int, removed: tuple[int, ...]) -> None:
    rehearsed = purge.rehearse(ALL, limit)
    done = purge.purge(ALL, limit)

    assert _rows(rehearsed) == _rows(done) == removed
    assert done.total <= limit
    assert rehearsed.smallest_left == done.smallest_left


def test_repeated_purges_under_a_maximum_remove_everything(rows: Rows, three_goals) -> None:
    while purge.purge(ALL, 9).total:
        pass
    assert rows.left() == {"live", "live.s"}


def test_single_rows_go_under_a_maximum_without_any_deleted_goal(rows: Rows, live) -> None:
    audit = rows.add("audit", "a", **live)
    keys = {"audit_id": audit, "strategy_id": live["strategy_id"]}
    plan = rows.add("plan", "live", **keys)
    for number in range(3):
        rows.add("action", f"loose{number}", deleted=1, action_plan_id=plan)
    loose = rows.add("plan", "loose", deleted=1, **keys)
    rows.add("action", "part", deleted=1, action_plan_id=loose)

    assert _rows(purge.purge(ALL, 2)) == (0, 0, 0, 0, 0, 2)
    assert _rows(purge.purge(ALL, 2)) == (0, 0, 0, 0, 0, 1)
    assert _rows(purge.purge(ALL, 2)) == (0, 0, 0, 0, 1, 1)


def test_a_group_that_never_fits_is_named(rows: Rows, live) -> None:
    rows.tree("big", actions=8, **live)

    done = purge.purge(ALL, 5)

    assert (done.total, done.smallest_left) == (0, 10)


# -- the way it is done ---------------------------------------------------------------------------


@pytest.fixture
def written() -> Iterator[list[str]]:
    """The statements of writing transactions, with their parameters."""
    found: list[str] = []

    def note(_conn, _cursor, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith(("BEGIN", "DELETE")):
            found.append(f"{statement.split()[0]} {len(parameters)}")

    sqlalchemy.event.listen(session.engine(), "before_cursor_execute", note)
    yield found
    sqlalchemy.event.remove(session.engine(), "before_cursor_execute", note)


def test_each_transaction_is_one_statement_over_a_bounded_number_of_rows(
    rows: Rows, live, written: list[str]
) -> None:
    rows.tree("old", actions=7, **live)
    written.clear()

    done = purge.purge(ALL, batch_rows=3)

    deletes = [line for line in written if line.startswith("DELETE")]
    assert deletes == ["DELETE 3", "DELETE 3", "DELETE 1", "DELETE 1", "DELETE 1", "DELETE 1"]
    assert done.transactions == len(deletes)
    assert 0 < done.longest_s < 60


def test_batches_shrink_while_transactions_are_long_and_grow_again(
    rows: Rows, live, written: list[str], monkeypatch
) -> None:
    plan = rows.add("plan", "p", audit_id=rows.add("audit", "a", **live), strategy_id=1)
    for number in range(60):
        rows.add("action", f"{number}", deleted=1, action_plan_id=plan)
    written.clear()
    # Two readings of the clock for each transaction: three long ones, then short ones.
    seconds = itertools.accumulate(itertools.chain([0] + [1, 0] * 3, itertools.repeat(0)))
    monkeypatch.setattr(purge, "monotonic", lambda: next(seconds))

    purge.purge(ALL, batch_rows=24)

    deletes = [line for line in written if line.startswith("DELETE")]
    assert deletes == ["DELETE 24", "DELETE 12", "DELETE 10", "DELETE 10", "DELETE 4"]  # 60


def test_short_transactions_of_one_table_do_not_lengthen_those_of_another(
    rows: Rows, live, written: list[str], monkeypatch
) -> None:
    for number in range(6):
        rows.tree(f"{number}", actions=0, **live)
    written.clear()
    took = itertools.cycle([0, 0, 0, 9])  # indicators in no time, plans in nine seconds
    seconds = itertools.accumulate(took)
    monkeypatch.setattr(purge, "LEAST_ROWS", 1)
    monkeypatch.setattr(purge, "monotonic", lambda: next(seconds))

    purge.purge(ALL, batch_rows=4)

    deletes = [line for line in written if line.startswith("DELETE")]
    assert deletes[:4] == ["DELETE 4", "DELETE 4", "DELETE 2", "DELETE 2"]


def test_progress_is_told_after_each_step(rows: Rows, live) -> None:
    rows.tree("old", actions=4, **live)
    told: list[tuple[str, int]] = []

    purge.purge(ALL, batch_rows=3, told=lambda model, n: told.append((model.__tablename__, n)))

    assert told == [("actions", 3), ("actions", 1), ("action_plans", 1), ("audits", 1)]


def test_an_interrupted_purge_has_counted_what_went_and_the_next_one_goes_on(
    rows: Rows, live
) -> None:
    rows.tree("old", actions=4, **live)
    outcome = purge.Outcome()

    def interrupt(_model, _number) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        purge.purge(ALL, outcome=outcome, batch_rows=3, told=interrupt)

    assert _rows(outcome) == (0, 0, 0, 0, 0, 3)
    assert _rows(purge.purge(ALL)) == (0, 0, 0, 1, 1, 1)


def test_a_row_that_gets_a_referrer_meanwhile_stays_alone(rows: Rows, live, monkeypatch) -> None:
    plans = [rows.tree(f"old{number}", actions=0, **live) for number in range(4)]
    refused = plans[2]

    def delete(model, ids, where):
        if model is models.Audit and refused in ids:
            raise DBReferenceError("audits", "fk", "id", "action_plans")
        return really(model, ids, where)

    really = purge._delete
    monkeypatch.setattr(purge, "_delete", delete)

    assert _rows(purge.purge(ALL)) == (0, 0, 0, 3, 4, 0)
    assert rows.left() == {"g", "s", "old2"}


def test_nothing_to_do_is_done(rows: Rows) -> None:
    assert purge.purge(ALL).total == 0
    assert purge.purge(ALL, 5).total == 0


def test_the_order_puts_no_table_before_its_referrers() -> None:
    for place, model in enumerate(ORDER):
        assert all(other in ORDER[:place] for other, _ in purgeable.referrers(model))


def test_every_foreign_key_of_the_purged_tables_is_known() -> None:
    for model in ORDER:
        keys = {(key.parent.name, key.column.table.name) for key in model.__table__.foreign_keys}
        known = {(column, parent.__tablename__) for column, parent in purgeable.PARENTS[model]}
        assert keys == known


def test_no_other_table_refers_to_a_purged_one() -> None:
    purged = {model.__tablename__ for model in ORDER}
    known = purged | {models.EfficacyIndicator.__tablename__}
    for table in models.Base.metadata.tables.values():
        if table.name not in known:
            assert not purged & {key.column.table.name for key in table.foreign_keys}


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"age_days": 1},
        {"goal": "gone"},
        {"orphans": True},
        {"age_days": 1, "goal": "gone", "orphans": True},
    ],
    ids=["all", "age", "goal", "orphans", "everything"],
)
def test_a_condition_is_never_null(rows: Rows, live, asked: dict[str, Any]) -> None:
    rows.add("goal", "gone", deleted=3)
    rows.tree("deleted", **live)
    audit = rows.add("audit", "no strategy", goal_id=live["goal_id"], state=None)
    rows.add("template", "t", goal_id=live["goal_id"])
    rows.add("plan", "p", audit_id=audit, strategy_id=live["strategy_id"], state=None)
    wanted = purge.criteria(**asked)
    for model, rule in itertools.product(
        ORDER, (purgeable.chosen, purgeable.is_needed, purgeable.stays)
    ):
        unknown = rule(wanted, model, model).is_(None)
        with session.read() as unit:
            found = unit.scalars(select(func.count()).select_from(model).where(unknown)).one()
        assert found == 0


def test_notes_of_runs_that_other_services_ended_go_too(rows: Rows, live) -> None:
    states = {"runs": "ONGOING", "paused": "SUSPENDED", "ended": "SUCCEEDED"}
    for name, state in states.items():
        rows.add("audit", name, uuid=name, state=state, **live)
    with session.write() as unit:
        for name in (*states, "unknown"):
            unit.add(models.Run(object_uuid=name, host="h", attempt=1, interruptions=0))
    runs.forget_ended()
    with session.read() as unit:
        assert set(unit.scalars(select(models.Run.object_uuid))) == {"runs", "paused"}


def test_a_database_without_notes_of_runs_is_purged_too(rows: Rows) -> None:
    models.Base.metadata.tables["runs"].drop(session.engine())
    runs.forget_ended()
