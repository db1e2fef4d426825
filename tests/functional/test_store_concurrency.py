# SPDX-License-Identifier: Apache-2.0
"""Many processes on the same rows: no lost update, no illegal state, nothing half-written.

Each unit of work writes a line of its own into a journal in the same transaction. What the rows
say afterwards is compared with the journal; a unit whose commit was answered by silence finds its
line when it is tried again.
"""

from __future__ import annotations

import collections
import contextlib
import itertools
import logging
import multiprocessing
import random
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tests.functional.servers import own_server
from watcher import objects
from watcher.common import context, exception
from watcher.db import migration, models, passing, repository, session
from watcher.domain import states

PROCESSES = 8
UNITS = 500
LONGEST_S = 1000
AUDITS = 6
NAMES = 5
#: Between two kills, in turn: so short that a fast machine meets many, and longer the longer it
#: takes, so that a slow one gets its units done.
PAUSES_S = tuple(0.05 * 1.05**step for step in range(100))
ACTIONS = 3
TABLE = states.AUDITS_BY_USER | states.AUDITS_BY_ENGINE

KILLS = {
    "mysql": (
        "SELECT id FROM information_schema.processlist WHERE db = '{0}' AND id <> CONNECTION_ID()",
        "KILL {0}",
    ),
    "postgresql": (
        "SELECT pid FROM pg_stat_activity WHERE datname = '{0}' AND pid <> pg_backend_pid()",
        "SELECT pg_terminate_backend({0})",
    ),
}
SETTINGS = {
    "mysql": (),
    # After how long somebody who waits for a lock looks for a deadlock: by default a second, of
    # which the hundreds of deadlocks here would make minutes.
    "postgresql": ("deadlock_timeout=50ms",),
}
DEADLOCKS = {"mysql": 1213, "postgresql": "40P01"}
LOCK_WAITS = {"mysql": 1205, "postgresql": "55P03"}
JOURNAL = sa.Table(
    "journal",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("unit", sa.String(64), unique=True),
    sa.Column("audit", sa.String(36)),
    sa.Column("old", sa.String(20)),
    sa.Column("new", sa.String(20)),
)


@pytest.fixture(params=["mysql", "postgresql"])
def url(request) -> Iterator[str]:
    """URL of a database with a few audits, on which many processes will work."""
    with own_server(request.param, *SETTINGS[request.param]) as server:
        session.configure(server.url)
        migration.upgrade()
        JOURNAL.create(session.engine())
        objects.register_all()
        with session.write() as unit:
            values = {"name": "g", "display_name": "G"}
            goal = repository.create(unit, models.Goal, values | {"efficacy_specification": []})
            repository.create(unit, models.Strategy, values | {"goal_id": goal.id})
            for _ in range(AUDITS):
                _create_audit(unit)
        yield server.url
        session.reset()


@pytest.mark.timeout(1200)
def test_of_500_changes_by_each_of_8_processes_none_is_lost(url: str) -> None:
    began_at = time.monotonic()
    tried_again = _at_once(url, UNITS)
    print(f"{url}: {time.monotonic() - began_at:.0f} s, tried again: {dict(tried_again)}")
    # Two rows in any order are locked against each other sooner or later.
    assert tried_again[DEADLOCKS[_kind(url)]] > 10
    _is_sound(PROCESSES * UNITS)


@pytest.mark.timeout(1200)
def test_connections_that_die_leave_nothing_half_written(url: str) -> None:
    with _killer(url, *PAUSES_S) as killed:
        tried_again = _at_once(url, 100)
    print(f"{url}: {len(killed)} killed, tried again: {dict(tried_again)}")
    assert tried_again.total() > tried_again[DEADLOCKS[_kind(url)]]
    _is_sound(PROCESSES * 100)


def test_a_unit_that_waits_long_for_a_lock_is_tried_again(url: str) -> None:
    locked, waited = threading.Event(), _Retries()
    deadline = time.monotonic() + 10 * session.LOCK_WAIT_S
    statement = sa.select(models.Audit.id).where(models.Audit.id == 1).with_for_update()

    def hold() -> None:
        with session.write() as unit:
            unit.execute(statement)
            locked.set()
            while not waited.codes and time.monotonic() < deadline:
                time.sleep(0.05)

    @session.retried
    def change() -> None:
        with session.write() as unit:
            repository.update(unit, models.Audit, 1, {"hostname": "late"})

    holder = threading.Thread(target=hold, name="holder")
    holder.start()
    assert locked.wait(60)
    with waited.counting():
        change()
    holder.join()
    assert waited.codes == {LOCK_WAITS[_kind(url)]: 1}
    assert objects.Audit.get_by_id(context.make_admin_context(), 1).hostname == "late"


def test_the_first_connection_of_a_process_may_die_too(url: str) -> None:
    """SQLAlchemy asks a server what it is over an engine's first connection."""
    errors: list[BaseException] = []
    with _killer(url, 0.002):
        deadline = time.monotonic() + 120
        count = 0
        while count < 60 or not errors:
            assert time.monotonic() < deadline, "no connection was hit"
            count += 1
            session.configure(url)
            try:
                with session.read() as unit:
                    unit.execute(sa.text("SELECT 1"))
            except Exception as error:  # noqa: BLE001 - all are looked at
                errors.append(error)
    assert [error for error in errors if not passing.is_passing(error)] == []


# -- the processes --------------------------------------------------------------------------------


@contextlib.contextmanager
def _killer(url: str, *pauses_s: float) -> Iterator[list[int]]:
    """Kill one connection to a database, then another, again and again; list them."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    listed, kill = KILLS[_kind(url)]
    listed = listed.format(sa.engine.make_url(url).database)
    killed: list[int] = []
    stop = threading.Event()

    def work() -> None:
        pauses = itertools.cycle(pauses_s)
        pause_s = next(pauses)
        with engine.connect() as connection:
            while not stop.wait(pause_s):
                found = list(connection.exec_driver_sql(listed).scalars())
                # One that has gone by itself in between cannot be killed.
                with contextlib.suppress(sa.exc.DBAPIError, IndexError):
                    chosen = random.choice(found)
                    connection.exec_driver_sql(kill.format(chosen))
                    killed.append(chosen)
                    pause_s = next(pauses)

    thread = threading.Thread(target=work, name="killer")
    thread.start()
    try:
        yield killed
    finally:
        stop.set()
        thread.join()
        engine.dispose()


def _kind(url: str) -> str:
    return sa.engine.make_url(url).get_backend_name()


class _Retries(logging.Handler):
    """Counts units of work that were tried again, by what the server called the reason."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.codes: collections.Counter[Any] = collections.Counter()

    def emit(self, record: logging.LogRecord) -> None:
        if record.msg.startswith("Trying") and isinstance(record.args, tuple):
            self.codes[passing.code_of(record.args[1])] += 1  # type: ignore[arg-type]

    @contextlib.contextmanager
    def counting(self) -> Iterator[None]:
        """Count during the block."""
        log = logging.getLogger("watcher.db.session")
        log.addHandler(self)
        log.setLevel(logging.DEBUG)
        try:
            yield
        finally:
            log.removeHandler(self)


def _at_once(url: str, units: int) -> collections.Counter[Any]:
    """Let all processes do their units; return how often one was tried again, for which reason."""
    spawn = multiprocessing.get_context("spawn")
    results: Any = spawn.Queue()
    workers = [
        spawn.Process(target=_work, args=(url, number, units, results))
        for number in range(PROCESSES)
    ]
    for worker in workers:
        worker.start()
    found = [results.get(timeout=LONGEST_S) for _ in workers]
    for worker in workers:
        worker.join(60)
    problems = [problem for _, problem in found if problem]
    assert not problems, "\n".join(problems)
    return sum((codes for codes, _ in found), collections.Counter())


def _work(url: str, number: int, units: int, results: Any) -> None:
    retries = _Retries()
    dice = random.Random(number)
    index, problem = 0, ""
    try:
        session.configure(url)
        with retries.counting():
            for index in range(units):
                seed = dice.random()
                verb = dice.choices(VERBS, WEIGHTS)[0]
                _once(f"{number}-{index}-{verb.__name__}", verb, seed)
    except Exception:  # noqa: BLE001 - told to the parent
        problem = f"process {number}, unit {index}: {traceback.format_exc()}"
    results.put((retries.codes, problem))


@session.retried
def _once(name: str, verb: Callable[..., None], seed: float) -> None:
    """Do one unit of work, unless it is done already.

    The dice are the unit's own, so that it does the same when it is tried again.
    """
    dice = random.Random(seed)
    with session.write() as unit:
        if unit.scalar(sa.select(JOURNAL.c.id).where(JOURNAL.c.unit == name)) is None:
            verb(unit, name, dice)


def _tell(unit: Any, name: str, audit: str | None = None, old: str = "", new: str = "") -> None:
    line = {"unit": name, "audit": audit, "old": old, "new": new}
    unit.execute(JOURNAL.insert().values(**line))


def _live(unit: Any) -> list[Any]:
    found = unit.execute(
        sa.select(models.Audit.uuid, models.Audit.state)
        .where(repository.is_live(models.Audit))
        .order_by(models.Audit.id)
    )
    return list(found)


def _count_up(unit: Any, name: str, dice: random.Random) -> None:
    """Add one to the counters of two audits, in any order."""
    live = _live(unit)
    for number, (uuid, _) in enumerate(dice.sample(live, min(2, len(live)))):
        try:
            row = repository.update(unit, models.Audit, uuid, {"hostname": name})
        except exception.AuditNotFound:
            continue
        row.interval = str(int(row.interval) + 1)
        _tell(unit, f"{name}-{number}", uuid)
    _tell(unit, name)


def _move(unit: Any, name: str, dice: random.Random) -> None:
    """Bring an audit from the state that it seems to have to another one."""
    uuid, old = dice.choice(_live(unit))
    targets = sorted(new for found, new in TABLE if found == old and new != "DELETED")
    if not targets:
        targets, old = ["ONGOING"], "PENDING"
    new = str(dice.choice(targets))
    moved = repository.transition(unit, models.Audit, uuid, from_states=[old], to_state=new)
    _tell(unit, name, uuid if moved else None, old, new)


def _replace(unit: Any, name: str, dice: random.Random) -> None:
    """Delete an audit that has ended and make a new one in its place."""
    ended = [(uuid, state) for uuid, state in _live(unit) if (state, "DELETED") in TABLE]
    if not ended:
        _tell(unit, name)
        return
    uuid, old = dice.choice(ended)
    if repository.transition(unit, models.Audit, uuid, from_states=[old], to_state="DELETED"):
        repository.soft_delete(unit, models.Audit, uuid)
        _create_audit(unit)
        _tell(unit, name, uuid, old, "DELETED")
    else:
        _tell(unit, name)


def _create_named(unit: Any, name: str, dice: random.Random) -> None:
    """Make a template with one of a few names, of which each may live once."""
    wanted = f"template {dice.randrange(NAMES)}"
    try:
        repository.create(unit, models.AuditTemplate, {"name": wanted, "goal_id": 1})
    except exception.AuditTemplateAlreadyExists:
        row = repository.get(unit, models.AuditTemplate, name=wanted)
        repository.soft_delete(unit, models.AuditTemplate, row.uuid)
    _tell(unit, name)


def _plan(unit: Any, name: str, dice: random.Random) -> None:
    """Make a plan with its actions, or delete one with them."""
    statement = sa.select(models.ActionPlan.id).where(repository.is_live(models.ActionPlan))
    plans = list(unit.scalars(statement.order_by(models.ActionPlan.id)))
    if len(plans) > AUDITS:
        chosen = dice.choice(plans)
        repository.soft_delete_parts(unit, chosen)
        repository.soft_delete(unit, models.ActionPlan, chosen, {"state": "DELETED"})
    else:
        values = {"audit_id": 1, "strategy_id": 1, "state": "RECOMMENDED"}
        plan = repository.create(unit, models.ActionPlan, values)
        action = {"action_plan_id": plan.id, "action_type": "nop"}
        repository.create_many(unit, models.Action, [action] * ACTIONS)
    _tell(unit, name)


VERBS = (_count_up, _move, _replace, _create_named, _plan)
WEIGHTS = (40, 30, 10, 10, 10)


def _create_audit(unit: Any) -> None:
    values = {"audit_type": "ONESHOT", "goal_id": 1, "interval": "0"}
    repository.create(unit, models.Audit, values)


# -- what is left ---------------------------------------------------------------------------------


def _is_sound(units: int) -> None:
    shown = context.make_admin_context(show_deleted=True)
    audits = objects.Audit.list(shown)
    with session.engine().connect() as connection:
        journal = connection.execute(sa.select(JOURNAL).order_by(JOURNAL.c.id)).all()
    assert sum(line.unit.count("-") == 2 for line in journal) == units
    counted = collections.Counter(line.audit for line in journal if not line.new)
    assert {audit.uuid: int(audit.interval) for audit in audits} == {
        audit.uuid: counted[audit.uuid] for audit in audits
    }
    for audit in audits:
        moves = [line for line in journal if line.audit == audit.uuid and line.new]
        assert [line.old for line in moves] == ["PENDING", *(line.new for line in moves)][:-1] or (
            not moves
        )
        assert audit.state == (moves[-1].new if moves else "PENDING")
        assert all((line.old, line.new) in TABLE for line in moves)
        assert (audit.deleted_at is None) == (audit.state != "DELETED")
    assert sum(audit.deleted_at is None for audit in audits) == AUDITS
    _are_whole(shown)


def _are_whole(shown: Any) -> None:
    """Plans have all of their actions, and live or are deleted with them; names live once."""
    actions = objects.Action.list(shown)
    for plan in objects.ActionPlan.list(shown):
        parts = [action for action in actions if action.action_plan_id == plan.id]
        assert len(parts) == ACTIONS
        expected = {"PENDING"} if plan.deleted_at is None else {"DELETED"}
        assert {action.state for action in parts} == expected
    names = [template.name for template in objects.AuditTemplate.list(context.make_context())]
    assert len(names) == len(set(names))
