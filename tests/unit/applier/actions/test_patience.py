# SPDX-License-Identifier: Apache-2.0
"""How long actions wait for a Nova that is away before they have asked it for anything."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fixtures.fake_nova import FakeNova
from tests.unit.applier.actions.conftest import SERVER, a_migration, requests
from watcher.applier.actions import base
from watcher.applier.actions.base import Interrupted, Patience, StopRequest
from watcher.clients.nova import NovaConflict, NovaUnanswered, NovaUnreachable
from watcher.common.exception import WatcherException


class Clock:
    """A clock that only waiting moves on."""

    def __init__(self, stop: StopRequest) -> None:
        self.now = 1000.0
        stop.draining.wait = self.wait  # type: ignore[method-assign]  # a double

    def __call__(self) -> float:
        return self.now

    def wait(self, timeout: float | None = None) -> bool:
        self.now += timeout or 0
        return False


@pytest.fixture(autouse=True)
def patient(no_patience: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "AWAY_S", 60.0)
    monkeypatch.setattr(base, "AWAY_INTERVAL_S", 2.0)


@pytest.fixture
def stop() -> StopRequest:
    return StopRequest()


@pytest.fixture
def clock(stop: StopRequest) -> Clock:
    return Clock(stop)


def away(times: int, then: object = "here") -> Callable[[], object]:
    """Return a call that does not reach Nova some times, and then returns or raises."""
    left = [times]

    def call() -> object:
        if left[0] > 0:
            left[0] -= 1
            raise NovaUnreachable(reason="refused")
        if isinstance(then, Exception):
            raise then
        return then

    return call


def test_a_nova_that_comes_back_costs_a_delay(stop: StopRequest, clock: Clock) -> None:
    assert Patience(stop, clock).call(away(5)) == "here"
    assert clock.now == 1010


def test_a_nova_that_stays_away_is_given_up_with_its_reason(
    stop: StopRequest, clock: Clock
) -> None:
    with pytest.raises(NovaUnreachable, match="refused"):
        Patience(stop, clock).call(away(10_000))
    assert clock.now == 1060


def test_the_actions_of_a_plan_wait_together(stop: StopRequest, clock: Clock) -> None:
    patience = Patience(stop, clock)
    for _action in range(3):
        with pytest.raises(NovaUnreachable):
            patience.call(away(10_000))
    assert clock.now == 1060


def test_an_answer_ends_the_absence(stop: StopRequest, clock: Clock) -> None:
    patience = Patience(stop, clock)
    for _outage in range(3):
        assert patience.call(away(20)) == "here"
    assert clock.now == 1120


def test_a_refusal_is_an_answer(stop: StopRequest, clock: Clock) -> None:
    patience = Patience(stop, clock)
    for _outage in range(3):
        with pytest.raises(NovaConflict):
            patience.call(away(20, NovaConflict(reason="locked")))
    assert clock.now == 1120


def test_what_nova_may_have_heard_is_not_asked_again(stop: StopRequest, clock: Clock) -> None:
    with pytest.raises(NovaUnanswered):
        Patience(stop, clock).call(away(0, NovaUnanswered(reason="timed out")))
    assert clock.now == 1000


def test_an_applier_that_stops_does_not_wait(stop: StopRequest) -> None:
    stop.draining.set()
    with pytest.raises(Interrupted):
        Patience(stop).call(away(1))


@pytest.mark.parametrize("request_", ["get_server", "migrations_of", "live_migrate"])
def test_a_move_is_asked_for_once_however_often_nova_was_away_before(
    cloud: FakeNova, request_: str
) -> None:
    action = a_migration(cloud)
    action.patience = Patience(action.stop, Clock(action.stop))
    cloud.errors[request_] = [NovaUnreachable(reason="refused")] * 3
    assert action.execute() is True
    assert cloud.servers[SERVER].host == "target"
    assert len(cloud.migrations) == 1
    assert set(requests(cloud)) == {"live_migrate"}


def test_a_destination_that_cannot_be_checked_does_not_cost_each_action_the_time(
    cloud: FakeNova,
) -> None:
    stop = StopRequest()
    clock = Clock(stop)
    patience = Patience(stop, clock)
    cloud.errors["list_services"] = [NovaUnreachable(reason="refused")] * 10_000
    for _action in range(3):
        action = a_migration(cloud)
        action.patience = patience
        with pytest.raises(WatcherException, match=r"target not found: .*refused"):
            patience.call(action.pre_condition)
    assert clock.now == 1060


def test_the_check_of_a_destination_waits(cloud: FakeNova) -> None:
    action = a_migration(cloud)
    action.patience = Patience(action.stop, Clock(action.stop))
    cloud.errors["list_services"] = [NovaUnreachable(reason="refused")] * 3
    action.pre_condition()


def test_another_action_may_hear_from_nova_between_two_looks_at_the_absence(
    stop: StopRequest,
) -> None:
    class Forgetful(Clock):
        """A clock during whose waits another action always hears from Nova."""

        def wait(self, timeout: float | None = None) -> bool:
            super().wait(timeout)
            patience.call(away(0))
            return False

    clock = Forgetful(stop)
    patience = Patience(stop, clock)
    assert patience.call(away(100)) == "here"
    assert clock.now == 1200
