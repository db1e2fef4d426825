# SPDX-License-Identifier: Apache-2.0
"""How an applier finds its plans: messages, sweeps, leftovers and dead peers."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable, Iterator

import pytest
from oslo_utils import uuidutils

from tests.unit.applier.conftest import HOST, Plan, a_nop, make_plan
from watcher import conf
from watcher.applier import service
from watcher.applier.actions import nop
from watcher.common import exception
from watcher.common.context import RequestContext
from watcher.db import models, repository
from watcher.db import session as db
from watcher.lifecycle import services

ApplierMaker = Callable[..., service.Applier]


@pytest.fixture
def applier() -> Iterator[service.Applier]:
    made = service.Applier(conf.CONF)
    yield made
    made.stop()


@pytest.fixture
def cancelling() -> Iterator[None]:
    """Set the published behaviour: do not resume."""
    conf.CONF.set_override("resume_interrupted_plans", False, "watcher_applier")
    yield
    conf.CONF.clear_override("resume_interrupted_plans", "watcher_applier")


def run_all(applier: service.Applier) -> None:
    """Wait until everything that was found has been run."""
    applier.stop()


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the messages of nop actions that were executed."""
    done: list[str] = []

    def execute(self: nop.Nop) -> bool:
        done.append(str(self.message))
        return True

    monkeypatch.setattr(nop.Nop, "execute", execute)
    return done


def settled(plan: Plan, state: str) -> bool:
    """Wait, a short time at most, until the plan has a state."""
    pause = threading.Event()
    for _attempt in range(500):
        if plan.state == state:
            return True
        pause.wait(0.01)
    return False


def a_dead_host(name: str) -> None:
    """Record an applier whose last heartbeat is long ago."""
    seen = datetime.datetime(2020, 1, 1)
    with db.write() as unit:
        values = {"name": service.NAME, "host": name, "last_seen_up": seen}
        repository.create(unit, models.Service, values)


@pytest.mark.parametrize("state", ["PENDING", "RECOMMENDED"])
def test_a_message_starts_a_plan(
    applier: service.Applier, context: RequestContext, state: str
) -> None:
    plan = make_plan(a_nop(), state=state)
    endpoint = service.TriggerActionPlan(applier)
    assert endpoint.launch_action_plan(context, plan.uuid) == plan.uuid
    assert settled(plan, "SUCCEEDED")
    assert plan.row().hostname == HOST


def test_a_message_about_an_unknown_plan_is_refused(
    applier: service.Applier, context: RequestContext
) -> None:
    endpoint = service.TriggerActionPlan(applier)
    with pytest.raises(exception.ActionPlanNotFound):
        endpoint.launch_action_plan(context, uuidutils.generate_uuid())


def test_doubled_and_late_messages_run_a_plan_once(
    applier: service.Applier, context: RequestContext, counted: list[str]
) -> None:
    plan = make_plan(a_nop())
    for _time in range(3):
        applier.launch(context, plan.uuid)
    assert settled(plan, "SUCCEEDED")
    applier.launch(context, plan.uuid)
    applier.sweep()
    run_all(applier)
    assert counted == ["hello"]


@pytest.mark.parametrize("state", ["SUCCEEDED", "FAILED", "CANCELLED", "SUPERSEDED"])
def test_a_message_about_a_finished_plan_does_nothing(
    applier: service.Applier, context: RequestContext, counted: list[str], state: str
) -> None:
    plan = make_plan(a_nop(), state=state)
    applier.launch(context, plan.uuid)
    run_all(applier)
    assert (plan.state, counted) == (state, [])


def test_the_sweep_finds_a_plan_that_nobody_rang_for(applier: service.Applier) -> None:
    plan = make_plan(a_nop())
    applier.sweep()
    assert settled(plan, "SUCCEEDED")


def test_the_sweep_leaves_recommended_plans_alone(
    applier: service.Applier, counted: list[str]
) -> None:
    plan = make_plan(a_nop(), state="RECOMMENDED")
    applier.sweep()
    run_all(applier)
    assert (plan.state, counted) == ("RECOMMENDED", [])


@pytest.mark.parametrize(("state", "end"), [("ONGOING", "SUCCEEDED"), ("CANCELLING", "CANCELLED")])
def test_own_leftovers_are_resumed(applier: service.Applier, state: str, end: str) -> None:
    plan = make_plan(a_nop(state="SUCCEEDED"), a_nop(0), state=state, hostname=HOST)
    applier.sweep()
    assert settled(plan, end)


@pytest.mark.usefixtures("cancelling")
@pytest.mark.parametrize("state", ["ONGOING", "CANCELLING"])
def test_own_leftovers_are_cancelled_when_told_so(applier: service.Applier, state: str) -> None:
    plan = make_plan(
        a_nop(state="SUCCEEDED"), a_nop(state="ONGOING"), a_nop(), state=state, hostname=HOST
    )
    applier.sweep()
    assert (plan.state, plan.states()) == ("CANCELLED", ["SUCCEEDED", "CANCELLED", "CANCELLED"])
    text = f"was cancelled because Applier {HOST} was stopped while the action plan was ongoing."
    assert plan.row().status_message == f"Action plan {text}"
    assert plan.messages()[1:] == [f"Action {text}"] * 2


def test_a_plan_that_runs_here_is_no_leftover(
    applier: service.Applier, context: RequestContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_plan(a_nop())
    runs: list[int] = []

    def sweep(_self: object) -> bool:
        runs.append(1)
        applier.sweep()
        return True

    monkeypatch.setattr(nop.Nop, "execute", sweep)
    applier.launch(context, plan.uuid)
    assert settled(plan, "SUCCEEDED")
    run_all(applier)
    assert runs == [1]


def test_the_plans_of_a_dead_peer_are_taken_over(applier: service.Applier) -> None:
    a_dead_host("applier-0")
    running = make_plan(a_nop(state="ONGOING"), state="ONGOING", hostname="applier-0")
    cancelled = make_plan(a_nop(), state="CANCELLING", hostname="applier-0")
    waiting = make_plan(a_nop(), hostname="applier-0")
    applier.beat()
    applier.watch_peers()
    assert settled(running, "SUCCEEDED")
    assert settled(cancelled, "CANCELLED")
    applier.sweep()
    assert settled(waiting, "SUCCEEDED")
    assert {plan.row().hostname for plan in (running, cancelled, waiting)} == {HOST}


def test_only_the_leader_takes_over(applier: service.Applier, context: RequestContext) -> None:
    a_dead_host("dead")
    services.beat(context, service.NAME, "a-smaller-name")
    plan = make_plan(a_nop(), state="ONGOING", hostname="dead")
    applier.beat()
    applier.watch_peers()
    run_all(applier)
    assert (plan.state, plan.row().hostname) == ("ONGOING", "dead")


def test_the_plans_of_a_living_peer_are_left_alone(
    applier: service.Applier, context: RequestContext
) -> None:
    services.beat(context, service.NAME, "living")
    plan = make_plan(a_nop(), state="ONGOING", hostname="living")
    applier.beat()
    applier.watch_peers()
    applier.sweep()
    run_all(applier)
    assert plan.row().hostname == "living"


def test_nothing_is_begun_while_the_daemon_stops(
    applier: service.Applier, context: RequestContext
) -> None:
    plan = make_plan(a_nop())
    applier.stop()
    applier.launch(context, plan.uuid)
    assert plan.state == "PENDING"


def test_a_plan_waits_for_a_free_worker_without_being_taken(
    applier: service.Applier, context: RequestContext
) -> None:
    first = make_plan(("sleep", {"duration": 3600}, (), "PENDING"))
    second = make_plan(a_nop())
    applier.launch(context, first.uuid)
    assert settled(first, "ONGOING")
    applier.launch(context, second.uuid)
    assert (second.state, second.row().hostname) == ("PENDING", None)
    applier.stop()
    assert (first.state, second.state) == ("ONGOING", "PENDING")


def test_the_service_has_the_published_topic_and_name() -> None:
    built = service.build(conf.CONF)
    assert built.name == "watcher-applier"
