# SPDX-License-Identifier: Apache-2.0
"""One plan that is stopped in the middle and taken up again."""

from __future__ import annotations

import threading
from typing import Any

from tests.fixtures.fake_nova import FakeNova, a_server, arrive, begin, nothing
from tests.unit.applier.conftest import (
    HOST,
    SERVER,
    Bus,
    Manager,
    a_move,
    a_nop,
    make_plan,
    resume,
    run,
)
from watcher.common.context import RequestContext


def a_sleep(duration: float, *parents: int, state: str = "PENDING") -> Any:
    return ("sleep", {"duration": duration}, parents, state)


class SetWhenWaitedFor(threading.Event):
    """A stop that is asked for as soon as an action waits for one."""

    def wait(self, timeout: float | None = None) -> bool:
        self.set()
        return True


def test_a_stop_leaves_the_plan_for_the_next_start(
    context: RequestContext, manager: Manager
) -> None:
    plan = make_plan(a_nop(), a_sleep(3600, 0), a_nop(1))
    manager.stop_request.draining = SetWhenWaitedFor()
    run(context, plan, manager)
    assert (plan.state, plan.states()) == ("ONGOING", ["SUCCEEDED", "ONGOING", "PENDING"])


def test_a_resumed_plan_keeps_what_is_done_and_goes_on(
    context: RequestContext, manager: Manager, bus: Bus
) -> None:
    plan = make_plan(
        a_nop(state="FAILED"),
        a_sleep(0, 0, state="ONGOING"),
        a_nop(1),
        state="ONGOING",
        hostname=HOST,
    )
    resume(context, plan, manager)
    assert (plan.state, plan.states()) == ("FAILED", ["FAILED", "SUCCEEDED", "SUCCEEDED"])
    assert bus.of(plan.actions[0]) == []
    assert bus.of(plan.actions[1]) == [
        "action.update SUCCEEDED",
        "action.execution.end SUCCEEDED",
    ]


def test_a_migration_that_runs_in_nova_is_adopted(
    context: RequestContext, manager: Manager, cloud: FakeNova
) -> None:
    cloud.add(a_server(SERVER, "source"))
    begin(cloud, SERVER, "live-migration", "target")
    cloud.under_way([nothing, lambda: arrive(cloud, SERVER, "target")])
    plan = make_plan(a_move(state="ONGOING"), state="ONGOING", hostname=HOST)
    resume(context, plan, manager)
    assert (plan.state, cloud.calls) == ("SUCCEEDED", [])


def test_a_server_that_has_arrived_meanwhile_is_not_moved_again(
    context: RequestContext, manager: Manager, cloud: FakeNova
) -> None:
    cloud.add(a_server(SERVER, "target"))
    plan = make_plan(a_move(state="ONGOING"), state="ONGOING", hostname="dead")
    resume(context, plan, manager)
    assert (plan.state, cloud.calls, plan.row().hostname) == ("SUCCEEDED", [], HOST)


def test_a_server_that_never_left_is_moved(
    context: RequestContext, manager: Manager, cloud: FakeNova
) -> None:
    cloud.add(a_server(SERVER, "source"))
    cloud.script = lambda cloud, uuid, to: [lambda: arrive_at_once(cloud, uuid, to)]
    plan = make_plan(a_move(state="ONGOING"), state="ONGOING", hostname=HOST)
    resume(context, plan, manager)
    assert plan.state == "SUCCEEDED"
    assert cloud.calls == [("live_migrate", SERVER, "target")]


def arrive_at_once(cloud: FakeNova, uuid: str, to: str) -> None:
    begin(cloud, uuid, "live-migration", to)
    arrive(cloud, uuid, to)


def test_a_server_that_somebody_else_moved_is_skipped_on_resume(
    context: RequestContext, manager: Manager, cloud: FakeNova
) -> None:
    cloud.add(a_server(SERVER, "elsewhere"))
    plan = make_plan(a_move(state="ONGOING"), state="ONGOING", hostname=HOST)
    resume(context, plan, manager)
    assert (plan.state, plan.states()) == ("SUCCEEDED", ["SKIPPED"])


def test_a_cancelled_plan_whose_applier_died_ends_cancelled(
    context: RequestContext, manager: Manager, cloud: FakeNova
) -> None:
    cloud.add(a_server(SERVER, "source"))
    plan = make_plan(a_move(state="ONGOING"), a_nop(0), state="CANCELLING", hostname=HOST)
    resume(context, plan, manager)
    assert (plan.state, plan.states()) == ("CANCELLED", ["CANCELLED", "CANCELLED"])
    assert cloud.calls == []
