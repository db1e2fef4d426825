# SPDX-License-Identifier: Apache-2.0
"""What the text columns hold, and how a value is brought into that form before it is written.

Every write of the repository passes through :func:`fitted`, so that the three databases behave
alike: SQLite has no limits, MariaDB and PostgreSQL refuse a row in words of their own, and MariaDB
without its strict mode would cut a document in two.

- A text that the services write for people (:class:`watcher.db.types.Prose`) loses its end and
  whatever its column cannot keep, so that the change it describes is not lost.
- Any other text means something (a name, a state, a document) and is refused.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import weakref
from collections.abc import Callable, Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from watcher.common import exception
from watcher.db import models
from watcher.db.types import Json, Prose

LARGEST_TEXT_BYTES: Final = 2**16 - 1
"""What a TEXT column of MariaDB holds; the other databases hold more."""

_ELLIPSIS: Final = "\N{HORIZONTAL ELLIPSIS}"
_SHOWN: Final = 40
"""Characters of a refused text that the error quotes."""
_COLUMN_CHARSETS: Final = sa.text(
    "SELECT table_name, column_name, character_set_name FROM information_schema.columns"
    " WHERE table_schema = DATABASE() AND character_set_name IS NOT NULL"
)
# Names of MySQL and PostgreSQL for what Python calls otherwise; latin1 of MySQL is cp1252.
_CODECS: Final = {"utf8mb4": "utf-8", "latin1": "cp1252", "LATIN1": "iso-8859-1", "UTF8": "utf-8"}

Charsets = Mapping[tuple[str, str], str]


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


def sought(session: Session, column: InstrumentedAttribute[Any], value: Any) -> Any:
    """Return a value to compare a column with, or several, as the database can take it.

    MariaDB refuses to compare a column with a text that it could not keep. Such a text becomes
    one that no row has, since it is too long.
    """
    if isinstance(value, list | tuple | set | frozenset):
        return [sought(session, column, each) for each in value]
    found: sa.Column[Any] = column.property.columns[0]
    characters = getattr(found.type, "length", None)
    if not isinstance(value, str) or value.isascii() or characters is None:
        return value
    limit = Limit(found.table.name, found.name, characters, ours=False, document=False)
    return value if _storable(session, limit, value) == value else "?" * (characters + 1)


@functools.cache
def limits(model: type[models.Base]) -> tuple[Limit, ...]:
    """Return the limits of a model's text columns."""
    found = []
    for column in model.__table__.columns:
        kind: Any = column.type
        if isinstance(kind, sa.String | Json):
            found.append(
                Limit(
                    model.__tablename__,
                    column.name,
                    getattr(kind, "length", None),
                    isinstance(kind, Prose),
                    isinstance(kind, Json),
                )
            )
    return tuple(found)


def characters(column: InstrumentedAttribute[Any]) -> int:
    """Return how many characters a text column holds."""
    kind: Any = column.type
    return int(kind.length)


def shortened(
    text: str, characters: int, storable: Callable[[str], str] = lambda text: text
) -> str:
    """Return a text of at most so many characters, with an ellipsis in place of its end.

    :param storable: replaces what cannot be kept, character by character.

    >>> shortened("overloaded", 5)
    'over…'
    """
    if len(text) <= characters:
        return storable(text)
    mark = _ELLIPSIS if storable(_ELLIPSIS) == _ELLIPSIS else "..."
    return storable(text[: characters - len(mark)]) + mark


def _fit(session: Session, limit: Limit, value: str) -> str:
    plain = value.isascii() and "\x00" not in value
    if plain and limit.characters is not None and len(value) <= limit.characters:
        return value
    if limit.ours and limit.characters is not None:
        return shortened(value, limit.characters, lambda text: _storable(session, limit, text))
    _check_size(limit, value)
    if not plain and _storable(session, limit, value) != value:
        raise _refused(limit, "only characters that its column can keep", value)
    return value


def _check_size(limit: Limit, value: str) -> None:
    if limit.characters is None:
        if len(value.encode("utf-8", "replace")) > LARGEST_TEXT_BYTES:
            raise _refused(limit, f"at most {LARGEST_TEXT_BYTES} bytes", value)
    elif len(value) > limit.characters:
        raise _refused(limit, f"at most {limit.characters} characters", value)


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
    charset = _charset(session, limit)
    value = value.replace("\x00", "?")
    if charset in {"utf8", "utf8mb3"}:
        value = "".join(each if each <= "\uffff" else "?" for each in value)
    codec = _CODECS.get(charset, charset)
    try:
        return value.encode(codec, "replace").decode(codec)
    except LookupError:
        return value.encode("utf-8", "replace").decode("utf-8")


def _charset(session: Session, limit: Limit) -> str:
    """Return the database's name for the character set of a column."""
    engine = session.get_bind().engine
    found = _charsets.get(engine)
    if found is None:
        found = _charsets[engine] = _read_charsets(session)
    return found.get((limit.table, limit.column)) or found.get(_ANY, "utf8mb4")


def _read_charsets(session: Session) -> Charsets:
    dialect = session.get_bind().dialect.name
    if dialect == "postgresql":
        return {_ANY: str(session.scalar(sa.text("SHOW server_encoding")))}
    if dialect not in {"mysql", "mariadb"}:
        return {}
    return {(row[0], row[1]): str(row[2]) for row in session.execute(_COLUMN_CHARSETS)}


_ANY: Final = ("", "")
_charsets: weakref.WeakKeyDictionary[sa.Engine, Charsets] = weakref.WeakKeyDictionary()
"""What each database said; asked for once, and only by a text that is not plain ASCII."""
