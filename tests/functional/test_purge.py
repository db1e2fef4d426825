# SPDX-License-Identifier: Apache-2.0
"""The purge on real databases: beside writers, beside another purge, and through the command."""

from __future__ import annotations

import datetime
import pathlib
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import func, select, update

from tests.functional import conftest
from tests.purge_rows import Rows
from watcher.db import clock, migration, models, purge, session
from watcher.db.purgeable import ORDER

pytestmark = pytest.mark.timeout(600)

Run = Callable[..., tuple[int, str]]


@pytest.fixture(params=["mysql", "postgresql"], scope="module")
def server(request) -> Iterator[str]:
    """URL of a database at the newest revision, shared by the tests of this module."""
    for url in conftest.make_database(request.param):
        session.configure(url)
        migration.upgrade()
        session.reset()
        yield url


@pytest.fixture
def rows(server: str) -> Iterator[Rows]:
    """Rows of an empty database."""
    session.configure(server)
    yield Rows()
    for model in (models.EfficacyIndicator, *ORDER):
        with session.write() as unit:
            unit.query(model).delete()
    session.reset()


@pytest.fixture
def live(rows: Rows) -> dict[str, int]:
    """A live goal and strategy, as keys of other rows."""
    goal = rows.add("goal", "g")
    return {"goal_id": goal, "strategy_id": rows.add("strategy", "s", goal_id=goal)}


@pytest.fixture
def run(server: str, tmp_path: pathlib.Path) -> Run:
    """A function that runs the purge as a command: exit code and standard output."""
    configuration = tmp_path / "watcher.conf"
    configuration.write_text(f"[database]\nconnection = {server}\n")

    def call(*arguments: str, answer: str = "") -> tuple[int, str]:
        command = [sys.executable, "-m", "watcher.cmd.dbmanage"]
        done = subprocess.run(
            [*command, "--config-file", str(configuration), "purge", *arguments],
            input=answer,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    return call


def _rows(outcome: purge.Outcome) -> tuple[int, ...]:
    return tuple(outcome.rows[model] for model in reversed(ORDER))


def test_what_a_live_row_needs_stays_and_the_rest_goes(rows: Rows) -> None:
    goal = rows.add("goal", "g", deleted=40)
    strategy = rows.add("strategy", "s", goal_id=goal, deleted=40)
    rows.add("template", "t", goal_id=goal, strategy_id=strategy, deleted=1)
    rows.tree("gone", deleted=1, goal_id=goal, strategy_id=strategy)
    needed = rows.add("audit", "needed", goal_id=goal, strategy_id=strategy, deleted=40)
    rows.add("plan", "live", audit_id=needed, strategy_id=strategy)
    wanted = purge.criteria(age_days=30)

    counted = purge.count(wanted)
    done = purge.purge(wanted, batch_rows=1)

    assert _rows(counted) == _rows(done) == (0, 0, 1, 1, 1, 2)
    assert rows.left() == {"g", "s", "needed", "live"}


def test_orphans_go_on_request_and_only_if_not_at_work(rows: Rows) -> None:
    goal = rows.add("goal", "g", deleted=40)
    strategy = rows.add("strategy", "s", goal_id=goal)
    rows.tree("orphan", deleted=None, goal_id=goal, strategy_id=strategy)
    rows.add("audit", "at work", goal_id=goal, state="ONGOING")

    assert purge.purge(purge.criteria()).total == 0
    wanted = purge.criteria(age_days=30, orphans=True)
    assert _rows(purge.rehearse(wanted)) == _rows(purge.purge(wanted)) == (0, 1, 0, 1, 1, 2)
    assert rows.left() == {"g", "at work"}


@pytest.mark.parametrize(("limit", "total"), [(4, 4), (11, 11), (10, 8)])
def test_a_maximum_takes_whole_groups(rows: Rows, live, limit: int, total: int) -> None:
    for number in range(2):
        rows.tree(f"tree{number}", **live)
    goal = rows.add("goal", "gone", deleted=1)
    rows.add("strategy", "gone.s", goal_id=goal, deleted=1)
    rows.add("template", "gone.t", goal_id=goal, deleted=1)
    if limit != 11:
        rows.tree("gone.tree", actions=9, goal_id=goal, strategy_id=live["strategy_id"])
    wanted = purge.criteria()

    rehearsed = purge.rehearse(wanted, limit)
    done = purge.purge(wanted, limit)

    assert _rows(rehearsed) == _rows(done)
    assert total - 1 <= done.total <= limit


def test_the_age_is_the_databases(rows: Rows) -> None:
    with session.read() as unit:
        now = clock.utc_now(unit)
    before = purge.criteria(age_days=1).before
    assert abs((now - before) - datetime.timedelta(days=1)) < datetime.timedelta(minutes=10)


def test_services_write_and_another_purge_runs_meanwhile(rows: Rows, live) -> None:
    for number in range(12):
        rows.tree(f"old{number}", actions=25, **live)
    rows.tree("live", deleted=None, actions=5, **live)
    totals: list[int] = []
    errors: list[Exception] = []
    finished = threading.Event()

    def remove() -> None:
        try:
            totals.append(purge.purge(purge.criteria(), batch_rows=7).total)
        except Exception as error:  # noqa: BLE001 - shown by the test
            errors.append(error)

    def work() -> None:
        number = 0
        try:
            while not finished.is_set():
                number += 1
                write(number)
        except Exception as error:  # noqa: BLE001 - shown by the test
            errors.append(error)

    @session.retried
    def write(number: int) -> None:
        with session.write() as unit:
            unit.execute(
                update(models.Action)
                .where(models.Action.deleted_at.is_(None))
                .values(status_message=f"{number}")
            )

    worker = threading.Thread(target=work)
    purges = [threading.Thread(target=remove) for _ in range(2)]
    worker.start()
    for thread in purges:
        thread.start()
    for thread in purges:
        thread.join()
    finished.set()
    worker.join()

    assert errors == []
    assert sum(totals) == 12 * 27
    assert len(rows.left()) == 2 + 8
    with session.read() as unit:
        assert unit.scalars(select(func.count()).select_from(models.EfficacyIndicator)).one() == 1


def test_a_row_that_gets_a_referrer_in_between_stays(rows: Rows, live, monkeypatch) -> None:
    audits = [rows.add("audit", f"a{number}", deleted=1, **live) for number in range(5)]
    really = purge._delete

    def delete(model, ids, where):
        if model is models.Audit and len(ids) == 5:
            with session.write() as unit:
                values = {"audit_id": audits[3], "strategy_id": live["strategy_id"]}
                unit.add(models.ActionPlan(state="RECOMMENDED", **values))
            where = ()  # as if it came after the condition was looked at
        return really(model, ids, where)

    monkeypatch.setattr(purge, "_delete", delete)

    assert _rows(purge.purge(purge.criteria())) == (0, 0, 0, 4, 0, 0)


def test_the_command_asks_removes_and_prints(rows: Rows, live, run: Run) -> None:
    rows.tree("old", deleted=40, **live)
    rows.tree("young", deleted=3, **live)

    assert run("--dry-run", "-d", "30")[0] == 0
    code, out = run("-d", "30", answer="y\n")

    assert code == 0
    assert "There are 4 objects set for deletion. Continue? [y/N]" in out
    numbers = [cell.strip() for cell in out.splitlines()[-2].strip("|").split("|")]
    assert numbers == ["0", "0", "0", "1", "1", "2", "4"]
    assert len(rows.left()) == 2 + 5
    assert run("-t", "g") == (1, "The Goal resource g is not soft deleted\n")
