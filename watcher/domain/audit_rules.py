# SPDX-License-Identifier: Apache-2.0
"""What must fit together in an audit or an audit template, whoever creates it.

Pure checks over values; the caller looks up what exists in the database.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import jsonschema

from watcher.common import exception
from watcher.domain import parameters, schedule
from watcher.domain.scope import COMPUTE_SCHEMA
from watcher.domain.states import AuditType

#: Types of audits that run again and again, so that they need an interval.
REPEATED: Final = frozenset({AuditType.CONTINUOUS})
#: Types of audits that are created without an interval and times: they run at once.
UNTIMED: Final = frozenset({AuditType.ONESHOT})

#: Characters that the name columns hold.
NAME_LENGTH: Final = 63

#: Characters of an error text; it may quote the whole scope.
_LONGEST_TEXT: Final = 500

#: The most names that an error lists, and the most characters of a quoted one.
_MOST_NAMES: Final = 12
_LONGEST_WORD: Final = 40
_PLAIN: Final = re.compile(r"[\w./-]{1,100}")

_SCOPE_LEVELS: Final = ("compute", "storage")

_SCOPE = jsonschema.Draft4Validator(
    {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"compute": COMPUTE_SCHEMA},
            "additionalProperties": False,
        },
    }
)


def check_schedule(
    audit_type: str | None,
    interval: str | None,
    start_time: datetime.datetime | None,
    end_time: datetime.datetime | None,
    *,
    now: datetime.datetime,
) -> None:
    """Check the type of an audit against when it is to run.

    :param now: aware; a cron expression must have an instant after it.
    :raises Invalid: (400) one of its published subclasses.
    """
    if audit_type not in list(AuditType):
        raise exception.AuditTypeNotFound(audit_type=audit_type)
    if interval and audit_type in UNTIMED:
        raise exception.AuditIntervalNotAllowed(audit_type=audit_type)
    if not interval and audit_type in REPEATED:
        raise exception.AuditIntervalNotSpecified(audit_type=audit_type)
    if (start_time or end_time) and audit_type in UNTIMED:
        raise exception.AuditStartEndTimeNotAllowed(audit_type=audit_type)
    if interval:
        schedule.check(interval, now)


def check_changed_schedule(
    audit_type: str | None, interval: str | None, *, now: datetime.datetime
) -> None:
    """Check type and interval as they are after a change.

    Published: a change may set an interval and times on an audit of any type, even if the type
    does not use them, and it may set an unknown type (such an audit never runs).

    :param now: aware; a cron expression must have an instant after it.
    :raises Invalid: (400) one of its published subclasses.
    """
    if not interval and audit_type == AuditType.CONTINUOUS:
        raise exception.AuditIntervalNotSpecified(audit_type=audit_type)
    if interval:
        schedule.check(interval, now)


def check_parameters(
    spec: Mapping[str, Any] | None, given: Mapping[str, Any], *, strategy: str | None
) -> dict[str, Any]:
    """Return the parameters of an audit with the defaults of its strategy filled in.

    :param spec: the strategy's schema; None without a strategy.
    :param strategy: its name; None without a strategy.
    :raises InvalidParameter: a value does not fit.
    :raises AuditParameterNotAllowed: a name is not in the schema.
    """
    if not spec:
        if given:
            owner = "Without a strategy there are" if strategy is None else f"{strategy} has"
            raise _not_allowed(f"{owner} no parameters; found {_listed(sorted(given))}")
        return {}
    unknown = parameters.unknown(spec, given)
    if unknown:
        raise _not_allowed("; ".join(_unknown(unknown, strategy or "the strategy")))
    return parameters.with_defaults(spec, given, strategy)


def _unknown(unknown: Sequence[parameters.Unknown], strategy: str) -> Iterator[str]:
    """Yield a sentence for each place with unknown names, which lists the known ones."""
    places: dict[str, list[parameters.Unknown]] = {}
    for each in unknown:
        places.setdefault(each.place, []).append(each)
    for place, found in places.items():
        names = list(dict.fromkeys(each.name for each in found))
        noun = "parameter" if len(names) == 1 else "parameters"
        owner = f"{_word(place)} of {strategy}" if place else strategy
        known = parameters.nearest_first(names[0], found[0].known)
        yield f"{owner} has no {noun} {_listed(names)}; it has {_listed(known)}"


def _listed(names: Sequence[str]) -> str:
    """List names in a sentence; if there are many, only the first."""
    shown = ", ".join(_word(name) for name in names[:_MOST_NAMES])
    left = len(names) - _MOST_NAMES
    return f"{shown} and {left} more" if left > 0 else shown


def _word(name: str) -> str:
    """Return a name for a sentence: quoted, and shortened, unless it is a plain one."""
    if _PLAIN.fullmatch(name):
        return name
    return repr(name if len(name) <= _LONGEST_WORD else f"{name[:_LONGEST_WORD]}...")


def _not_allowed(text: str) -> exception.AuditParameterNotAllowed:
    return exception.AuditParameterNotAllowed(message=text[:_LONGEST_TEXT])


def generated_name(subject: str, now: datetime.datetime) -> str:
    """Return the name of an audit that was given none.

    :param subject: the name of its strategy, template or goal.
    :param now: naive UTC.

    >>> generated_name("dummy", datetime.datetime(2026, 1, 2, 3, 4, 5, 678901))
    'dummy-2026-01-02T03:04:05.678901'
    """
    return shortened_name(f"{subject}-{now.isoformat()}")


def shortened_name(name: str) -> str:
    """Cut a name to what its column holds (published behaviour for audits)."""
    return name[:NAME_LENGTH]


def read_scope(scope: list[Any] | None) -> list[Any]:
    """Return a template's scope in its stored form, checked.

    A list of compute rules without the key ``compute`` is wrapped in one.

    :raises Invalid: (400) when it does not have the published form.
    """
    if not scope:
        return []
    first = scope[0]
    level = next(iter(first), None) if isinstance(first, dict) else None
    if level not in _SCOPE_LEVELS:
        scope = [{"compute": scope}]
    error = jsonschema.exceptions.best_match(_SCOPE.iter_errors(scope))
    if error is not None:
        place = "/".join(str(step) for step in error.absolute_path)
        text = f"The scope is wrong at '{place}': {error.message}"
        raise exception.Invalid(message=text[:_LONGEST_TEXT])
    _check_aggregates(scope)
    return scope


def _check_aggregates(scope: list[Any]) -> None:
    """Refuse aggregates that are both included and excluded."""
    rules = [rule for part in scope for rule in part.get("compute", ())]
    included = any("host_aggregates" in rule for rule in rules)
    excluded = any("host_aggregates" in each for rule in rules for each in rule.get("exclude", ()))
    if included and excluded:
        raise exception.Invalid(
            message="host_aggregates can't be included and excluded together in scope"
        )
