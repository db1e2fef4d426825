# SPDX-License-Identifier: Apache-2.0
"""Column types that the published tables need in addition to SQLAlchemy's own.

They change how values travel, never how a column is declared in the database.
"""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Callable
from typing import Any

from oslo_utils import uuidutils
from sqlalchemy import Boolean, DateTime, Dialect, Numeric, String, Text
from sqlalchemy.types import TypeDecorator

# What the deprecated DECIMAL(10, 0) column of MySQL can hold.
_LARGEST_OLD_VALUE = 9_999_999_999

# Most JSON columns of most rows are empty.
_EMPTY: dict[str, type[Any]] = {"{}": dict, "[]": list}
# The C scanner of the decoder; typeshed does not know it.
_scan: Callable[[str, int], tuple[Any, int]] = json.JSONDecoder().scan_once  # type: ignore[attr-defined]


def _decode(text: str) -> Any:
    """Return what a JSON text stands for; one without blanks around it costs half."""
    try:
        value, end = _scan(text, 0)
    except StopIteration:
        return json.loads(text)
    return value if end == len(text) else json.loads(text)


class JsonText(TypeDecorator[Any]):
    """JSON text of one kind of container; ``None`` is written as the empty one (published).

    :param null_reads_empty: what NULL is read as: the empty container, or ``None``. Rows from
        before a column was added have NULL there.
    """

    impl = Text
    cache_ok = True

    def __init__(
        self, kind: type[dict[Any, Any]] | type[list[Any]], *, null_reads_empty: bool = True
    ) -> None:
        super().__init__()
        self.kind = kind
        self.null_reads_empty = null_reads_empty

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:  # noqa: ARG002
        """Return the text of a value.

        :raises TypeError: when the value is of the other kind.
        """
        if value is None:
            value = self.kind()
        if not isinstance(value, self.kind):
            raise TypeError(f"expected {self.kind.__name__}, found {type(value).__name__}")
        return json.dumps(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Return the container that a text stands for."""
        if value is None:
            return self.kind() if self.null_reads_empty else None
        empty = _EMPTY.get(value)
        return _decode(value) if empty is None else empty()


class Uuid(TypeDecorator[str]):
    """A UUID, always written and compared in its canonical form: lower case, with hyphens.

    SQLite and PostgreSQL compare texts case-sensitively, MariaDB by default does not.
    """

    impl = String(36)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Return the canonical form; anything that is not a UUID stays unchanged."""
        return None if value is None else canonical_uuid(value)


def canonical_uuid(text: str) -> str:
    """Return the canonical form of a UUID in any spelling, and any other text unchanged.

    >>> canonical_uuid("0F3E1C5A7B0D4C8E9A536D1B2F4E8A70")
    '0f3e1c5a-7b0d-4c8e-9a53-6d1b2f4e8a70'
    """
    return str(uuid.UUID(text)) if uuidutils.is_uuid_like(text) else text


class Prose(String):
    """A text that the services write for people, cut if too long; see ``watcher.db.limits``."""


class Flag(TypeDecorator[bool]):
    """Yes or no, where the NULL of rows from before the column reads as no."""

    impl = Boolean
    cache_ok = True

    def process_result_value(self, value: bool | None, dialect: Dialect) -> bool:  # noqa: ARG002
        """Return yes or no."""
        return bool(value)


class UtcDateTime(TypeDecorator[datetime.datetime]):
    """A moment, kept as naive UTC. Takes aware values too and turns them into UTC first."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(
        self,
        value: datetime.datetime | None,
        dialect: Dialect,  # noqa: ARG002
    ) -> datetime.datetime | None:
        """Return the naive UTC form of a moment."""
        if value is None or value.tzinfo is None:
            return value
        return value.astimezone(datetime.UTC).replace(tzinfo=None)


class OldIndicatorValue(TypeDecorator[float]):
    """The deprecated DECIMAL column of efficacy indicators.

    MySQL keeps ten whole digits there, so a larger number is capped: the true one stands in
    ``data``, and a refused insert would lose a whole action plan.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(asdecimal=False)

    def process_bind_param(self, value: float | None, dialect: Dialect) -> float | None:  # noqa: ARG002
        """Return the value within what the column can hold."""
        if value is None:
            return None
        return max(-_LARGEST_OLD_VALUE, min(_LARGEST_OLD_VALUE, float(value)))


def machine_utc_now() -> datetime.datetime:
    """Return this machine's time as naive UTC, the form that rows keep."""
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
