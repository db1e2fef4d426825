# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from oslo_db import exception as db_exception

from tests.unit.decision_engine.conftest import ME, PEER, Plugins
from watcher import objects
from watcher.common import exception
from watcher.db import models, repository
from watcher.db import session as db
from watcher.decision_engine.loading import default as loading
from watcher.decision_engine.planner.base import BasePlanner
from watcher.domain.draft import Draft
from watcher.domain.snapshot import Host, Snapshot
from watcher.lifecycle import action_plans, audits


def test_a_oneshot_audit_gets_its_plan_and_tells_the_published_story(engine):
    audit = engine.run(engine.audit(parameters={"para1": 1.0, "para2": "hi"}))
    assert (audit.state, audit.hostname, audit.status_message) == ("SUCCEEDED", ME, None)
    (plan,) = engine.plans(audit)
    assert plan.state == "RECOMMENDED"
    assert engine.bus.story == [
        "audit.update PENDING->ONGOING",
        "audit.strategy.start",
        "audit.strategy.end",
        "audit.planner.start",
        "action_plan.create",
        "action.create",
        "action.create",
        "action.create",
        "audit.planner.end",
        "audit.update ONGOING->SUCCEEDED",
    ]


def test_an_empty_solution_makes_a_plan_that_has_succeeded(engine, own_strategy):
    own_strategy(lambda self: None)
    audit = engine.run(engine.audit())
    assert [plan.state for plan in engine.plans(audit)] == ["SUCCEEDED"]
    assert "action_plan.update RECOMMENDED->SUCCEEDED" in engine.bus.story
    assert "action.create" not in engine.bus.story


def test_without_a_strategy_the_first_of_the_goal_runs(engine):
    audit = engine.run(engine.audit(strategy=None))
    (plan,) = engine.plans(audit)
    assert plan.strategy_id == engine.audit().strategy_id


def test_a_goal_without_strategy_fails_readably(engine):
    audit = engine.run(engine.audit(goal="saving_energy", strategy=None))
    assert audit.state == "FAILED"
    assert "saving_energy" in audit.status_message


def test_missing_parameters_get_their_defaults_also_beside_given_ones(engine):
    audit = engine.run(engine.audit(parameters={"para2": "hi"}))
    (plan,) = engine.plans(audit)
    actions = objects.Action.list(engine.context, filters={"action_plan_id": plan.id})
    assert [action.input_parameters for action in actions] == [
        {"message": "hello World"},
        {"message": "hi"},
        {"duration": 3.2},
    ]
    assert [action.parents for action in actions] == [[], [actions[0].uuid], [actions[1].uuid]]


def test_a_strategy_without_schema_gets_the_parameters_as_they_are(engine, own_strategy):
    seen = {}
    own_strategy(lambda self: seen.update(self.input_parameters))
    engine.run(engine.audit(parameters={"given": 1}))
    assert seen == {"given": 1}


@pytest.mark.parametrize(
    ("error", "lines"),
    [(exception.ComputeNodeNotFound(name="no-such-node"), False), (RuntimeError("boom"), True)],
    ids=["foreseen", "a bug"],
)
def test_only_what_nobody_foresaw_is_logged_with_a_traceback(
    engine, own_strategy, caplog, error, lines
):
    def act(_self):
        raise error

    own_strategy(act)
    audit = engine.run(engine.audit())
    (record,) = [found for found in caplog.records if found.levelname == "ERROR"]
    assert audit.uuid in record.getMessage()
    assert bool(record.exc_info) is lines
    assert lines or "no-such-node" in record.getMessage()


@pytest.mark.parametrize(
    "error", [RuntimeError("boom"), exception.ComputeNodeNotFound(name="x"), SystemExit(3)]
)
def test_whatever_a_strategy_raises_fails_the_audit(engine, own_strategy, error):
    def act(_self):
        raise error

    own_strategy(act)
    audit = engine.run(engine.audit())
    assert audit.state == "FAILED"
    assert audit.status_message.startswith("Strategy failed: ")
    assert str(error) in audit.status_message
    assert engine.bus.story[1:] == [
        "audit.strategy.start",
        "audit.strategy.error",
        "audit.update ONGOING->FAILED",
    ]
    assert engine.plans(audit) == []


@pytest.mark.parametrize("phase", ["strategy", "border"])
def test_a_run_that_loses_its_database_is_left_to_a_sweep(
    engine, own_strategy, caplog, monkeypatch, phase
):
    def lose(*_):
        raise db_exception.DBConnectionError(OSError("Connection refused"))

    own_strategy(lose if phase == "strategy" else (lambda _: None))
    if phase == "border":
        monkeypatch.setattr(audits, "check_owned", lose)
    audit = engine.run(engine.audit())
    assert (audit.state, audit.hostname) == ("ONGOING", ME)
    assert not any("error" in line for line in engine.bus.story)
    (record,) = [found for found in caplog.records if found.levelname == "ERROR"]
    assert record.exc_info is None
    assert "Connection refused" in record.getMessage()


def test_a_long_reason_is_cut_to_what_the_column_holds(engine, own_strategy):
    own_strategy(lambda _self: (_ for _ in ()).throw(ValueError("x" * 400)))
    assert len(engine.run(engine.audit()).status_message) == 255


def test_an_unknown_action_type_fails_before_a_row_is_written(engine):
    actions = [{"action_type": "no_such_action", "input_parameters": {}}]
    audit = engine.audit(goal="unclassified", strategy="actuator", parameters={"actions": actions})
    audit = engine.run(audit)
    assert audit.state == "FAILED"
    assert audit.status_message.startswith("Planner failed: ")
    assert "no_such_action" in audit.status_message
    assert engine.plans(audit) == []
    assert engine.bus.story[-3:] == [
        "audit.planner.start",
        "audit.planner.error",
        "audit.update ONGOING->FAILED",
    ]


MISMATCH = "(Strategy actuator belongs to goal unclassified, but the audit has goal dummy.)"


@pytest.mark.parametrize("action_type", ["no_such_action", "x" * 400])
def test_the_failure_of_an_audit_names_a_strategy_of_another_goal(engine, action_type):
    actions = [{"action_type": action_type, "input_parameters": {}}]
    audit = engine.run(engine.audit(strategy="actuator", parameters={"actions": actions}))
    assert audit.state == "FAILED"
    assert audit.status_message.startswith("Planner failed: ")
    assert action_type[:20] in audit.status_message
    assert audit.status_message.endswith(MISMATCH)


def test_an_audit_with_a_strategy_of_another_goal_may_succeed(engine):
    audit = engine.run(engine.audit(goal="unclassified", strategy="dummy"))
    assert (audit.state, audit.status_message) == ("SUCCEEDED", None)


def test_a_goal_that_was_made_again_is_no_other_goal(engine, own_strategy):
    own_strategy(lambda _self: (_ for _ in ()).throw(ValueError("no")))
    audit = engine.audit()
    with db.write() as session:
        values = {"name": "dummy", "display_name": "d", "efficacy_specification": []}
        repository.soft_delete(session, models.Goal, audit.goal_id)
        made = repository.create(session, models.Goal, values)
        number = made.id
    engine.write("audits", audit.uuid, goal_id=number)
    assert "belongs" not in engine.run(engine.read(audit.uuid)).status_message


def test_a_reserved_word_fails_the_strategy(engine):
    actions = [{"action_type": "nop", "input_parameters": {"resource_id": "x"}}]
    audit = engine.audit(goal="unclassified", strategy="actuator", parameters={"actions": actions})
    assert "resource_id" in engine.run(audit).status_message


def test_a_missing_parameter_fails_readably(engine):
    audit = engine.audit(goal="cluster_maintaining", strategy="host_maintenance", parameters={})
    audit = engine.run(audit)
    assert audit.state == "FAILED"
    assert "maintenance_node" in audit.status_message


def test_a_cloud_that_cannot_be_read_fails_readably(engine):
    engine.cloud_error = exception.ClusterDataModelCollectionError("Nova does not answer")
    audit = engine.run(engine.audit())
    assert (audit.state, audit.status_message) == (
        "FAILED",
        "Strategy failed: Nova does not answer",
    )


def test_the_strategy_sees_the_scope_of_the_audit(engine, own_strategy):
    seen = []
    own_strategy(lambda self: seen.extend(host.hostname for host in self.snapshot.hosts.values()))
    scope = [{"compute": [{"exclude": [{"compute_nodes": [{"name": "cmp2"}]}]}]}]
    engine.run(engine.audit(scope=scope))
    assert seen == ["cmp1", "cmp3"]


def test_auto_trigger_starts_the_plan(engine):
    audit = engine.run(engine.audit(auto_trigger=True))
    (plan,) = engine.plans(audit)
    assert plan.state == "PENDING"
    assert engine.bus.rings == [("plan", plan.uuid)]


def test_auto_trigger_of_an_empty_plan_starts_nothing(engine, own_strategy):
    own_strategy(lambda self: None)
    audit = engine.run(engine.audit(auto_trigger=True))
    assert [plan.state for plan in engine.plans(audit)] == ["SUCCEEDED"]
    assert engine.bus.rings == []


def test_a_cancel_during_the_strategy_is_respected(engine, own_strategy):
    audit = engine.audit()
    own_strategy(lambda self: engine.write("audits", audit.uuid, state="CANCELLED"))
    audit = engine.run(audit)
    assert audit.state == "CANCELLED"
    assert engine.plans(audit) == []


def test_a_cancel_while_a_failing_strategy_runs_is_respected(engine, own_strategy):
    audit = engine.audit()

    def act(_self):
        engine.write("audits", audit.uuid, state="CANCELLED")
        raise RuntimeError

    own_strategy(act)
    assert engine.run(audit).state == "CANCELLED"


def test_an_audit_that_a_peer_took_over_is_left_to_it(engine, own_strategy):
    audit = engine.audit()
    own_strategy(lambda self: engine.write("audits", audit.uuid, hostname=PEER))
    audit = engine.run(audit)
    assert (audit.state, audit.hostname) == ("ONGOING", PEER)
    assert engine.plans(audit) == []


def test_indicators_and_global_efficacy_are_stored(engine, own_strategy):
    def act(self):
        goal = loading.GOALS.load("server_consolidation")
        self.solution.efficacy._specification = goal.efficacy_specification
        self.solution.set_efficacy_indicators(
            compute_nodes_count=4, released_compute_nodes_count=1, instance_migrations_count=2
        )
        self.solution.add_action("nop", {"message": "x"})

    own_strategy(act)
    (plan,) = engine.plans(engine.run(engine.audit()))
    assert [(one["name"], one["value"]) for one in plan.global_efficacy] == [
        ("released_nodes_ratio", 25.0)
    ]


def test_an_empty_cloud_is_a_valid_one(engine):
    engine.snapshot = Snapshot.of([Host("h", "cmp")])
    assert engine.run(engine.audit()).state == "SUCCEEDED"


def test_the_strategy_runs_outside_of_any_transaction(engine, own_strategy):
    units = []
    own_strategy(lambda self: units.append(db._unit.session))
    engine.run(engine.audit())
    assert units == [None]


def test_a_strategy_without_a_choice_gets_the_configured_planner(engine, own_strategy):
    def act(self):
        self.planner = None

    own_strategy(act)
    assert engine.run(engine.audit()).state == "SUCCEEDED"


def test_a_run_that_a_new_process_of_this_host_took_over_makes_no_plan(engine, own_strategy):
    audit = engine.audit()
    own_strategy(lambda self: audits.take_over(engine.context, engine.read(audit.uuid), ME))
    assert engine.run(audit).state == "ONGOING"
    assert engine.plans(audit) == []


def test_a_run_whose_plan_an_old_process_of_this_host_made_makes_no_other(engine, own_strategy):
    audit = engine.audit()

    def plan_in_the_old_process(_strategy):
        action_plans.create(engine.context, audit.id, ME, Draft("dummy"))

    own_strategy(plan_in_the_old_process)
    engine.run(audit)
    assert len(engine.plans(audit)) == 1


class OwnPlanner(BasePlanner):
    """A planner of a third party, which makes its rows itself."""

    def schedule(self, context, audit_uuid, solution):
        plan = objects.ActionPlan(
            context,
            audit_id=audit_uuid,
            strategy_id=objects.Strategy.get_by_name(context, solution.strategy.name).id,
            state="RECOMMENDED",
            global_efficacy=solution.global_efficacy,
        )
        plan.create()
        for action in solution.actions:
            row = objects.Action(context, action_plan_id=plan.id, state="PENDING", **action)
            row.create()
        return plan


def test_a_plan_that_a_planner_stored_itself_is_the_plan_of_the_audit(engine, monkeypatch):
    monkeypatch.setattr(loading, "PLANNERS", Plugins({"weight": OwnPlanner}))
    audit = engine.run(engine.audit(auto_trigger=True))
    (plan,) = engine.plans(audit)
    assert (audit.state, plan.state) == ("SUCCEEDED", "PENDING")
    actions = objects.Action.list(engine.context, filters={"action_plan_id": plan.id})
    assert [action.action_type for action in actions] == ["nop", "nop", "sleep"]
