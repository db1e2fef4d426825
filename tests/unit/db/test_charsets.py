# SPDX-License-Identifier: Apache-2.0
"""What gets through a charset, and what happens to what does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy
from oslo_db import exception as db_exception

from tests import text_columns
from watcher.common import exception
from watcher.db import charsets, models, repository, session
from watcher.db.charsets import Charsets


@pytest.fixture(autouse=True)
def _parents(_store: None) -> None:
    text_columns.write_parents()


@pytest.mark.parametrize(
    ("gates", "kept"),
    [
        (["utf8mb4"], "é…中\U0001f600"),
        (["utf8"], "é…中?"),
        (["utf8mb3", "utf8mb4"], "é…中?"),
        (["utf8mb4", "ucs2"], "é…中?"),
        (["latin1"], "é…??"),
        (["LATIN1"], "é???"),
        (["LATIN9", "UTF8"], "é???"),
        (["WIN1252"], "é…??"),
        (["SQL_ASCII", "UTF8"], "é…中\U0001f600"),
        (["ascii"], "????"),
        (["gbk"], "é…中?"),
        (["MULE_INTERNAL"], "????"),
        ([], "é…中\U0001f600"),
    ],
    ids=str,
)
def test_what_does_not_get_through_becomes_a_question_mark(gates: list[str], kept: str) -> None:
    assert charsets.storable("é…中\U0001f600", gates) == kept


@pytest.fixture
def narrow() -> Iterator[None]:
    """Let the store say that its connections carry latin1."""
    charsets._known[session.engine().dialect] = Charsets(("latin1",))
    yield
    del charsets._known[session.engine().dialect]


def test_the_connection_counts_as_well_as_the_column(narrow: None) -> None:
    ident = text_columns.create(models.Audit, status_message="è pronto 中")
    assert text_columns.read(models.Audit, ident, "status_message") == "è pronto ?"


@pytest.mark.parametrize("text", ["x中", "中" * 63, "a\x00b", "\ud800"], ids=ascii)
def test_a_refusal_names_the_field_and_the_character(narrow: None, text: str) -> None:
    wrong = next(each for each in text if each not in "xab")
    with pytest.raises(exception.Invalid) as caught:
        text_columns.create(models.Audit, name=text)
    assert str(caught.value).startswith("name of audits takes only characters that its column can")
    assert f"U+{ord(wrong):04X}" in str(caught.value)


class _Server:
    """A MariaDB session whose tables may not be there yet."""

    def __init__(self) -> None:
        self.bind = sqlalchemy.create_mock_engine("mysql+pymysql://", lambda *_: None)
        self.columns: list[tuple[str, str, str]] = []
        self.asked = 0

    def get_bind(self) -> sqlalchemy.engine.mock.MockConnection:
        return self.bind

    def execute(self, statement: sqlalchemy.TextClause) -> sqlalchemy.Result[tuple[str, ...]]:
        self.asked += 1
        if "information_schema" in statement.text:
            rows, names = self.columns, ["table", "column", "charset"]
        else:
            rows, names = [("utf8mb4", "utf8mb4")], ["client", "connection"]
        metadata = sqlalchemy.engine.result.SimpleResultMetaData(names)
        return sqlalchemy.engine.IteratorResult(metadata, iter(rows))


def test_columns_are_looked_at_again_until_there_are_tables() -> None:
    server = _Server()
    assert charsets.of(server).of("audits", "name") == ("utf8mb4", "utf8mb4")
    server.columns = [("audits", "name", "latin1")]
    assert charsets.of(server).of("audits", "name") == ("utf8mb4", "utf8mb4", "latin1")
    asked = server.asked
    charsets.of(server)
    assert server.asked == asked


def _refuse_beyond_ascii() -> None:
    """Make the database refuse every text that is not ASCII, for no foreseeable reason."""

    def refuse(_conn, _cursor, statement, parameters, _context, _many) -> None:
        if statement.startswith("UPDATE") and not str(parameters).isascii():
            raise sqlalchemy.exc.DataError(statement, parameters, ValueError("no such character"))

    sqlalchemy.event.listen(session.engine(), "before_cursor_execute", refuse)


def _fail(ident: int, **values: str) -> None:
    @session.retried
    def work() -> None:
        with session.write() as unit:
            repository.update(unit, models.Audit, ident, {"state": "FAILED", **values})

    work()


def test_a_state_is_written_in_ascii_when_the_database_refuses_its_text() -> None:
    ident = text_columns.create(models.Audit, state="ONGOING")
    _refuse_beyond_ascii()
    _fail(ident, status_message="Strategy failed: ünknown\x00 " + "x" * 300)
    assert text_columns.read(models.Audit, ident, "state") == "FAILED"
    kept = text_columns.read(models.Audit, ident, "status_message")
    assert kept.startswith("Strategy failed: ?nknown? xxx")
    assert kept.endswith("...")
    assert len(kept) == 255


def test_a_text_that_is_not_ours_is_refused_as_before() -> None:
    ident = text_columns.create(models.Audit, state="ONGOING")
    _refuse_beyond_ascii()
    with pytest.raises(db_exception.DBError):
        _fail(ident, name="ünknown", status_message="ünknown")
    with pytest.raises(db_exception.DBError):
        _fail(ident, name="ünknown")
    assert text_columns.read(models.Audit, ident, "state") == "ONGOING"


def test_later_texts_are_written_whole_again() -> None:
    ident = text_columns.create(models.Audit, state="ONGOING")
    _refuse_beyond_ascii()
    _fail(ident, status_message="ünknown")
    other = text_columns.create(models.Audit, status_message="ünknown")
    assert text_columns.read(models.Audit, other, "status_message") == "ünknown"
