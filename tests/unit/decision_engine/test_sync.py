# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
import json

import pytest

from watcher import objects
from watcher.common import exception
from watcher.common.context import make_admin_context
from watcher.db import models, repository
from watcher.db import session as db
from watcher.decision_engine import catalogue, sync
from watcher.decision_engine.loading import default as loading

DELETED = make_admin_context(show_deleted=True)


@pytest.fixture
def installed():
    return catalogue.installed()


def changed(found: catalogue.Catalogue, **kinds) -> catalogue.Catalogue:
    """Return a catalogue with other entries: ``goals={"dummy": None}`` takes one out."""
    values = {}
    for kind, entries in kinds.items():
        merged = {**getattr(found, kind), **entries}
        values[kind] = {name: entry for name, entry in merged.items() if entry is not None}
    return dataclasses.replace(found, **values)


def with_new_goal(found: catalogue.Catalogue) -> catalogue.Catalogue:
    goal = dataclasses.replace(found.goals["dummy"], display_name="Another dummy")
    return changed(found, goals={"dummy": goal})


def with_new_strategy(found: catalogue.Catalogue) -> catalogue.Catalogue:
    strategy = dataclasses.replace(found.strategies["dummy"], display_name="Another dummy")
    return changed(found, strategies={"dummy": strategy})


def rows(cls, **filters) -> dict:
    return {row.name: row.uuid for row in cls.list(make_admin_context(), filters=filters)}


def template(engine, audit) -> objects.AuditTemplate:
    values = {"name": "t", "goal_id": audit.goal_id, "strategy_id": audit.strategy_id}
    with db.write() as session:
        row = repository.create(session, models.AuditTemplate, values)
        return objects.AuditTemplate.from_row(engine.context, row)


def test_an_empty_database_gets_what_is_installed(engine, installed):
    assert rows(objects.Goal).keys() == installed.goals.keys()
    assert rows(objects.Strategy).keys() == installed.strategies.keys()
    assert rows(objects.ScoringEngine).keys() == installed.scoring_engines.keys()


def test_a_second_sync_reads_three_tables_and_writes_nothing(engine):
    engine.statements.clear()
    sync.sync()
    kinds = [one.split()[0] for one in engine.statements]
    assert kinds.count("SELECT") == 3
    assert {"INSERT", "UPDATE"}.isdisjoint(kinds)


def test_a_display_name_too_long_for_its_column_is_cut_once(engine, installed):
    long = dataclasses.replace(installed.goals["dummy"], display_name="Dummy " * 20)
    wordy = changed(installed, goals={"dummy": long})
    sync.sync(installed=wordy)
    goal = objects.Goal.get_by_name(engine.context, "dummy")
    assert goal.display_name == ("Dummy " * 20)[:62] + "\N{HORIZONTAL ELLIPSIS}"
    sync.sync(installed=wordy)
    assert objects.Goal.get_by_name(engine.context, "dummy").uuid == goal.uuid


def test_what_has_a_name_too_long_for_its_column_is_left_out(engine, installed, caplog):
    name = "g" * 64
    goal = dataclasses.replace(installed.goals["dummy"], name=name)
    strategy = dataclasses.replace(installed.strategies["dummy"], name="s", goal_name=name)
    sync.sync(installed=changed(installed, goals={name: goal}, strategies={"s": strategy}))
    assert rows(objects.Goal).keys() == installed.goals.keys()
    assert rows(objects.Strategy).keys() == installed.strategies.keys()
    assert f"{name} is left out: name of goals takes at most 63 characters" in caplog.text


def test_other_texts_for_people_change_nothing(engine):
    goal = objects.Goal.get_by_name(engine.context, "server_consolidation")
    specification = [dict(one, description="Other words.") for one in goal.efficacy_specification]
    engine.write("goals", goal.uuid, efficacy_specification=specification)
    strategy = objects.Strategy.get_by_name(engine.context, "dummy")
    schema = json.loads(json.dumps(strategy.parameters_spec))
    schema["properties"]["para1"]["description"] = "Other words."
    engine.write("strategies", strategy.uuid, parameters_spec=schema)
    before = rows(objects.Goal), rows(objects.Strategy)
    sync.sync()
    assert (rows(objects.Goal), rows(objects.Strategy)) == before


def test_a_changed_goal_is_a_new_row_and_so_are_its_strategies(engine, installed):
    goals, strategies = rows(objects.Goal), rows(objects.Strategy)
    by_goal_only = engine.audit(strategy=None, state="ONGOING")
    plan = engine.plans(engine.run(engine.audit()))[0]
    moved = template(engine, by_goal_only)
    sync.sync(installed=with_new_goal(installed))
    assert {name for name, uuid in rows(objects.Goal).items() if goals[name] != uuid} == {"dummy"}
    new = {name for name, uuid in rows(objects.Strategy).items() if strategies[name] != uuid}
    assert new == {"dummy", "dummy_with_resize", "dummy_with_scorer"}
    goal = objects.Goal.get_by_name(engine.context, "dummy")
    found = engine.read(by_goal_only.uuid)
    assert (found.goal_id, found.state) == (goal.id, "ONGOING")
    assert objects.AuditTemplate.get_by_uuid(engine.context, moved.uuid).goal_id == goal.id
    assert objects.ActionPlan.get_by_uuid(engine.context, plan.uuid).state == "CANCELLED"


def test_a_changed_strategy_cancels_what_has_not_ended_and_nothing_else(engine, installed):
    done = engine.run(engine.audit())
    failed = engine.audit(state="FAILED")
    live = [engine.audit(state=state) for state in ("PENDING", "ONGOING", "SUSPENDED")]
    (plan,) = engine.plans(done)
    engine.write("action_plans", plan.uuid, state="SUCCEEDED")
    other = engine.audit(strategy="dummy_with_resize")
    moved = template(engine, done)
    sync.sync(installed=with_new_strategy(installed))
    strategy = objects.Strategy.get_by_name(engine.context, "dummy")
    assert {engine.read(one.uuid).state for one in live} == {"CANCELLED"}
    assert engine.read(done.uuid).state == "SUCCEEDED"
    assert engine.read(failed.uuid).state == "FAILED"
    assert engine.read(other.uuid).state == "PENDING"
    assert objects.ActionPlan.get_by_uuid(engine.context, plan.uuid).state == "SUCCEEDED"
    assert {engine.read(one.uuid).strategy_id for one in (done, *live)} == {strategy.id}
    found = objects.AuditTemplate.get_by_uuid(engine.context, moved.uuid)
    assert found.strategy_id == strategy.id


def test_a_strategy_that_is_gone_leaves_its_templates_without_one(engine, installed):
    audit = engine.audit()
    left = template(engine, audit)
    sync.sync(installed=changed(installed, strategies={"dummy": None}))
    assert "dummy" not in rows(objects.Strategy)
    assert engine.read(audit.uuid).state == "CANCELLED"
    found = objects.AuditTemplate.get_by_uuid(engine.context, left.uuid)
    assert (found.strategy_id, found.goal_id) == (None, audit.goal_id)


def test_a_goal_that_is_gone_takes_its_audits_and_plans_with_it(engine, installed):
    audit = engine.audit(strategy=None)
    (plan,) = engine.plans(engine.run(engine.audit()))
    without = {name: None for name in installed.strategies if name.startswith("dummy")}
    sync.sync(installed=changed(installed, goals={"dummy": None}, strategies=without))
    assert "dummy" not in rows(objects.Goal)
    assert engine.read(audit.uuid).state == "CANCELLED"
    assert objects.ActionPlan.get_by_uuid(engine.context, plan.uuid).state == "CANCELLED"


def test_templates_of_a_goal_that_is_gone_stay_and_are_named_in_the_log(engine, installed, caplog):
    goal = rows(objects.Goal)["dummy"]
    with db.write() as session:
        goal_id = repository.get(session, models.Goal, uuid=goal).id
        repository.create(session, models.AuditTemplate, {"name": "left", "goal_id": goal_id})
    without = {name: None for name in installed.strategies if name.startswith("dummy")}
    sync.sync(installed=changed(installed, goals={"dummy": None}, strategies=without))
    assert objects.AuditTemplate.get_by_name(engine.context, "left").goal_id == goal_id
    assert "Goal dummy is gone; its audit templates stay: left" in caplog.text


def test_a_changed_scoring_engine_is_a_new_row_and_a_missing_one_goes(engine, installed):
    before = rows(objects.ScoringEngine)
    scorer = dataclasses.replace(installed.scoring_engines["dummy_scorer"], metainfo="{}")
    engines = {"dummy_scorer": scorer, "dummy_min_scorer": None}
    sync.sync(installed=changed(installed, scoring_engines=engines))
    after = rows(objects.ScoringEngine)
    assert after["dummy_scorer"] != before["dummy_scorer"]
    assert "dummy_min_scorer" not in after
    assert after["dummy_max_scorer"] == before["dummy_max_scorer"]


def test_engines_that_start_together_both_come_through(engine, installed, monkeypatch):
    exchange = sync.exchange
    calls = []

    def too_late_the_first_time(differences):
        calls.append(differences)
        exchange(differences)
        if len(calls) == 1:
            raise exception.GoalAlreadyExists(uuid="x")

    monkeypatch.setattr(sync, "exchange", too_late_the_first_time)
    sync.sync(installed=with_new_goal(installed))
    assert len(calls) == 1
    assert len(objects.Goal.list(DELETED, filters={"name": "dummy"})) == 2


def test_a_strategy_of_an_unknown_goal_is_left_out(monkeypatch, own_strategy):
    own_strategy(lambda self: None)
    cls = loading.STRATEGIES.load_class("dummy")
    monkeypatch.setattr(cls, "get_goal_name", classmethod(lambda _: "no_such_goal"))
    assert catalogue.installed().strategies == {}
