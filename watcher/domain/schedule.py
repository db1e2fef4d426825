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

#: What an interval looks like, for documents: seconds, a word like @hourly, or five to seven fields
#: of cron. Not everything of this form can be read.
FORM: Final = r"^\s*([+-]?[0-9]{1,10}|@[A-Za-z]+|\S+(\s+\S+){4,6})\s*$"

#: About 68 years; sums with longer ones leave the calendar.
LONGEST_INTERVAL_S: Final = 2**31 - 1

#: Characters; anything longer is not an interval, and parsing it would only cost time.
_LONGEST_TEXT: Final = 255

#: Years; a first run further away must be a typing error.
FURTHEST_YEARS: Final = 50
_FURTHEST: Final = datetime.timedelta(days=FURTHEST_YEARS * 365.25)

#: Years that croniter looks ahead: to the end of its calendar, which is 2099.
_HORIZON_YEARS: Final = 130

#: A field of a cron expression that croniter fills in at random (R) or from a key (H).
_RANDOM: Final = re.compile(r"(?:^|[\s,])r(?:[\s,(/]|$)", re.IGNORECASE)
_HASHED: Final = re.compile(r"(?:^|[\s,])h(?:[\s,(/]|$)", re.IGNORECASE)

_DRAWN_IN_BOUNDS: Final = re.compile(r"\b[rh]\((\d+-\d+)\)", re.IGNORECASE)
_DRAWN: Final = re.compile(r"(?<![\w@])[rh](?!\w)", re.IGNORECASE)

#: Fields of a cron expression with a year.
_FIELDS_WITH_YEAR: Final = 7
_LAST_YEAR: Final = 2099


@dataclass(frozen=True, slots=True)
class Every:
    """Run at intervals; zero and below mean as often as the engine looks."""

    seconds: int

    def after(self, now: datetime.datetime) -> datetime.datetime:
        """Return the run that follows one at *now*."""
        return now + datetime.timedelta(seconds=max(0, self.seconds))

    def upcoming(self, now: datetime.datetime) -> datetime.datetime:
        """Return the run that follows *now* for an audit that has not run by this interval."""
        return self.after(now)

    def first(
        self,
        since: datetime.datetime,  # noqa: ARG002 - same signature as that of a cron expression
        now: datetime.datetime,
    ) -> datetime.datetime:
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
    """Run at the instants of a cron expression of 5 to 7 fields.

    :ivar key: what the values of hashed fields (H) are derived from: the uuid of the audit.
    """

    expression: str
    key: str = ""

    def after(self, now: datetime.datetime) -> datetime.datetime | None:
        """Return the first instant after *now*; None if none is left.

        :raises InvalidIntervalOrCron: if it never has one, such as on 30 February.
        """
        found = self._instant(now, backwards=False)
        if found is None and not self._widest._has_instant_around(now):
            raise exception.InvalidIntervalOrCron(
                message=f"The cron expression {self.expression!r} has no instant at all in any "
                f"year up to {_LAST_YEAR}"
            )
        return found

    def upcoming(self, now: datetime.datetime) -> datetime.datetime | None:
        """Return the first instant after *now* for an audit that has not run by this expression.

        If those that were drawn (R, H) are past, it is the first one that could have been drawn: an
        audit that was accepted runs.
        """
        return self.after(now) or self._widest.after(now)

    def first(self, since: datetime.datetime, now: datetime.datetime) -> datetime.datetime | None:
        """Return the first instant after *since* that has not been missed.

        :param since: when the audit was created; an engine may first see it after an instant.
        """
        return self.upcoming(max(since, now - GRACE))

    def holds(self, stored: datetime.datetime, now: datetime.datetime) -> bool:
        """Tell whether *stored*, which is in the future, is the expression's next instant.

        A random instant is kept once chosen: another would be no better.
        """
        return self.is_random or stored == self.upcoming(now)

    @property
    def is_random(self) -> bool:
        """Whether each calculation gives another instant."""
        return bool(_RANDOM.search(self.expression))

    def skips(self, late: datetime.timedelta) -> bool:
        """Tell whether a run that is *late* is skipped."""
        return late > GRACE

    def resumed(
        self,
        stored: datetime.datetime,  # noqa: ARG002 - same signature as that of an interval
        now: datetime.datetime,
    ) -> datetime.datetime | None:
        """Return the first instant after *now*; None if none is left."""
        return self.after(now)

    @property
    def _widest(self) -> Cron:
        """The expression with every value that its random and hashed fields could have."""
        bounded = _DRAWN_IN_BOUNDS.sub(r"\1", self.expression)
        return Cron(_DRAWN.sub("*", bounded))

    def _has_instant_around(self, now: datetime.datetime) -> bool:
        just_after = now + datetime.timedelta(seconds=1)
        return bool(
            self._instant(now, backwards=False) or self._instant(just_after, backwards=True)
        )

    def _instant(self, now: datetime.datetime, *, backwards: bool) -> datetime.datetime | None:
        try:
            walk = croniter.croniter(
                self.expression,
                now,
                hash_id=_hash_id(self.expression, self.key),
                max_years_between_matches=_HORIZON_YEARS,
            )
            found: datetime.datetime
            found = (walk.get_prev if backwards else walk.get_next)(datetime.datetime)
        except croniter.CroniterBadDateError:
            return None
        except (ValueError, ArithmeticError) as error:
            raise exception.InvalidIntervalOrCron(name=self.expression) from error
        return found


def _hash_id(expression: str, key: str) -> bytes | None:
    """Return the key of hashed fields; without any, it would change words like @hourly."""
    return key.encode() if _HASHED.search(expression) else None


@dataclass(frozen=True, slots=True)
class Tick:
    """The result of one look at a continuous audit.

    :ivar run: run it now.
    :ivar next_run_time: what to store (the run after this one, if it runs now); None if there is
        none. The audit is then over, once the present run has ended.
    """

    run: bool
    next_run_time: datetime.datetime | None


def parse(interval: str | None, key: str = "") -> Every | Cron:
    """Read the text of an audit's ``interval``.

    :param key: the uuid of the audit, for the hashed fields of a cron expression.
    :raises InvalidIntervalOrCron: neither a whole number of at most 68 years nor a cron expression.
    """
    text = str(interval or "").strip()
    if len(text) <= _LONGEST_TEXT:
        try:
            seconds = int(text)
        except ValueError:
            if croniter.croniter.is_valid(text, hash_id=_hash_id(text, key)):
                return Cron(text, key)
            _check_year(text)
        else:
            if abs(seconds) <= LONGEST_INTERVAL_S:
                return Every(seconds)
    raise exception.InvalidIntervalOrCron(name=interval)


def _check_year(text: str) -> None:
    """Refuse a cron expression that is beyond croniter's calendar but otherwise readable."""
    *fields, years = text.split() or [""]
    if len(fields) != _FIELDS_WITH_YEAR - 1:
        return
    found = [int(year) for year in re.findall(r"\d+", years)]
    readable = " ".join([*fields, re.sub(r"\d{4,}", str(_LAST_YEAR), years)])
    if not croniter.croniter.is_valid(readable, hash_id=_hash_id(readable, "")):
        return
    if min(found, default=0) > _LAST_YEAR:
        raise _too_far(text)
    if max(found, default=0) > _LAST_YEAR:
        raise exception.InvalidIntervalOrCron(
            message=f"The cron expression {text!r} names years after {_LAST_YEAR}, the last one "
            "that can be used"
        )


def _too_far(interval: str | None) -> exception.InvalidIntervalOrCron:
    return exception.InvalidIntervalOrCron(
        message=f"The first instant of the cron expression {interval!r} is more than "
        f"{FURTHEST_YEARS} years away"
    )


def check(interval: str | None, now: datetime.datetime) -> None:
    """Check that an interval can be read, and that a run follows *now* within 50 years.

    :raises InvalidIntervalOrCron: in all other cases.
    """
    rule = parse(interval)
    following = rule.upcoming(now)
    if following is None:
        raise exception.InvalidIntervalOrCron(
            message=f"All instants of the cron expression {interval!r} are past"
        )
    if isinstance(rule, Cron) and following - now > _FURTHEST:
        raise _too_far(interval)


def look(
    interval: str | None,
    stored: datetime.datetime | None,
    now: datetime.datetime,
    *,
    since: datetime.datetime | None = None,
    key: str = "",
) -> Tick:
    """Decide whether an audit runs now, and when it runs next.

    A changed interval needs no message: a stored time that the interval cannot have led to is
    computed again.

    :param stored: the row's ``next_run_time``; None before the first look.
    :param since: when the audit was created or may begin; None means now.
    :param key: the uuid of the audit.
    :raises InvalidIntervalOrCron: if the interval cannot be read.
    """
    rule = parse(interval, key)
    if stored is None:
        stored = rule.first(min(since or now, now), now)
    elif stored > now:
        return Tick(False, stored if rule.holds(stored, now) else rule.upcoming(now))
    if stored is None or stored > now:
        return Tick(False, stored)
    if rule.skips(now - stored):
        return Tick(False, rule.resumed(stored, now))
    return Tick(True, rule.after(now))


def after_run(
    interval: str | None, now: datetime.datetime, key: str = ""
) -> datetime.datetime | None:
    """Return the run that follows one that ended *now*; None if none is left."""
    return parse(interval, key).after(now)


def after_change(
    interval: str | None, stored: datetime.datetime, now: datetime.datetime, key: str = ""
) -> datetime.datetime | None:
    """Return when an audit that waits for *stored* runs next after its interval has changed.

    A time that has already come stays: the audit is about to run.
    """
    rule = parse(interval, key)
    if stored <= now:
        return stored
    chosen_before = isinstance(rule, Cron) and rule.is_random
    return stored if not chosen_before and rule.holds(stored, now) else rule.upcoming(now)


def in_window(start_time: datetime.datetime | None, now: datetime.datetime) -> bool:
    """Tell whether an audit may run yet."""
    return start_time is None or start_time <= now


def is_over(end_time: datetime.datetime | None, now: datetime.datetime) -> bool:
    """Tell whether an audit's time is over."""
    return end_time is not None and end_time < now
