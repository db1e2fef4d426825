# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import datetime
import re

import pytest

from watcher.common import exception
from watcher.domain import schedule

UTC = datetime.UTC
NOW = datetime.datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def at(seconds: float) -> datetime.datetime:
    return NOW + datetime.timedelta(seconds=seconds)


def test_an_interval_runs_at_once_the_first_time():
    assert schedule.look("3600", None, NOW) == schedule.Tick(True, at(3600))


def test_a_cron_audit_waits_for_its_first_instant():
    tick = schedule.look("0 3 * * *", None, NOW)
    assert tick == schedule.Tick(False, datetime.datetime(2026, 3, 5, 3, tzinfo=UTC))


@pytest.mark.parametrize("interval", ["60", "*/5 * * * *"])
def test_nothing_runs_before_its_time(interval):
    stored = schedule.parse(interval).after(NOW)
    assert schedule.look(interval, stored, NOW) == schedule.Tick(False, stored)


def test_a_due_audit_runs_and_the_next_run_counts_from_now():
    assert schedule.look("100", at(-3), NOW) == schedule.Tick(True, at(100))


def test_a_short_interval_runs_even_if_the_engine_looks_seldom():
    assert schedule.look("3", at(-9), NOW) == schedule.Tick(True, at(3))


def test_missed_slots_are_left_out_and_the_phase_is_kept():
    assert schedule.look("100", at(-250), NOW) == schedule.Tick(False, at(50))


def test_a_gap_of_more_than_a_day_keeps_the_phase_too():
    late = 86400 * 2 + 250
    tick = schedule.look("700", at(-late), NOW)
    assert tick == schedule.Tick(False, at(700 - late % 700))


def test_a_missed_cron_instant_is_left_out():
    tick = schedule.look("0 * * * *", at(-4000), NOW)
    assert tick == schedule.Tick(False, datetime.datetime(2026, 3, 4, 6, tzinfo=UTC))


def test_a_late_run_within_its_slot_still_happens():
    assert schedule.look("3600", at(-900), NOW).run


def test_a_shorter_interval_takes_effect_without_waiting_for_the_old_time():
    assert schedule.look("60", at(3000), NOW) == schedule.Tick(False, at(60))


def test_a_change_to_cron_takes_effect_without_waiting_for_the_old_time():
    tick = schedule.look("10 5 * * *", at(20), NOW)
    assert tick.next_run_time == datetime.datetime(2026, 3, 4, 5, 10, tzinfo=UTC)


@pytest.mark.parametrize("interval", ["0", "-5"])
def test_an_interval_without_length_runs_at_every_look(interval):
    assert schedule.look(interval, at(-1), NOW) == schedule.Tick(True, NOW)
    assert schedule.look(interval, at(-500), NOW) == schedule.Tick(False, NOW)


@pytest.mark.parametrize("interval", [None, "", "soon", "1 2 3", "99 * * * *"])
def test_an_unreadable_interval_is_refused(interval):
    with pytest.raises(exception.InvalidIntervalOrCron):
        schedule.look(interval, None, NOW)


def test_the_run_after_a_run_counts_from_its_end():
    assert schedule.after_run("30", NOW) == at(30)


def test_the_window_opens_at_start_time_and_closes_after_end_time():
    assert schedule.in_window(None, NOW)
    assert schedule.in_window(NOW, NOW)
    assert not schedule.in_window(at(1), NOW)
    assert not schedule.is_over(None, NOW)
    assert not schedule.is_over(NOW, NOW)
    assert schedule.is_over(at(-1), NOW)


BOMBS = (
    "0 0 30 2 *", "0 0 29 2 * 0 2027", str(2**63), str(-(2**63)), "9" * 5000, "@foo", "", None,
    "* * * * * * * *", "1," * 100_000 + "1 * * * *", "\x00", "\ud800", "\u0663 * * * *",
)  # fmt: skip


@pytest.mark.parametrize("interval", BOMBS)
@pytest.mark.parametrize("stored", [None, at(-5), at(-5000), at(5)])
def test_a_hostile_interval_is_an_error_of_ours_whenever_it_is_looked_at(interval, stored):
    with pytest.raises(exception.InvalidIntervalOrCron):
        schedule.look(interval, stored, NOW)
    with pytest.raises(exception.InvalidIntervalOrCron):
        schedule.after_run(interval, NOW)
    with pytest.raises(exception.InvalidIntervalOrCron):
        schedule.check(interval, NOW)


@pytest.mark.parametrize("interval", ["R * * * *", "r(0-30) 4 * * *", "0 R(3-5) * * *"])
def test_a_random_instant_is_chosen_once(interval):
    try:
        stored = schedule.look(interval, None, NOW).next_run_time
    except exception.InvalidIntervalOrCron:
        pytest.skip("this croniter does not take it")
    assert schedule.look(interval, stored, NOW) == schedule.Tick(False, stored)


@pytest.mark.parametrize("interval", ["* * * * * *", "0", "-5", str(2**31 - 1), "*/5 * * * *"])
@pytest.mark.parametrize(
    "now",
    [
        datetime.datetime(1970, 1, 1, tzinfo=UTC),
        datetime.datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC),
    ],
)
def test_a_run_always_follows(interval, now):
    tick = schedule.look(interval, None, now)
    assert tick.next_run_time >= now


YEAR = 2026
LAST_INSTANT = datetime.datetime(YEAR, 3, 4, 5, 7, tzinfo=UTC)
#: Expressions whose last instant is that one.
ENDING = (
    f"7 5 4 3 * 0 {YEAR}",
    f"7 5 4 3 * 0 2024-{YEAR}",
    f"7 5 4 3 * 0 {YEAR},2020",
    f"7 5 4 3 * 0 2020-{YEAR}/2",
)


@pytest.mark.parametrize("interval", ENDING)
def test_the_last_instant_of_a_cron_expression_runs_and_nothing_follows(interval):
    schedule.check(interval, NOW)
    assert schedule.look(interval, None, NOW) == schedule.Tick(False, LAST_INSTANT)
    late = LAST_INSTANT + datetime.timedelta(seconds=5)
    assert schedule.look(interval, LAST_INSTANT, late) == schedule.Tick(True, None)
    assert schedule.after_run(interval, late) is None


@pytest.mark.parametrize("interval", ENDING)
def test_a_last_instant_that_was_missed_leaves_nothing(interval):
    late = LAST_INSTANT + datetime.timedelta(hours=1)
    for stored in (None, LAST_INSTANT):
        assert schedule.look(interval, stored, late) == schedule.Tick(False, None)


@pytest.mark.parametrize("interval", [*ENDING, "0 0 1 1 * 0 1970"])
def test_a_cron_expression_whose_instants_are_all_past_is_refused_as_that(interval):
    with pytest.raises(exception.InvalidIntervalOrCron, match="past"):
        schedule.check(interval, LAST_INSTANT)


def test_an_instant_between_the_creation_and_the_first_look_runs():
    late = LAST_INSTANT + datetime.timedelta(seconds=8)
    for interval in (ENDING[0], "7 5 4 3 *"):
        assert schedule.look(interval, None, late, since=NOW).run
    much_later = LAST_INSTANT + datetime.timedelta(hours=1)
    assert schedule.look(ENDING[0], None, much_later, since=NOW) == schedule.Tick(False, None)


def test_a_gap_of_many_years_ends_nothing():
    after = schedule.after_run("0 0 1 1 * 0 2027,2099", datetime.datetime(2027, 1, 1, tzinfo=UTC))
    assert after == datetime.datetime(2099, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "interval",
    ["0 0 1 1 * 0 2099", "0 0 1 1 * 0 2090-2095", "0 0 1 1 * 0 2150", "0 0 1 1 * 0 2150-2200",
     "* * * * * * 9999"],
)  # fmt: skip
def test_a_first_instant_beyond_fifty_years_is_told_as_that(interval):
    with pytest.raises(exception.InvalidIntervalOrCron, match="more than 50 years away"):
        schedule.check(interval, NOW)


def test_a_first_instant_within_fifty_years_is_taken():
    schedule.check("0 0 1 1 * 0 2076", NOW)


@pytest.mark.parametrize("interval", ["0 0 30 2 *", "0 0 31 4,6 *", "0 0 29 2 * 0 2027"])
def test_a_cron_expression_without_any_instant_is_told_as_that(interval):
    with pytest.raises(exception.InvalidIntervalOrCron, match="no instant"):
        schedule.check(interval, NOW)


@pytest.mark.parametrize(
    "interval", ["soon", "1 2 3", "x x x x x x 2150", "99 0 1 1 * 0 2150", "0 0 1 1 * 0 1960"]
)
def test_what_is_no_cron_expression_is_told_as_that(interval):
    with pytest.raises(exception.InvalidIntervalOrCron, match="Expected an interval"):
        schedule.check(interval, NOW)


def test_hashed_fields_follow_from_the_audit():
    schedule.check("H H * * *", NOW)
    ticks = [schedule.look("H H * * *", None, NOW, key=key) for key in ("a", "a", "b")]
    assert ticks[0] == ticks[1] != ticks[2]
    stored = ticks[0].next_run_time
    assert schedule.look("H H * * *", stored, NOW, key="a").next_run_time == stored
    assert schedule.after_run("@hourly", NOW, "a") == schedule.after_run("0 * * * *", NOW)


@pytest.mark.parametrize("interval", ["R R(0-3) * * *", "H H(0-3) * * *", "60", "*/5 * * * *"])
def test_a_changed_interval_gives_another_time(interval):
    stored = datetime.datetime(2026, 3, 9, 12, 34, 56, tzinfo=UTC)
    changed = schedule.after_change(interval, stored, NOW, "a")
    assert NOW < changed < NOW + datetime.timedelta(days=2)


def test_a_changed_interval_leaves_a_time_that_has_come():
    assert schedule.after_change("R R * * *", at(-1), NOW) == at(-1)


@pytest.mark.parametrize(
    ("text", "looks_right"),
    [
        ("60", True), ("-1", True), ("+5", True), (" 60 ", True), ("@hourly", True),
        ("* * * * *", True), ("*/5 * * * 1-5", True), ("R H * * * *", True),
        ("1 15 29 11 * 0 2026", True), ("soon", False), ("", False), ("1.5", False),
        ("* * *", False), ("* * * * * * * *", False), ("@", False),
    ],
)  # fmt: skip
def test_what_does_not_have_the_documented_form_cannot_be_read(text, looks_right):
    assert bool(re.search(schedule.FORM, text)) == looks_right
    if not looks_right:
        with pytest.raises(exception.InvalidIntervalOrCron):
            schedule.parse(text)


#: Their instants are drawn within the last hours of a year; by noon most draws are past.
NOON = datetime.datetime(YEAR, 12, 31, 12, 0, 30, tzinfo=UTC)
LAST_HOURS = (
    f"R R(0-13) 31 12 * 0 {YEAR}",
    f"H H(0-13)/1 31 12 * 0 {YEAR}",
    f"r r 31 12 * r {YEAR}",
)


@pytest.mark.parametrize("interval", LAST_HOURS)
def test_a_drawn_instant_that_may_still_come_is_accepted_and_comes(interval):
    for number in range(40):
        schedule.check(interval, NOON)
        tick = schedule.look(interval, None, NOON, since=NOON, key=str(number))
        assert NOON < tick.next_run_time < datetime.datetime(YEAR + 1, 1, 1, tzinfo=UTC)
        stored = tick.next_run_time
        assert schedule.look(interval, stored, NOON, key=str(number)).next_run_time == stored
        other = datetime.datetime(YEAR + 3, 1, 1, tzinfo=UTC)
        assert schedule.after_change(interval, other, NOON, str(number)) > NOON


@pytest.mark.parametrize("interval", LAST_HOURS)
def test_a_run_near_the_last_drawn_instant_never_fails_for_it(interval):
    for number in range(40):
        following = schedule.after_run(interval, NOON, str(number))
        assert following is None or following > NOON


@pytest.mark.parametrize("interval", LAST_HOURS)
def test_drawn_instants_that_are_all_past_are_told_as_that(interval):
    late = datetime.datetime(YEAR + 1, 1, 1, tzinfo=UTC)
    for _ in range(20):
        with pytest.raises(exception.InvalidIntervalOrCron, match="past"):
            schedule.check(interval, late)


def test_years_beyond_the_calendar_are_told_as_that():
    with pytest.raises(exception.InvalidIntervalOrCron, match="years after 2099"):
        schedule.check(f"0 0 1 1 * 0 {YEAR}-9999", NOW)


def test_an_expression_that_cannot_be_walked_is_told_as_one_that_cannot_be_read():
    with pytest.raises(exception.InvalidIntervalOrCron, match="Expected an interval"):
        schedule.Cron("x x x x x").after(NOW)
