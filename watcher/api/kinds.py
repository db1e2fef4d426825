# SPDX-License-Identifier: Apache-2.0
"""What a value can be: how it is read from a body, shown in an answer, and described.

A kind is a value, not a class hierarchy: a WSME type that reads, a function that shows, a JSON
schema that describes.  No resource is known here.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import wsme.types
from dateutil import parser, tz
from oslo_utils import uuidutils

from watcher.db.types import canonical_uuid

UTC = datetime.UTC

#: How JSON writes a NUL byte, but not a backslash that is followed by the same characters.
_ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def check_text(value: str) -> str:
    """Refuse texts that no database takes: NUL bytes and lone surrogates."""
    if "\x00" in value:
        raise ValueError("A text must not contain NUL bytes")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("A text must be valid Unicode") from error
    return value


#: Plain Python reads ``1_000`` and digits of any alphabet as numbers, even next to a separator.
_NOT_IN_INTERVAL = re.compile(r"[^\t-\r -~]|_")

#: Characters of a date and time with everything that may be in it.
_LONGEST_TIME = 64

#: Bytes of a stored document: a TEXT column of MariaDB holds no more.
LARGEST_DOCUMENT = 2**16 - 1

#: Levels of objects and lists in a stored document; those of any use have less than ten.
DEEPEST_DOCUMENT = 64


def check_document(value: Any) -> Any:
    """Refuse a document that cannot be stored, or read by its later consumers.

    That is: what :func:`check_text` refuses, and infinite numbers, anywhere in it; and a document
    that is too large or too deep.
    """
    if _is_deeper(value, DEEPEST_DOCUMENT):
        raise ValueError(f"A document must not have more than {DEEPEST_DOCUMENT} levels")
    stored = len(json.dumps(value, allow_nan=False))
    if stored > LARGEST_DOCUMENT:
        raise ValueError(
            f"A document must not take more than {LARGEST_DOCUMENT} bytes as JSON, found {stored}"
        )
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if _ESCAPED_NUL.search(text):
        raise ValueError("A text must not contain NUL bytes")
    check_text(text)
    return value


def _is_deeper(value: Any, levels: int) -> bool:
    """Tell whether a JSON value has more levels; without recursion, so at any depth."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(levels):
        lists = (each.values() if isinstance(each, dict) else each for each in level)
        level = [child for each in lists for child in each if isinstance(child, dict | list)]
        if not level:
            return False
    return True


class TextType(wsme.types.UserType):
    """A text of at most ``limit`` characters (no limit when None)."""

    basetype = str
    name = "text"

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit

    def validate(self, value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError(f"Expected a text, got {value!r}")  # noqa: TRY004 - WSME wants it
        if self.limit is not None and len(value) > self.limit:
            raise ValueError(
                f"Expected at most {self.limit} characters, got {len(value)}: {value!r}"
            )
        return check_text(value)

    def frombasetype(self, value: Any) -> str | None:
        return None if value is None else self.validate(value)


class UuidType(wsme.types.UserType):
    """A UUID in any spelling that clients use, converted to the canonical one."""

    basetype = str
    name = "uuid"

    @staticmethod
    def validate(value: Any) -> str:
        if not isinstance(value, str) or not uuidutils.is_uuid_like(value):
            raise ValueError(f"Expected a uuid but received {value}.")
        return canonical_uuid(check_text(value))

    @classmethod
    def frombasetype(cls, value: Any) -> str | None:
        return None if value is None else cls.validate(value)


class IntervalType(TextType):
    """Seconds or a cron expression, as a text; what it means is checked by the domain."""

    name = "interval or cron"

    def validate(self, value: Any) -> str:
        text = super().validate(value)
        if _NOT_IN_INTERVAL.search(text):
            raise ValueError(
                "Expected seconds with the digits 0 to 9, or a cron expression in ASCII without "
                f"underscores, got {value!r}"
            )
        return text


class TimeType(wsme.types.UserType):
    """A point in time, read leniently and brought to UTC without an offset.

    Without an offset it is in the time zone of this machine (published behaviour).
    """

    basetype = str
    name = "datetime"

    @staticmethod
    def validate(value: Any) -> datetime.datetime:
        if isinstance(value, datetime.datetime):
            return value
        if not isinstance(value, str):
            raise ValueError(  # noqa: TRY004 - WSME wants it
                f"Expected a date and time in ISO 8601, got {value!r}"
            )
        try:
            moment = _read_moment(_short(value))
            return moment.astimezone(UTC).replace(tzinfo=None)
        except (ValueError, OverflowError, OSError) as error:
            raise ValueError(
                f"Expected a date and time in ISO 8601, got {value!r}: {error}"
            ) from error

    @classmethod
    def frombasetype(cls, value: Any) -> datetime.datetime | None:
        return None if value is None else cls.validate(value)


def _read_moment(text: str) -> datetime.datetime:
    """Read a time in ISO 8601, or in whatever other way Watcher 17.0.0 reads it by dateutil.

    :raises ValueError, OverflowError: it is none.
    """
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        if text.startswith("-"):
            raise  # dateutil would read a year before our era as one of it
        return parser.parse(text, tzinfos=_zone)


def _zone(name: str | None, offset_s: int | None) -> datetime.tzinfo | None:
    """Return the zone that a text names; None, for this machine's, if it is not known.

    Published, and so kept: names other than UTC and GMT say nothing.
    """
    return None if offset_s is None else tz.tzoffset(name, offset_s)


def _short(text: str) -> str:
    """Return a text without what Python reads over in a date: a NUL, digits without end.

    :raises ValueError: it has more than that.
    """
    if len(text) > _LONGEST_TIME or not text.isascii() or "\x00" in text:
        raise ValueError("no date has such characters, or so many")
    return text.strip()


class JsonType(wsme.types.UserType):
    """A JSON value whose outermost level is of a given Python type; a text in XML."""

    basetype = str

    def __init__(self, outer: type, name: str) -> None:
        self.outer = outer
        self.name = name

    def validate(self, value: Any) -> Any:
        if not isinstance(value, self.outer):
            raise ValueError(f"Expected {self.name}, got {value!r}")  # noqa: TRY004 - WSME wants it
        return check_document(value)

    def frombasetype(self, value: Any) -> Any:
        return None if value is None else self.validate(value)

    @staticmethod
    def tobasetype(value: Any) -> str:
        return json.dumps(value)


@dataclass(frozen=True, slots=True)
class Kind:
    """How a value is read (``wsme``), shown (``show``; None: as it is) and described (``schema``).

    ``view`` is the WSME type of the shown value, where it is not ``wsme``; ``answer`` describes
    the shown value, where ``schema`` does not.
    """

    wsme: Any
    schema: Mapping[str, Any]
    show: Callable[[Any], Any] | None = None
    view: Any = None
    empty: Callable[[], Any] = field(default=lambda: None)
    answer: Mapping[str, Any] | None = None

    def described(self, **schema: Any) -> Kind:
        """Return this kind with more known about its values; nothing more is checked."""
        return replace(self, schema={**self.schema, **schema})

    def at_most(self, limit: int) -> Kind:
        """Return this text with a greatest length, in characters."""
        return replace(
            self, wsme=type(self.wsme)(limit), schema={**self.schema, "maxLength": limit}
        )


def _show_timestamp(value: datetime.datetime | None) -> str | None:
    return None if value is None else value.replace(tzinfo=None).isoformat() + "+00:00"


def show_moment(value: datetime.datetime | None) -> str | None:
    """Return how a :data:`Moment` is shown."""
    return None if value is None else value.replace(tzinfo=None).isoformat()


_JSON = JsonType(object, "a JSON value")
MOMENT = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?$"

Text = Kind(TextType(), {"type": "string"})
Uuid = Kind(UuidType(), {"type": "string", "format": "uuid"})
Reference = Kind(TextType(), {"type": "string", "description": "A uuid or a name."})
Integer = Kind(int, {"type": "integer"})
Number = Kind(float, {"type": "number"})
Boolean = Kind(bool, {"type": "boolean"}, show=bool)
Interval = Kind(IntervalType(), {"type": "string"})
#: When something happened to the row; shown with an offset.
Timestamp = Kind(TimeType(), {"type": "string", "format": "date-time"}, _show_timestamp, str)
#: A time that a user or a daemon set; shown in UTC without an offset (published behaviour).
Moment = Kind(
    TimeType(),
    {"type": "string", "format": "date-time"},
    show_moment,
    str,
    answer={"type": "string", "pattern": MOMENT},
)
Object = Kind(
    JsonType(dict, "an object"), {"type": "object"}, lambda v: v or {}, view=_JSON, empty=dict
)
List = Kind(JsonType(list, "a list"), {"type": "array"}, lambda v: v or [], view=_JSON, empty=list)
#: Whatever the database has; shown as it is.
Json = Kind(_JSON, {})

#: The scope that a template or a patch may give; the component is made from the domain's schema.
SCOPE: Mapping[str, Any] = {"anyOf": [{"$ref": "#/components/schemas/scope"}, {"type": "null"}]}

#: A number that says how good a plan is, as plans show it.
INDICATOR: Mapping[str, Any] = {
    "type": "object",
    "required": ["name", "description", "unit", "value"],
    "properties": {
        "name": {"type": "string"},
        "description": {"type": ["string", "null"]},
        "unit": {"type": ["string", "null"]},
        "value": {"type": ["number", "null"]},
    },
}
