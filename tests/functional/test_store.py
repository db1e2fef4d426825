# SPDX-License-Identifier: Apache-2.0
"""Many at once on one store: threads, forked processes, deadlocks, lost connections."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tests.functional import conftest
from watcher.common import exception
from watcher.db import migration, models, queries, repository, session

WORKERS = 8


@pytest.fixture(params=["mysql", "postgresql", "sqlite"])
def store(request, tmp_path) -> Iterator[str]:
    """The store on an empty database of each kind; its name is the fixture's value."""
    if request.param == "sqlite":
        urls = iter([f"sqlite:///{tmp_path}/watcher.sqlite"])
    else:
        urls = conftest.make_database(request.param)
    session.configure(next(urls))
    migration.upgrade()
    with session.write() as unit:
        values = {"name": "g", "display_name": "G", "efficacy_specification": []}
        repository.create(unit, models.Goal, values)
    yield request.param
    session.reset()
    next(urls, None)


def _at_once(work: Callable[[int], Any]) -> list[Any]:
    """Return what the work gives in several threads that begin together."""
    begin = threading.Barrier(WORKERS)

    def wait_and_work(number: int) -> Any:
        begin.wait(60)
        return work(number)

    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(wait_and_work, range(WORKERS)))


@session.retried
def _new_audit(**values: Any) -> str:
    with session.write() as unit:
        values = {"audit_type": "ONESHOT", "goal_id": 1, **values}
        return str(repository.create(unit, models.Audit, values).uuid)


@session.retried
def _claim(uuid: str, host: str) -> bool:
    states = {"from_states": ["PENDING"], "to_state": "ONGOING"}
    with session.write() as unit:
        values = {"hostname": host}
        return repository.transition(unit, models.Audit, uuid, **states, values=values)


def test_work_is_claimed_exactly_once(store) -> None:
    audits = [_new_audit() for _ in range(10)]
    won = _at_once(lambda number: [_claim(uuid, f"host {number}") for uuid in audits])
    assert [sum(claims) for claims in zip(*won, strict=True)] == [1] * len(audits)
    with session.read() as unit:
        rows = repository.list_rows(unit, models.Audit)
    winners = [next(n for n in range(WORKERS) if won[n][i]) for i in range(len(audits))]
    assert [row.hostname for row in rows] == [f"host {number}" for number in winners]


def test_a_transition_that_changes_nothing_counts_as_done(store) -> None:
    uuid = _new_audit(state="ONGOING", hostname="one")
    for _ in range(2):
        with session.write() as unit:
            assert repository.transition(
                unit,
                models.Audit,
                uuid,
                from_states=["ONGOING"],
                to_state="ONGOING",
                values={"hostname": "one"},
            )


def test_of_audits_created_at_once_with_one_name_one_is_left(store) -> None:
    def create(_number: int) -> bool:
        try:
            _new_audit(name="nightly")
        except exception.AuditAlreadyExists:
            return False
        return True

    assert sum(_at_once(create)) == 1


def test_deadlocks_are_tried_again(store) -> None:
    first, second = _new_audit(), _new_audit()

    @session.retried
    def work(number: int) -> None:
        order = (first, second) if number % 2 else (second, first)
        with session.write() as unit:
            for uuid in order:
                row = repository.update(unit, models.Audit, uuid, {"hostname": str(number)})
                interval = int(row.interval or 0) + 1
                repository.update(unit, models.Audit, uuid, {"interval": str(interval)})

    _at_once(lambda number: [work(number) for _ in range(2)])
    with session.read() as unit:
        rows = repository.list_rows(unit, models.Audit)
    assert [row.interval for row in rows] == [str(2 * WORKERS)] * 2
    assert rows[0].hostname == rows[1].hostname


def test_a_forked_process_opens_connections_of_its_own(store) -> None:
    uuid = _new_audit()
    context = multiprocessing.get_context("fork")
    results: Any = context.Queue()

    def child(number: int) -> None:
        results.put(_claim(uuid, f"child {number}"))

    children = [context.Process(target=child, args=(number,)) for number in range(3)]
    for process in children:
        process.start()
    won = [results.get(timeout=120) for _ in children]
    for process in children:
        process.join(120)
        assert process.exitcode == 0
    assert sum(won) == 1
    with session.read() as unit:
        assert repository.get(unit, models.Audit, uuid).state == "ONGOING"


def test_a_unit_survives_the_loss_of_its_connection(store) -> None:
    if store == "sqlite":
        pytest.skip("a file has no server to lose")
    uuid, attempts = _new_audit(), []

    @session.retried
    def work() -> None:
        with session.write() as unit:
            repository.update(unit, models.Audit, uuid, {"hostname": "one"})
            if not attempts:
                attempts.append(_kill(unit))
            repository.update(unit, models.Audit, uuid, {"interval": "60"})

    work()
    with session.read() as unit:
        row = repository.get(unit, models.Audit, uuid)
    assert (row.hostname, row.interval, len(attempts)) == ("one", "60", 1)


def test_the_databases_clock_is_utc(store) -> None:
    with session.read() as unit:
        found = queries.utc_now(unit)
    uuid = _new_audit()
    with session.read() as unit:
        assert (
            abs((repository.get(unit, models.Audit, uuid).created_at - found).total_seconds()) < 600
        )


def _kill(unit: Any) -> int:
    """End the connection of a unit of work from another one; return its number."""
    on_mysql = session.engine().dialect.name == "mysql"
    own = sa.text("SELECT CONNECTION_ID()" if on_mysql else "SELECT pg_backend_pid()")
    number = int(unit.scalar(own))
    kill = f"KILL {number}" if on_mysql else f"SELECT pg_terminate_backend({number})"
    with session.engine().connect() as other:
        other.exec_driver_sql(kill)
    return number
