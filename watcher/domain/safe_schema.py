# SPDX-License-Identifier: Apache-2.0
"""JSON schema draft 4 for untrusted values: checked in bounded time, without I/O.

Schemas come from plug-ins.  jsonschema alone would fetch a ``$ref`` to a URL, and Python's ``re``
never gives up on a pattern that backtracks without end, and blocks all other threads.
"""

from __future__ import annotations

import contextvars
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import jsonschema
import jsonschema.validators
import jsonschema_specifications
import referencing.exceptions
import regex

#: Seconds that all patterns of one check may take together, unless the caller says otherwise.
PATTERN_BUDGET_S: Final = 0.5

#: Characters of an error text; it may quote the whole value.
_LONGEST_TEXT: Final = 500

_deadline: contextvars.ContextVar[float] = contextvars.ContextVar("deadline")


class UnusableSchemaError(ValueError):
    """A schema that cannot judge a value: broken, endless, or incomplete."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a value, and where (path elements joined by slashes)."""

    place: str
    text: str


def complaint(
    schema: Mapping[str, Any], value: Any, *, budget_s: float = PATTERN_BUDGET_S
) -> Complaint | None:
    """Return the most telling fault of a value; None: it fits.

    :param budget_s: seconds that all patterns may take together
    :raises UnusableSchemaError: the schema cannot be used.
    """
    token = _deadline.set(time.monotonic() + budget_s)
    try:
        checker = _Validator(schema, registry=jsonschema_specifications.REGISTRY)
        found: Any = jsonschema.exceptions.best_match(checker.iter_errors(value))
    except TimeoutError as error:
        raise UnusableSchemaError("A pattern of the schema takes too long on this value") from error
    except RecursionError as error:
        raise UnusableSchemaError("The schema or the value is nested without end") from error
    except (
        jsonschema.exceptions.UnknownType,
        referencing.exceptions.Unresolvable,
        regex.error,
        ArithmeticError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:
        text = str(error)[:_LONGEST_TEXT]
        raise UnusableSchemaError(f"The schema cannot be used: {text}") from error
    finally:
        _deadline.reset(token)
    if found is None:
        return None
    place = "/".join(str(step) for step in found.absolute_path)
    return Complaint(place, _shortened(found.message))


def takes(schema: Mapping[str, Any], name: str, *, budget_s: float = PATTERN_BUDGET_S) -> bool:
    """Tell whether a schema lets an object have a name that its properties do not list.

    If that cannot be decided, the answer is yes; :func:`complaint` then says why.
    """
    further = schema.get("additionalProperties")
    if further is True or (isinstance(further, Mapping) and further):
        return True
    token = _deadline.set(time.monotonic() + budget_s)
    try:
        return any(_matches(pattern, name) for pattern in schema.get("patternProperties", ()))
    except (TimeoutError, regex.error, TypeError):
        return True
    finally:
        _deadline.reset(token)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}..."


def _matches(pattern: str, text: str) -> bool:
    left_s = _deadline.get() - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return regex.search(pattern, text, timeout=left_s, concurrent=True) is not None


def _pattern(checker: Any, pattern: str, value: Any, _schema: Any) -> Iterator[Any]:
    if checker.is_type(value, "string") and not _matches(pattern, value):
        yield jsonschema.ValidationError(f"{value!r} does not match {pattern!r}")


def _pattern_properties(
    checker: Any, patterns: Mapping[str, Any], value: Any, _schema: Any
) -> Iterator[Any]:
    if not checker.is_type(value, "object"):
        return
    for pattern, below in patterns.items():
        for name, member in value.items():
            if _matches(pattern, name):
                yield from checker.descend(member, below, path=name, schema_path=pattern)


def _additional_properties(checker: Any, rule: Any, value: Any, schema: Any) -> Iterator[Any]:
    if not checker.is_type(value, "object"):
        return
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    extras = [
        name
        for name in value
        if name not in known and not any(_matches(pattern, name) for pattern in patterns)
    ]
    if checker.is_type(rule, "object"):
        for name in extras:
            yield from checker.descend(value[name], rule, path=name)
    elif not rule and extras:
        names = ", ".join(repr(name) for name in extras)
        yield jsonschema.ValidationError(f"Additional properties are not allowed: {names}")


_Validator: Any = jsonschema.validators.extend(  # type: ignore[no-untyped-call] # stubs
    jsonschema.Draft4Validator,
    {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
    },
)
