# SPDX-License-Identifier: Apache-2.0
"""Which characters survive being written to a text column and read back, on a given database.

A text passes two gates: the connection, whose charset the URL may name (``?charset=utf8``), and
the column. Databases of old deployments hold at most three bytes of UTF-8 (utf8mb3) or one byte
(latin1) per character.
"""

from __future__ import annotations

import codecs
import dataclasses
import weakref
from collections.abc import Iterable, Mapping
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

_CONNECTION: Final = sa.text("SELECT @@character_set_client, @@character_set_connection")
_COLUMNS: Final = sa.text(
    "SELECT table_name, column_name, character_set_name FROM information_schema.columns"
    " WHERE table_schema = DATABASE() AND character_set_name IS NOT NULL"
)
# Charsets that MySQL and PostgreSQL name differently from Python; MySQL's latin1 is cp1252.
_CODECS: Final = {
    "utf8mb4": "utf-8",
    "utf8mb3": "utf-8",
    "ucs2": "utf-8",
    "latin1": "cp1252",
    "koi8r": "koi8_r",
    "koi8u": "koi8_u",
    "KOI8R": "koi8_r",
    "KOI8U": "koi8_u",
    "macce": "mac_latin2",
    "SQL_ASCII": "utf-8",
}
_BY_COLUMN: Final = frozenset({"mysql", "mariadb"})
"""Databases in which each column has a charset of its own."""
_NO_FOUR_BYTES: Final = frozenset({"utf8", "utf8mb3", "ucs2"})
_UNCHECKED: Final = "SQL_ASCII"
"""The encoding of a PostgreSQL database that holds any bytes, and counts them."""
_BEYOND: Final = "\uffff"
"""The last character of Unicode's first plane, beyond which UTF-8 needs four bytes."""


@dataclasses.dataclass(frozen=True, slots=True)
class Charsets:
    """The characters that one database and its connections take.

    :ivar everywhere: the database's names for the gates that every text passes.
    :ivar columns: the charset of each column, by table and name, if they can differ.
    """

    everywhere: tuple[str, ...] = ()
    columns: Mapping[tuple[str, str], str] = dataclasses.field(default_factory=dict)

    def of(self, table: str, column: str) -> tuple[str, ...]:
        """Return the gates on the way of a text into a column."""
        own = self.columns.get((table, column))
        return self.everywhere if own is None else (*self.everywhere, own)

    @property
    def counts_bytes(self) -> bool:
        """Whether the length of a column counts bytes of UTF-8, not characters."""
        return _UNCHECKED in self.everywhere


def of(session: Session) -> Charsets:
    """Return what the database of a session takes; it is queried once."""
    dialect = session.get_bind().dialect  # the same one for all uses of a database
    found = _known.get(dialect)
    if found is None:
        found = _read(session)
        # Before the tables are created their columns say nothing, and later they will.
        if found.columns or dialect.name not in _BY_COLUMN:
            _known[dialect] = found
    return found


def storable(text: str, gates: Iterable[str]) -> str:
    """Return a text with a question mark for each character that does not get through.

    >>> storable("naïve 中\\U0001f600", ["utf8mb3"]), storable("naïve 中", ["latin1"])
    ('naïve 中?', 'naïve ?')
    """
    text = text.replace("\x00", "?")
    for gate in gates:
        if gate in _NO_FOUR_BYTES:
            text = "".join(each if each <= _BEYOND else "?" for each in text)
        codec = _codec(gate)
        text = text.encode(codec, "replace").decode(codec)
    return text.encode("utf-8", "replace").decode("utf-8")


def _codec(gate: str) -> str:
    """Return Python's name for a charset; ASCII for one that Python does not know."""
    name = _CODECS.get(gate, gate)
    if name.startswith("WIN"):
        name = name.replace("WIN", "cp", 1)
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "ascii"


def _read(session: Session) -> Charsets:
    dialect = session.get_bind().dialect.name
    if dialect == "postgresql":
        names = [session.scalar(sa.text(f"SHOW {side}_encoding")) for side in ("server", "client")]
        return Charsets(tuple(map(str, names)))
    if dialect not in _BY_COLUMN:
        return Charsets()
    everywhere = tuple(map(str, session.execute(_CONNECTION).one()))
    columns = {(row[0], row[1]): str(row[2]) for row in session.execute(_COLUMNS)}
    return Charsets(everywhere, columns)


_known: Final[weakref.WeakKeyDictionary[sa.Dialect, Charsets]] = weakref.WeakKeyDictionary()
"""What each database answered; queried once, when the first text that is not plain ASCII comes."""
