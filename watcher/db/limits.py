# SPDX-License-Identifier: Apache-2.0
"""What the text columns hold, and how a value is brought into that form before it is written.

Every write of the repository passes through :func:`fitted`, so that the three databases behave
alike: SQLite has no limits, MariaDB and PostgreSQL refuse a row in words of their own, and MariaDB
without its strict mode would cut a document in two.

- A text that the services write for people (:class:`watcher.db.types.Prose`) loses its end and
  whatever its column cannot keep, so that the change it describes is not lost. If the database
  refuses it nevertheless, it is written in plain ASCII (:class:`Watched`).
- Any other text means something (a name, a state, a document) and is refused.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import threading
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, ParamSpec, TypeVar

import sqlalchemy as sa
from oslo_db import exception as db_exception
from sqlalchemy.orm import InstrumentedAttribute, Session

from watcher.common import exception
from watcher.db import charsets, models, passing
from watcher.db.types import JsonText, Prose, Uuid

LARGEST_TEXT_BYTES: Final = 2**16 - 1
"""What a TEXT column of MariaDB holds; the other databases hold more."""

_ELLIPSIS: Final = "\N{HORIZONTAL ELLIPSIS}"
_SHOWN: Final = 40
"""Characters of a refused text that the error quotes."""
_REFUSALS: Final = (
    db_exception.DBError,
    db_exception.DBInvalidUnicodeParameter,
    sa.exc.SQLAlchemyError,
    UnicodeError,
)
_OTHER_REASONS: Final = (
    db_exception.DBDuplicateEntry,
    db_exception.DBReferenceError,
    db_exception.DBConstraintError,
    db_exception.DBNonExistentTable,
)
"""Reasons for which a database refuses a row whatever its texts."""

P = ParamSpec("P")
T = TypeVar("T")


@dataclasses.dataclass(frozen=True, slots=True)
class Limit:
    """What one text column holds.

    :ivar characters: at most; None: bytes are counted.
    :ivar ours: whether the text is cut instead of refused.
    :ivar document: whether the column keeps values as JSON, which is ASCII.
    """

    table: str
    column: str
    characters: int | None
    ours: bool
    document: bool


def fitted(session: Session, model: type[models.Base], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a row as its columns can keep them.

    :raises Invalid: naming the column, for a text that may not be changed and does not fit.
    """
    found = dict(values)
    for limit in limits(model):
        value = found.get(limit.column)
        if limit.document:
            _check_document(limit, value)
        elif isinstance(value, str):
            found[limit.column] = _fit(session, limit, value)
    return found


def check(session: Session, column: InstrumentedAttribute[Any], text: str) -> None:
    """Check the part of a :class:`~watcher.db.types.Prose` that a client wrote.

    Unlike the rest, it is refused rather than changed.

    :raises Invalid: naming the column and the first character that it cannot keep.
    """
    _check_characters(session, _limit(column), text)


def sought(session: Session, column: InstrumentedAttribute[Any], value: Any) -> Any:
    """Return a value to compare a column with, or several, as the database can take it.

    MariaDB refuses to compare a column with a text that the column could not hold, and PostgreSQL
    refuses to read one. Such a text is replaced by one that is too long for any row to have.
    """
    if isinstance(value, list | tuple | set | frozenset):
        return [sought(session, column, each) for each in value]
    if not isinstance(value, str) or _is_plain(value):
        return value
    limit = _limit(column)
    if _storable(session, limit, value) == value:
        return value
    return "?" * ((limit.characters or LARGEST_TEXT_BYTES) + 1)


@functools.cache
def limits(model: type[models.Base]) -> tuple[Limit, ...]:
    """Return the limits of a model's text columns."""
    found = []
    for column in model.__table__.columns:
        kind: Any = column.type
        if isinstance(kind, sa.String | JsonText | Uuid):
            found.append(
                Limit(
                    model.__tablename__,
                    column.name,
                    _length(kind),
                    isinstance(kind, Prose),
                    isinstance(kind, JsonText),
                )
            )
    return tuple(found)


def characters(column: InstrumentedAttribute[Any]) -> int:
    """Return how many characters a text column holds."""
    return int(_length(column.type) or 0)


def _length(kind: Any) -> int | None:
    length: int | None = getattr(getattr(kind, "impl", kind), "length", None)
    return length


def shortened(
    text: str,
    characters: int,
    storable: Callable[[str], str] = lambda text: text,
    size: Callable[[str], int] = len,
) -> str:
    """Return a text of at most so many characters, with an ellipsis in place of its end.

    :param storable: replaces what cannot be kept, character by character.
    :param size: measures a text, in the unit of ``characters``.

    >>> shortened("overloaded", 5)
    'over…'
    """
    text = storable(text)
    if size(text) <= characters:
        return text
    mark = _ELLIPSIS if storable(_ELLIPSIS) == _ELLIPSIS else "..."
    kept = text[: characters - len(mark)]
    while size(kept + mark) > characters:
        kept = kept[:-1]
    return kept + mark


class Watched(Generic[P, T]):
    """A unit of work that knows whether a text for people may have made it fail.

    :ivar plain: whether further calls write texts for people in plain ASCII.
    """

    def __init__(self, function: Callable[P, T]) -> None:
        self._function = function
        self._wrote_beyond_ascii = False
        self.plain = False

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the unit of work."""
        before, _way.plain, _way.beyond_ascii = _way.plain, self.plain, False
        try:
            return self._function(*args, **kwargs)
        finally:
            self._wrote_beyond_ascii = _way.beyond_ascii
            _way.plain = before

    def might_pass_plain(self, error: BaseException) -> bool:
        """Tell whether the last call, which raised *error*, may succeed with plain texts."""
        return (
            self._wrote_beyond_ascii
            and isinstance(error, _REFUSALS)
            and not isinstance(error, _OTHER_REASONS)
            and not passing.is_passing(error)
        )


def watched(function: Callable[P, T]) -> Watched[P, T]:
    """Return a unit of work that can be run again with plain texts."""
    return Watched(function)


class _Way(threading.local):
    """How a thread writes texts for people, and whether it wrote one that is not ASCII."""

    plain = False
    beyond_ascii = False


_way = _Way()


def _limit(column: InstrumentedAttribute[Any]) -> Limit:
    found: sa.Column[Any] = column.property.columns[0]
    length = _length(found.type)
    return Limit(found.table.name, found.name, length, ours=False, document=False)


def _is_plain(text: str) -> bool:
    return text.isascii() and "\x00" not in text


def _fit(session: Session, limit: Limit, value: str) -> str:
    if _is_plain(value) and limit.characters is not None and len(value) <= limit.characters:
        return value
    if limit.ours and limit.characters is not None:
        return _fit_ours(session, limit, limit.characters, value)
    _check_size(session, limit, value)
    _check_characters(session, limit, value)
    return value


def _fit_ours(session: Session, limit: Limit, characters: int, value: str) -> str:
    if _way.plain:
        return shortened(value, characters, lambda text: charsets.storable(text, ["ascii"]))
    _way.beyond_ascii = True  # or the ellipsis makes it so
    return shortened(
        value,
        characters,
        lambda text: _storable(session, limit, text),
        _size_of if charsets.of(session).counts_bytes else len,
    )


def _size_of(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _check_size(session: Session, limit: Limit, value: str) -> None:
    if limit.characters is None:
        if _size_of(value) > LARGEST_TEXT_BYTES:
            raise _refused(limit, f"at most {LARGEST_TEXT_BYTES} bytes", value)
    elif len(value) > limit.characters:
        raise _refused(limit, f"at most {limit.characters} characters", value)
    elif _size_of(value) > limit.characters and charsets.of(session).counts_bytes:
        raise _refused(limit, f"at most {limit.characters} bytes, which its database counts", value)


def _check_characters(session: Session, limit: Limit, value: str) -> None:
    if _is_plain(value) or _storable(session, limit, value) == value:
        return
    wrong = next(each for each in value if _storable(session, limit, each) != each)
    shown = f"U+{ord(wrong):04X} {unicodedata.name(wrong, '')}".rstrip()
    if wrong.isprintable():
        shown += f" ({wrong})"
    names = charsets.of(session).of(limit.table, limit.column)
    kept = f" ({', '.join(dict.fromkeys(names))})" if names else ""
    expected = f"only characters that its column can keep{kept}, not {shown}"
    raise _refused(limit, expected, value)


def _check_document(limit: Limit, value: Any) -> None:
    if not value or not isinstance(value, dict | list):
        return
    size = len(json.dumps(value))
    if size > LARGEST_TEXT_BYTES:
        raise exception.Invalid(
            message=f"{limit.column} of {limit.table} takes at most {LARGEST_TEXT_BYTES} bytes as "
            f"JSON, found {size}"
        )


def _refused(limit: Limit, expected: str, value: str) -> exception.Invalid:
    return exception.Invalid(
        message=f"{limit.column} of {limit.table} takes {expected}, found {len(value)} characters: "
        f"{shortened(value, _SHOWN)!a}"
    )


def _storable(session: Session, limit: Limit, value: str) -> str:
    """Return a text with a question mark for each character that a column cannot keep."""
    return charsets.storable(value, charsets.of(session).of(limit.table, limit.column))
