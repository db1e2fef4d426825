# SPDX-License-Identifier: Apache-2.0
"""When a continuous audit runs: an interval in seconds or a cron expression, in UTC.

Time is an argument here, always aware and in UTC. The stored ``next_run_time`` is the only
memory, so that any engine can continue where another stopped.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Final

import croniter

from watcher.common import exception

# A run that starts up to this late is a normal run (busy workers, a slow tick, a short outage
# that is shorter than the interval); later than that, missed runs are skipped.
GRACE = datetime.timedelta(seconds=60)

#: About 68 years; sums with longer ones leave the calendar.
LONGEST_INTERVAL_S: Final = 2**31 - 1

#: Characters; anything longer is not an interval, and parsing it would only cost time.
_LONGEST_TEXT: Final = 255

#: A field of a cron expression that croniter fills in at random.
_RANDOM: Final = re.compile(r"(?:^|[\s,])r(?:[\s,(/]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Every:
    """Run at intervals; zero and below mean as often as the engine looks."""

    seconds: int

    def after(self, now: datetime.datetime) -> datetime.datetime:
        """Return the run that follows one at *now*."""
        return now + datetime.timedelta(seconds=max(0, self.seconds))

    def first(self, now: datetime.datetime) -> datetime.datetime:
        """Return the very first run: at once."""
        return now

    def holds(self, stored: datetime.datetime, now: datetime.datetime) -> bool:
        """Tell whether this interval can have led to *stored*, which is in the future."""
        return stored <= self.after(now)

    def skips(self, late: datetime.timedelta) -> bool:
        """Tell whether a run that is *late* is skipped: whole slots were missed."""
        return late > GRACE and late.total_seconds() >= self.seconds

    def resumed(self, stored: datetime.datetime, now: datetime.datetime) -> datetime.datetime:
        """Return the next slot counted from *stored*, which is long past."""
        if self.seconds <= 0:
            return now
        missed = (now - stored).total_seconds() % self.seconds
        return now + datetime.timedelta(seconds=self.seconds - missed)


@dataclass(frozen=True, slots=True)
class Cron:
    """Run at the instants of a cron expression of 5 to 7 fields."""

    expression: str

    def after(self, now: datetime.datetime) -> datetime.datetime:
        """Return the first instant after *now*.

        :raises InvalidIntervalOrCron: there is none within 50 years, such as on 30 February.
        """
        try:
            return croniter.croniter(self.expression, now).get_next(datetime.datetime)
        except (ValueError, ArithmeticError) as error:
            raise exception.InvalidIntervalOrCron(name=self.expression) from error

    def first(self, now: datetime.datetime) -> datetime.datetime:
        """Return the first instant after *now*."""
        return self.after(now)

    def holds(self, stored: datetime.datetime, now: datetime.datetime) -> bool:
        """Tell whether *stored*, which is in the future, is the expression's next instant.

        A random instant is kept once chosen: another would be no better.
        """
        return bool(_RANDOM.search(self.expression)) or stored == self.after(now)

    def skips(self, late: datetime.timedelta) -> bool:
        """Tell whether a run that is *late* is skipped."""
        return late > GRACE

    def resumed(
        self,
        stored: datetime.datetime,  # noqa: ARG002 - same signature as that of an interval
        now: datetime.datetime,
    ) -> datetime.datetime:
        """Return the first instant after *now*."""
        return self.after(now)


@dataclass(frozen=True, slots=True)
class Tick:
    """The result of one look at a continuous audit.

    :ivar run: run it now.
    :ivar next_run_time: what to store (the run after this one, if it runs now).
    """

    run: bool
    next_run_time: datetime.datetime


def parse(interval: str | None) -> Every | Cron:
    """Read the text of an audit's ``interval``.

    :raises InvalidIntervalOrCron: neither a whole number of at most 68 years nor a cron expression.
    """
    text = str(interval or "").strip()
    if len(text) <= _LONGEST_TEXT:
        try:
            seconds = int(text)
        except ValueError:
            if croniter.croniter.is_valid(text):
                return Cron(text)
        else:
            if abs(seconds) <= LONGEST_INTERVAL_S:
                return Every(seconds)
    raise exception.InvalidIntervalOrCron(name=interval)


def check(interval: str | None, now: datetime.datetime) -> None:
    """Check that an interval can be read, and that a run follows *now*.

    :raises InvalidIntervalOrCron: in all other cases.
    """
    parse(interval).after(now)


def look(interval: str | None, stored: datetime.datetime | None, now: datetime.datetime) -> Tick:
    """Decide whether an audit runs now, and when it runs next.

    A changed interval needs no message: a stored time that the interval cannot have led to is
    computed again.

    :param stored: the row's ``next_run_time``; None before the first look.
    :raises InvalidIntervalOrCron: the interval cannot be read.
    """
    rule = parse(interval)
    if stored is None:
        stored = rule.first(now)
    elif stored > now:
        return Tick(False, stored if rule.holds(stored, now) else rule.after(now))
    if stored > now:
        return Tick(False, stored)
    if rule.skips(now - stored):
        return Tick(False, rule.resumed(stored, now))
    return Tick(True, rule.after(now))


def after_run(interval: str | None, now: datetime.datetime) -> datetime.datetime:
    """Return the run that follows one that ended *now*."""
    return parse(interval).after(now)


def in_window(start_time: datetime.datetime | None, now: datetime.datetime) -> bool:
    """Tell whether an audit may run yet."""
    return start_time is None or start_time <= now


def is_over(end_time: datetime.datetime | None, now: datetime.datetime) -> bool:
    """Tell whether an audit's time is over."""
    return end_time is not None and end_time < now
