# SPDX-License-Identifier: Apache-2.0
"""Texts on the real databases: what the store lets through, each of them takes and gives back.

MariaDB counts the bytes of its TEXT columns, and databases of old deployments keep three bytes of
UTF-8 (utf8mb3) or one byte (latin1) for a character; PostgreSQL takes no NUL.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tests import text_columns
from tests.functional import conftest, upgrades
from watcher.common import exception
from watcher.db import charsets, migration, models, repository, session

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


@pytest.fixture(scope="module", params=upgrades.DATABASES)
def database(request) -> Iterator[str]:
    """A database of each kind with the rows that others refer to."""
    with upgrades.empty_database(request.param):
        migration.create_schema()
        text_columns.write_parents()
        yield request.param


@pytest.mark.parametrize(("model", "limit"), text_columns.COLUMNS, ids=text_columns.NAMES)
def test_a_column_takes_what_fits_and_never_sees_what_does_not(
    database: str, model: Any, limit: Any
) -> None:
    fits = text_columns.longest(model, limit)
    ident = text_columns.create(model, **{limit.column: fits})
    assert text_columns.read(model, ident, limit.column) == fits
    if limit.ours:
        ident = text_columns.create(model, **{limit.column: text_columns.longer(fits)})
        assert text_columns.read(model, ident, limit.column) == fits[:-1] + ELLIPSIS
    else:
        with pytest.raises(exception.Invalid, match=f"{limit.column} of {limit.table} takes"):
            text_columns.create(model, **{limit.column: text_columns.longer(fits)})


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\x00b", "a?b"),
        ("a\ud800b", "a?b"),
        ("\U0001f600" * 255, "\U0001f600" * 255),
        ("\U0001f600" * 256, "\U0001f600" * 254 + ELLIPSIS),
    ],
    ids=["NUL", "lone surrogate", "four bytes", "four bytes too long"],
)
def test_a_text_of_ours_is_kept_but_for_what_no_database_takes(
    database: str, text: str, kept: str
) -> None:
    ident = text_columns.create(models.Audit, status_message=text)
    assert text_columns.read(models.Audit, ident, "status_message") == kept


@pytest.fixture(scope="module", params=["utf8mb3", "latin1"])
def old_mariadb(request) -> Iterator[str]:
    """A MariaDB database whose tables keep fewer characters than Unicode has."""
    with contextlib.contextmanager(conftest.make_database)("mysql") as url:
        session.configure(url)
        name = sa.make_url(url).database
        with session.engine().begin() as connection:
            connection.exec_driver_sql(f"ALTER DATABASE {name} CHARACTER SET {request.param}")
        migration.create_schema()
        text_columns.write_parents()
        yield request.param
        session.reset()


@pytest.mark.parametrize("text", ["x\U0001f600", "\U0001f600" * 300], ids=["short", "long"])
def test_a_text_of_ours_loses_what_an_old_database_does_not_keep(
    old_mariadb: str, text: str
) -> None:
    ident = text_columns.create(models.Audit, status_message=text)
    kept = text_columns.read(models.Audit, ident, "status_message")
    assert kept == (text if len(text) < 255 else text[:254] + ELLIPSIS).replace("\U0001f600", "?")


def test_a_text_of_others_that_an_old_database_does_not_keep_is_refused(old_mariadb: str) -> None:
    with pytest.raises(exception.Invalid, match="name of audits takes only characters"):
        text_columns.create(models.Audit, name="\U0001f600")


def test_a_text_that_an_old_database_keeps_stays_as_it_is(old_mariadb: str) -> None:
    text = "café…" if old_mariadb == "latin1" else "café… 中"
    ident = text_columns.create(models.Audit, name=text, status_message=text)
    assert text_columns.read(models.Audit, ident, "name") == text
    assert text_columns.read(models.Audit, ident, "status_message") == text


def test_a_row_is_looked_for_by_a_text_that_an_old_database_does_not_keep(
    old_mariadb: str,
) -> None:
    with session.read() as unit:
        with pytest.raises(exception.AuditNotFound):
            repository.get(unit, models.Audit, name="\U0001f600")
        filters = {"name__in": ["\U0001f600", "中"]}
        assert repository.list_rows(unit, models.Audit, filters=filters) == []


#: Databases, and connections to them, that take less than Unicode.
NARROW = {
    "utf8mb3 tables": ("mysql", "CHARACTER SET utf8mb3", ""),
    "latin1 tables": ("mysql", "CHARACTER SET latin1", ""),
    "charset=utf8": ("mysql", "CHARACTER SET utf8mb4", "?charset=utf8"),
    "charset=utf8mb3": ("mysql", "CHARACTER SET utf8mb4", "?charset=utf8mb3"),
    "charset=latin1": ("mysql", "CHARACTER SET utf8mb4", "?charset=latin1"),
    "PostgreSQL LATIN1": ("postgresql", "ENCODING 'LATIN1'", ""),
    "PostgreSQL WIN1252": ("postgresql", "ENCODING 'WIN1252'", ""),
    "PostgreSQL EUC_KR": ("postgresql", "ENCODING 'EUC_KR'", ""),
}
UNCHECKED = {"PostgreSQL SQL_ASCII": ("postgresql", "ENCODING 'SQL_ASCII'", "")}


@contextlib.contextmanager
def _database(kind: str, declared: str, query: str) -> Iterator[str]:
    """Make an empty database of an encoding; yield a URL with these options."""
    with contextlib.contextmanager(conftest.make_database)(kind) as found:
        url = sa.make_url(found)
        name, engine = url.database, sa.create_engine(conftest.URLS[kind])
        if kind == "postgresql":
            declared += " TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name}")
            connection.exec_driver_sql(f"CREATE DATABASE {name} {declared}")
        engine.dispose()
        yield found + query


@pytest.fixture(scope="module", params=[*NARROW, *UNCHECKED])
def any_encoding(request) -> Iterator[str]:
    """The store of a database that takes less than Unicode, or counts bytes."""
    with _database(*(NARROW | UNCHECKED)[request.param]) as url:
        session.configure(url)
        migration.create_schema()
        text_columns.write_parents()
        yield request.param
        session.reset()


ODD = ["\U0001f600", "\U0001f600" * 300, "中" * 255, "é" * 254 + "中", "a\x00b", "\ud800", "\uffff"]


@pytest.mark.parametrize("text", ODD, ids=lambda text: f"{len(text)} of {text[-1]!a}")
def test_no_text_of_ours_stops_a_state_from_being_written(any_encoding: str, text: str) -> None:
    _move(text)


@pytest.mark.parametrize("text", ODD, ids=lambda text: f"{len(text)} of {text[-1]!a}")
def test_what_the_database_refuses_unexpectedly_is_written_in_ascii(
    any_encoding: str, text: str, monkeypatch
) -> None:
    monkeypatch.setitem(charsets._known, session.engine().dialect, charsets.Charsets())
    _move(text)


def _move(text: str) -> None:
    """Let an audit fail with a message, as the services do."""
    ident = text_columns.create(models.Audit, state="ONGOING")
    with session.read() as unit:
        uuid = repository.get(unit, models.Audit, id=ident).uuid

    @session.retried
    def fail() -> bool:
        values = {"status_message": text}
        with session.write() as unit:
            return repository.transition(
                unit, models.Audit, uuid, from_states=["ONGOING"], to_state="FAILED", values=values
            )

    assert fail()
    kept = text_columns.read(models.Audit, ident, "status_message")
    assert text_columns.read(models.Audit, ident, "state") == "FAILED"
    assert kept
    assert len(kept) <= 255
    assert kept == text or "?" in kept or kept.endswith((ELLIPSIS, "..."))


def test_a_name_that_does_not_get_through_is_refused_and_found_nowhere(any_encoding: str) -> None:
    name = "fine \U0001f600"
    with session.read() as unit:
        with pytest.raises(exception.AuditNotFound):
            repository.get(unit, models.Audit, name=name)
        for filters in ({"name": name}, {"name__in": [name]}, {"goal_name": name}):
            assert repository.list_rows(unit, models.Audit, filters=filters) == []
    with session.write() as unit:
        assert not repository.transition(
            unit, models.Audit, name, from_states=["PENDING"], to_state="ONGOING"
        )
    if any_encoding in UNCHECKED:
        assert text_columns.read(models.Audit, text_columns.create(models.Audit, name=name), "name")
        return
    with pytest.raises(exception.Invalid, match=r"name of audits .* U\+1F600 GRINNING FACE"):
        text_columns.create(models.Audit, name=name)


def test_a_database_that_counts_bytes_refuses_a_name_by_them() -> None:
    with _database(*UNCHECKED["PostgreSQL SQL_ASCII"]) as url:
        session.configure(url)
        migration.create_schema()
        text_columns.write_parents()
        text_columns.create(models.Audit, name="é" * 31)
        with pytest.raises(exception.Invalid, match="at most 63 bytes"):
            text_columns.create(models.Audit, name="é" * 32)
        session.reset()


@pytest.mark.parametrize(
    "encoding",
    ["utf8mb3 tables", "charset=utf8", "charset=latin1", "PostgreSQL LATIN1", *UNCHECKED],
)
def test_clients_are_told_what_does_not_get_through(encoding: str) -> None:
    with _database(*(NARROW | UNCHECKED)[encoding]) as url:
        command = (sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider")
        done = subprocess.run(
            [*command, "tests/api/test_texts.py", "-k", "cannot_keep"],
            cwd=REPOSITORY,
            env={**os.environ, "WATCHER_TEST_API_DATABASE": url},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
