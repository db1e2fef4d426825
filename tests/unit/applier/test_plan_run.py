# SPDX-License-Identifier: Apache-2.0
"""One plan from claim to final state: states, messages and events in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from oslo_db import exception as db_exception

from tests.fixtures.fake_nova import FakeNova, a_server
from tests.unit.applier.conftest import (
    HOST,
    SERVER,
    Bus,
    Manager,
    Plan,
    a_move,
    a_nop,
    make_plan,
    resume,
    run,
)
from watcher import conf, objects
from watcher.applier import default, plans
from watcher.applier.actions import nop
from watcher.applier.workflow_engine import base
from watcher.common.context import RequestContext
from watcher.lifecycle import action_plans, actions


def test_a_good_plan_succeeds(context: RequestContext, manager: Manager, bus: Bus) -> None:
    plan = make_plan(a_nop(), a_nop(0))
    run(context, plan, manager)
    assert (plan.state, plan.states()) == ("SUCCEEDED", ["SUCCEEDED"] * 2)
    each = [
        "action.execution.start PENDING",
        "action.update ONGOING",
        "action.update SUCCEEDED",
        "action.execution.end SUCCEEDED",
    ]
    assert bus.events == [
        "action_plan.update ONGOING",
        "action_plan.execution.start ONGOING",
        *each,
        *each,
        "action_plan.update SUCCEEDED",
        "action_plan.execution.end SUCCEEDED",
    ]


def test_the_log_counts_actions_at_both_ends(
    context: RequestContext, manager: Manager, caplog: pytest.LogCaptureFixture
) -> None:
    plan = make_plan(a_nop(), a_nop(0, fail_execute=True))
    with caplog.at_level("INFO", logger="watcher.applier.action_plan.handler"):
        run(context, plan, manager)
    told = [line for line in caplog.messages if line.startswith("Action plan")]
    assert [line.split(" ", 3)[3] for line in told] == [
        "is worked on; actions: 2 PENDING",
        "is done; actions: 1 FAILED, 1 SUCCEEDED",
        "FAILED",
    ]


def test_a_plan_without_actions_succeeds(context: RequestContext, manager: Manager) -> None:
    plan = make_plan()
    run(context, plan, manager)
    assert plan.state == "SUCCEEDED"


@pytest.mark.parametrize(
    ("flag", "state", "message"),
    [
        ("fail_execute", "FAILED", "Action failed in execute: The action {} execution failed."),
        ("fail_pre_condition", "FAILED", "Action failed in pre_condition: Failed in pre_condition"),
        (
            "fail_post_condition",
            "FAILED",
            "Action failed in post_condition: Failed in post_condition",
        ),
        (
            "skip_pre_condition",
            "SKIPPED",
            "Action was skipped automatically: Skipped in pre_condition",
        ),
    ],
)
def test_children_run_whatever_became_of_their_parent(
    context: RequestContext, manager: Manager, flag: str, state: str, message: str
) -> None:
    plan = make_plan(a_nop(**{flag: True}), a_nop(0))
    run(context, plan, manager)
    assert plan.states() == [state, "SUCCEEDED"]
    assert plan.messages() == [message.format(plan.actions[0]), None]
    assert plan.state == ("FAILED" if state == "FAILED" else "SUCCEEDED")
    text = "One or more actions were skipped." if state == "SKIPPED" else None
    assert plan.row().status_message == text


def test_an_action_that_returns_no_success_fails_with_the_published_fault(
    context: RequestContext, manager: Manager, bus: Bus
) -> None:
    run(context, make_plan(a_nop(fail_execute=True)), manager)
    (data,) = [data for event, data in bus.sent if event == "action.execution.error"]
    fault = data["fault"]["watcher_object.data"]
    assert fault["exception"] == "ActionExecutionFailure"
    assert (fault["module_name"], fault["function_name"]) == (
        "watcher.applier.workflow_engine.default",
        "do_execute",
    )


def test_the_first_failure_of_an_action_keeps_its_message(
    context: RequestContext, manager: Manager
) -> None:
    plan = make_plan(
        a_nop(fail_execute=True, fail_post_condition=True),
        a_nop(fail_pre_condition=True, fail_post_condition=True),
        a_nop(skip_pre_condition=True, fail_post_condition=True),
    )
    run(context, plan, manager)
    assert plan.states() == ["FAILED", "FAILED", "SKIPPED"]
    starts = ["Action failed in execute", "Action failed in pre_condition", "Action was skipped"]
    assert all(
        str(text).startswith(start) for text, start in zip(plan.messages(), starts, strict=True)
    )


def test_a_failed_action_tells_one_update_and_one_error(
    context: RequestContext, manager: Manager, bus: Bus
) -> None:
    plan = make_plan(a_nop(fail_execute=True))
    run(context, plan, manager)
    assert bus.of(plan.actions[0])[-2:] == ["action.update FAILED", "action.execution.error FAILED"]
    assert bus.of(plan.uuid)[-2:] == [
        "action_plan.update FAILED",
        "action_plan.execution.error FAILED",
    ]


@pytest.mark.parametrize("result", [None, 1, "yes", False])
def test_only_true_is_success(
    context: RequestContext,
    manager: Manager,
    result: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(nop.Nop, "execute", lambda _self: result)
    plan = make_plan(a_nop())
    run(context, plan, manager)
    assert plan.states() == ["FAILED"]


def test_a_foreign_error_is_named_by_its_class(
    context: RequestContext, manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(_self: object) -> bool:
        raise KeyError("secret")

    monkeypatch.setattr(nop.Nop, "execute", explode)
    plan = make_plan(a_nop())
    run(context, plan, manager)
    assert plan.messages() == ["Action failed in execute: KeyError"]


def test_wrong_parameters_are_named(context: RequestContext, manager: Manager) -> None:
    plan = make_plan(("sleep", {"duration": -1}, (), "PENDING"), ("sleep", {}, (), "PENDING"))
    run(context, plan, manager)
    assert plan.messages() == [
        "Action failed in pre_condition: ValidationError: duration: -1 is less than the minimum "
        "of 0",
        "Action failed in pre_condition: ValidationError: 'duration' is a required property",
    ]


def test_an_unknown_type_fails_and_the_others_run(
    context: RequestContext, manager: Manager
) -> None:
    plan = make_plan(("dance", {}, (), "PENDING"), a_nop(0))
    run(context, plan, manager)
    assert plan.states() == ["FAILED", "SUCCEEDED"]
    assert plan.messages()[0] == "Action failed in pre_condition: Error loading plugin 'dance'"


def test_an_action_that_a_user_skipped_is_left_alone(
    context: RequestContext, manager: Manager, bus: Bus
) -> None:
    plan = make_plan(a_nop(state="SKIPPED"), a_nop(0))
    run(context, plan, manager)
    assert plan.states() == ["SKIPPED", "SUCCEEDED"]
    assert bus.of(plan.actions[0]) == []


def test_a_parent_outside_the_plan_fails_the_plan(
    context: RequestContext, manager: Manager
) -> None:
    plan = make_plan(a_nop())
    plan.set_action(0, parents=["20000000-0000-4000-8000-000000000002"])
    run(context, plan, manager)
    assert (plan.state, plan.states()) == ("FAILED", ["PENDING"])
    assert "not in its plan" in str(plan.row().status_message)


def test_a_cancel_between_two_actions_is_noticed(
    context: RequestContext, manager: Manager, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_plan(a_nop(), a_nop(0, fail_post_condition=True), a_nop(1))

    def cancel(_self: object) -> bool:
        plan.set(state="CANCELLING")
        return True

    monkeypatch.setattr(nop.Nop, "execute", cancel)
    run(context, plan, manager)
    assert (plan.state, plan.states()) == ("CANCELLED", ["SUCCEEDED", "CANCELLED", "CANCELLED"])
    assert bus.events[4:] == [
        "action.update SUCCEEDED",
        "action.execution.end SUCCEEDED",
        "action_plan.cancel.start CANCELLING",
        "action.cancel.start PENDING",
        "action.update CANCELLED",
        "action.cancel.end CANCELLED",
        "action.update CANCELLED",
        "action_plan.update CANCELLED",
        "action_plan.cancel.end CANCELLED",
    ]


def test_a_cancel_during_the_last_action_is_not_lost(
    context: RequestContext, manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_plan(a_nop())

    def cancel(_self: object) -> bool:
        plan.set(state="CANCELLING")
        return True

    monkeypatch.setattr(nop.Nop, "execute", cancel)
    run(context, plan, manager)
    assert (plan.state, plan.states()) == ("CANCELLED", ["SUCCEEDED"])


def test_a_plan_that_was_taken_away_is_left_alone(
    context: RequestContext, manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_plan(a_nop(), a_nop(0))

    def lose(_self: object) -> bool:
        plan.set(hostname="applier-2")
        return True

    monkeypatch.setattr(nop.Nop, "execute", lose)
    run(context, plan, manager)
    assert (plan.state, plan.states()) == ("ONGOING", ["ONGOING", "PENDING"])


def test_no_action_starts_while_the_daemon_stops(context: RequestContext, manager: Manager) -> None:
    plan = make_plan(a_nop())
    manager.stop_request.draining.set()
    run(context, plan, manager)
    assert (plan.state, plan.states()) == ("ONGOING", ["PENDING"])


# -- alternatives, failures of the database, third parties ----------------------------------------


@pytest.fixture
def any_rule(context: RequestContext) -> Iterator[Callable[[Plan], None]]:
    """Let the strategies of plans have rule ANY."""
    group = "watcher_workflow_engines.taskflow"
    default.check_engine()

    def apply(plan: Plan) -> None:
        name = plans.read(context, plan.uuid).strategy.name
        conf.CONF.set_override("action_execution_rule", {name: "ANY"}, group)

    yield apply
    conf.CONF.clear_override("action_execution_rule", group)


def test_an_alternative_to_a_success_is_skipped(
    context: RequestContext, manager: Manager, any_rule: Callable[[Plan], None]
) -> None:
    plan = make_plan(a_nop(), a_nop(0), a_nop(1))
    any_rule(plan)
    run(context, plan, manager)
    assert (plan.state, plan.states()) == ("SUCCEEDED", ["SUCCEEDED", "SKIPPED", "SKIPPED"])
    assert "an alternative before it has succeeded" in str(plan.messages()[1])


def test_an_alternative_to_a_failure_runs(
    context: RequestContext, manager: Manager, any_rule: Callable[[Plan], None]
) -> None:
    plan = make_plan(a_nop(fail_execute=True), a_nop(0))
    any_rule(plan)
    run(context, plan, manager)
    assert plan.states() == ["FAILED", "SUCCEEDED"]


def test_a_failure_of_the_database_leaves_the_plan_to_a_sweep(
    context: RequestContext, manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_plan(a_nop(), a_nop(0))

    def lose_connection(*_args: object) -> bool:
        raise db_exception.DBConnectionError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(actions, "succeeded", lose_connection)
        run(context, plan, manager)
    assert (plan.state, plan.states()) == ("ONGOING", ["ONGOING", "PENDING"])
    resume(context, plan, manager)
    assert (plan.state, plan.states()) == ("SUCCEEDED", ["SUCCEEDED", "SUCCEEDED"])


def test_an_engine_of_somebody_else_can_record_states(
    context: RequestContext, manager: Manager
) -> None:
    class Serial(base.BaseWorkFlowEngine):
        def execute(self, actions: Sequence[objects.Action]) -> None:
            for action, end in zip(actions, ("SUCCEEDED", "FAILED"), strict=False):
                self.notify(action, "ONGOING")
                plugin = self.action_factory.make_action(action, osc=self.osc)
                assert plugin.execute() is True
                self.notify(action, end, "no luck")
            self.notify(actions[2], "SKIPPED", "not today")
            self.notify(actions[3], "CANCELLED")

    plan = make_plan(a_nop(), a_nop(), a_nop(), a_nop())
    claimed = action_plans.claim(context, plan.uuid, HOST)
    assert claimed is not None
    Serial({}, context, manager).execute(actions.of_plan(context, claimed))
    assert plan.states() == ["SUCCEEDED", "FAILED", "SKIPPED", "CANCELLED"]


def test_an_action_whose_recorded_start_was_not_heard_of_is_settled_and_done_once(
    context: RequestContext,
    manager: Manager,
    cloud: FakeNova,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write = actions._write

    def write_and_lose_the_answer(*args: Any) -> Any:
        made = write(*args)
        return None if made is not None and args[2].to_state == "ONGOING" else made

    monkeypatch.setattr(actions, "_write", write_and_lose_the_answer)
    cloud.add(a_server(SERVER, "source"))
    plan = make_plan(a_move())
    run(context, plan, manager)
    assert (plan.state, plan.states()) == ("SUCCEEDED", ["SUCCEEDED"])
