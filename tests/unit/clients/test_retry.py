# SPDX-License-Identifier: Apache-2.0
"""Waiting and trying again end when they should."""

from __future__ import annotations

import pytest

from watcher.clients import retry


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


def test_waiting_returns_the_first_true_answer(time: Time) -> None:
    answers = iter([None, 0, "there", "later"])
    found = retry.wait_until(lambda: next(answers), 60, 5, clock=time.clock, sleep=time.sleep)
    assert found == "there"
    assert time.slept == [5, 5]


def test_waiting_looks_a_last_time_at_the_deadline_and_then_gives_up(time: Time) -> None:
    looks: list[float] = []
    with pytest.raises(retry.WaitTimeout, match=r"Host h1 was not observed within 12 seconds"):
        retry.wait_until(
            lambda: looks.append(time.now),
            12,
            5,
            what="Host h1",
            clock=time.clock,
            sleep=time.sleep,
        )
    assert looks == [100, 105, 110, 112]


def test_waiting_stops_when_it_is_cancelled(time: Time) -> None:
    asked = iter([False, True])
    with pytest.raises(retry.WaitCancelled):
        retry.wait_until(
            lambda: None, 60, 5, lambda: next(asked), clock=time.clock, sleep=time.sleep
        )
    assert time.slept == [5]


def test_waiting_goes_on_over_tolerated_errors_and_chains_the_last_one(time: Time) -> None:
    def probe() -> None:
        raise KeyError("not yet")

    with pytest.raises(retry.WaitTimeout) as caught:
        retry.wait_until(probe, 1, 1, tolerate=(KeyError,), clock=time.clock, sleep=time.sleep)
    assert isinstance(caught.value.__cause__, KeyError)


def test_waiting_passes_on_other_errors_at_once(time: Time) -> None:
    def probe() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        retry.wait_until(probe, 60, 1, tolerate=(KeyError,), clock=time.clock, sleep=time.sleep)
    assert time.slept == []


def failing(times: int, made: list[int]) -> int:
    made.append(1)
    if len(made) <= times:
        raise OSError(f"failure {len(made)}")
    return len(made)


def test_an_attempt_is_repeated_until_it_works(time: Time) -> None:
    made: list[int] = []
    found = retry.attempt(
        lambda: failing(2, made), attempts=3, interval_s=4, clock=time.clock, sleep=time.sleep
    )
    assert (found, time.slept) == (3, [4, 4])


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        pytest.param({"attempts": 2}, 2, id="number of attempts"),
        pytest.param({"attempts": 9, "deadline_s": 10.0}, 3, id="deadline"),
        pytest.param({"attempts": 9, "on": lambda error: "1" in str(error)}, 2, id="other error"),
    ],
)
def test_attempts_end_with_the_last_error(
    time: Time, limits: dict[str, object], expected: int
) -> None:
    made: list[int] = []
    with pytest.raises(OSError, match=f"failure {expected}"):
        retry.attempt(
            lambda: failing(99, made),
            interval_s=4,
            clock=time.clock,
            sleep=time.sleep,
            **limits,  # type: ignore[arg-type]
        )
    assert len(made) == expected
