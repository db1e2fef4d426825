# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest
import sqlalchemy
from oslo_db import exception as db_exception

from watcher.db import models, passing, queries, repository, session

GOAL = {"name": "drain", "display_name": "D", "efficacy_specification": []}


def _goals() -> int:
    with session.read() as unit:
        return len(repository.list_rows(unit, models.Goal))


def test_a_unit_that_raises_leaves_nothing_behind() -> None:
    def work() -> None:
        with session.write() as unit:
            repository.create(unit, models.Goal, GOAL)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert _goals() == 0


def test_an_inner_unit_is_part_of_the_outer_one() -> None:
    def work() -> None:
        with session.write() as outer:
            with session.write() as inner:
                repository.create(inner, models.Goal, GOAL)
            assert inner is outer
            assert _goals() == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert _goals() == 0


def test_a_unit_that_reads_cannot_start_to_write() -> None:
    with session.read(), pytest.raises(TypeError), session.write():
        pass


def test_threads_share_the_store_in_memory_one_after_the_other() -> None:
    def create(number: int) -> None:
        with session.write() as unit:
            repository.create(unit, models.Goal, GOAL | {"name": f"goal {number}"})

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _goals() == 8


def test_rows_can_be_read_after_their_unit() -> None:
    with session.write() as unit:
        goal = repository.create(unit, models.Goal, GOAL)
    assert goal.name == "drain"


@pytest.fixture
def time_passes(monkeypatch) -> list[float]:
    """Let pauses take no time; the list gets them."""
    pauses: list[float] = []
    clock = SimpleNamespace(sleep=pauses.append, monotonic=lambda: sum(pauses))
    monkeypatch.setattr(session, "time", clock)
    return pauses


def test_a_unit_is_tried_again_until_it_passes(time_passes) -> None:
    failures = [db_exception.DBDeadlock(), db_exception.DBConnectionError()]

    @session.retried
    def work() -> str:
        """Do it."""
        if failures:
            raise failures.pop()
        return "done"

    assert work() == "done"
    assert len(time_passes) == 2
    assert work.__doc__ == "Do it."


def test_a_unit_is_given_up_at_its_deadline(time_passes, monkeypatch) -> None:
    def short_then_long(least: float, most: float) -> float:
        return least if sum(time_passes) < 2 else most

    monkeypatch.setattr(session.random, "uniform", short_then_long)

    @session.retried(deadline_s=5)
    def work() -> None:
        raise db_exception.DBDeadlock

    with pytest.raises(db_exception.DBDeadlock):
        work()
    assert 2 < sum(time_passes) <= 5
    assert len(time_passes) < 20


def test_other_errors_and_inner_units_are_not_tried_again(time_passes) -> None:
    calls: list[Exception] = []

    @session.retried
    def work(error: Exception) -> None:
        calls.append(error)
        raise error

    with pytest.raises(ValueError, match="wrong"):
        work(ValueError("wrong"))
    with session.write(), pytest.raises(db_exception.DBDeadlock):
        work(db_exception.DBDeadlock())
    assert len(calls) == 2
    assert time_passes == []


def test_the_engine_is_made_again_after_a_reset() -> None:
    before = session.engine()
    session.configure("sqlite://")
    assert session.engine() is not before
    with session.read() as unit:
        assert queries.utc_now(unit)


def test_a_patient_phase_has_an_engine_of_its_own_with_the_same_parameters() -> None:
    session.CONF.set_override("connection_parameters", "connect_timeout=3", group="database")
    try:
        session.configure("mysql+pymysql://w@localhost/w")
        usual = session.engine()
        with session.patient():
            assert session.engine() is not usual
            assert session.engine().url == usual.url
        assert session.engine() is usual
    finally:
        session.CONF.clear_override("connection_parameters", group="database")


@pytest.mark.parametrize(
    ("given", "parameters", "used"),
    [
        ("mysql+pymysql://w@h/d", "", "mysql+pymysql://w@h/d?charset=utf8mb4"),
        ("mysql+pymysql://w@h/d?charset=utf8", "", "mysql+pymysql://w@h/d?charset=utf8"),
        ("mysql+pymysql://w@h/d", "charset=utf8", "mysql+pymysql://w@h/d?charset=utf8"),
        ("mariadb+pymysql://w@h/d", "", "mysql+pymysql://w@h/d?charset=utf8mb4"),
        ("mariadb+pymysql://w@h/d?charset=utf8", "", "mysql+pymysql://w@h/d?charset=utf8"),
        ("postgresql+psycopg://w@h/d?client_encoding=latin1", "", "postgresql+psycopg://w@h/d"),
    ],
)
def test_a_url_is_used_as_all_libraries_understand_it(given, parameters, used) -> None:
    session.CONF.set_override("connection_parameters", parameters, group="database")
    try:
        session.configure(given)
        assert session.engine().url.render_as_string() == used
        assert session.engine().dialect.name == used.partition("+")[0]
    finally:
        session.CONF.clear_override("connection_parameters", group="database")


@pytest.mark.parametrize(
    ("given", "dialect"),
    [
        ("mariadb+mysqlconnector://w@h/d", "mysql+mysqlconnector"),
        ("mariadb+mysqldb://w@h/d", "mysql+mysqldb"),
        ("mariadb://w@h/d", "mysql"),
    ],
)
def test_other_drivers_are_known_by_both_names(given: str, dialect: str) -> None:
    assert session._url_of(given).drivername == dialect


def test_a_patient_phase_of_sqlite_is_nothing_special() -> None:
    usual = session.engine()
    with session.patient():
        assert session.engine() is usual


@pytest.mark.parametrize(
    "odd", [NotImplementedError(), sqlalchemy.exc.ResourceClosedError("This Connection is closed")]
)
def test_a_first_connection_that_dies_is_a_lost_connection(odd: Exception, monkeypatch) -> None:
    def die(*_: object) -> None:
        raise odd

    monkeypatch.setattr(sqlalchemy.engine.default.DefaultDialect, "initialize", die)
    session.configure("sqlite://")
    with pytest.raises(db_exception.DBConnectionError) as caught, session.read() as unit:
        unit.execute(sqlalchemy.text("SELECT 1"))
    assert passing.is_passing(caught.value)


def test_a_connection_that_dies_while_it_is_prepared_is_a_lost_one() -> None:
    class Gone(Exception):
        pass

    class Connection:
        def cursor(self) -> None:
            raise Gone("server closed the connection unexpectedly")

    with pytest.raises(db_exception.DBConnectionError):
        session._prepare_connection(["SELECT 1"], Gone, Connection(), None)
