# SPDX-License-Identifier: Apache-2.0
"""Services, their periodic jobs, and several of them in one process."""

from __future__ import annotations

import threading

import pytest
from oslo_db import exception as db_exception

from watcher.common.context import make_admin_context
from watcher.rpc import doorbell, periodic, service

AUDIT = "fa6900cb-85f7-47e2-94cf-3d5d8e4c6834"
NEVER_S = 3600.0


@pytest.fixture
def started():
    """Start services and stop them at the end."""
    running = []

    def start(*args, **kwargs):
        made = service.Service(*args, **kwargs)
        running.append(made)
        made.start()
        return made

    yield start
    for each in running:
        each.stop()


def job(function, **kwargs) -> periodic.PeriodicJob:
    return periodic.PeriodicJob("tick", function, **{"interval_s": NEVER_S, **kwargs})


def test_a_job_runs_at_the_start_and_again(bus, started, recorder) -> None:
    started("one", jobs=[job(lambda: recorder.add("tick"), interval_s=0.01)])

    recorder.wait_for(3)


def test_a_job_can_wait_one_interval_first(bus, started, recorder) -> None:
    made = started("one", jobs=[job(lambda: recorder.add("tick"), run_at_once=False)])
    assert recorder.seen == []

    made.kick("tick")
    recorder.wait_for(1)


def test_a_kick_runs_a_job_soon(bus, started, recorder) -> None:
    made = started("one", jobs=[job(lambda: recorder.add("tick"))])
    recorder.wait_for(1)
    made.kick("tick")
    made.kick("unknown")

    recorder.wait_for(2)


def test_a_kick_during_a_run_is_not_lost(bus, started, recorder) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def work() -> None:
        inside.set()
        go_on.wait(10)
        recorder.add("tick")

    made = started("one", jobs=[job(work)])
    assert inside.wait(10)
    made.kick("tick")
    go_on.set()

    recorder.wait_for(2)


def test_a_failing_job_goes_on_and_is_traced_once(bus, started, recorder, caplog) -> None:
    def work() -> None:
        recorder.add("tick")
        raise RuntimeError("something is wrong")

    made = started("one", jobs=[job(work, interval_s=0.01)])
    recorder.wait_for(3)
    made.stop()

    assert caplog.text.count("one:tick failed and will be tried again") == 1
    assert caplog.text.count("Traceback") == 1
    assert "failed (2 in a row): something is wrong" in caplog.text


def test_a_job_without_its_database_goes_on_and_is_not_traced(
    bus, started, recorder, caplog
) -> None:
    def work() -> None:
        recorder.add("tick")
        raise db_exception.DBConnectionError(OSError("Connection refused"))

    made = started("one", jobs=[job(work, interval_s=0.01)])
    recorder.wait_for(2)
    made.stop()

    assert "one:tick failed (1 in a row): Connection refused" in caplog.text
    assert "Traceback" not in caplog.text


def test_the_interval_is_asked_for_each_time(bus, started, recorder) -> None:
    intervals = iter([0.01, 0.01, NEVER_S])

    started("one", jobs=[job(lambda: recorder.add("tick"), interval_s=lambda: next(intervals))])

    recorder.wait_for(3)


def test_a_job_runs_in_a_thread_named_after_it(bus, started, recorder) -> None:
    started("one", jobs=[job(lambda: recorder.add(threading.current_thread().name))])

    assert recorder.wait_for(1) == ["one:tick"]


def test_each_run_logs_with_a_request_id_of_its_own(bus, started, recorder) -> None:
    started("one", jobs=[job(lambda: recorder.add(make_admin_context().request_id), interval_s=0)])

    seen = recorder.wait_for(3)
    assert len(set(seen)) == len(seen)


def test_start_and_stop_steps_run_in_order(bus, started, recorder) -> None:
    def failing() -> None:
        recorder.add("failing")
        raise RuntimeError("no")

    made = started(
        "one",
        on_start=[lambda: recorder.add("first"), lambda: recorder.add("second")],
        on_stop=[failing, lambda: recorder.add("last")],
    )
    made.stop()
    made.wait()

    assert recorder.seen == ["first", "second", "failing", "last"]


def test_a_failing_start_step_starts_nothing(bus, recorder) -> None:
    def failing() -> None:
        raise RuntimeError("no database")

    made = service.Service("one", jobs=[job(lambda: recorder.add("tick"))], on_start=[failing])

    with pytest.raises(RuntimeError, match="no database"):
        made.start()
    made.stop()
    assert recorder.seen == []


class Endpoint:
    def __init__(self, recorder) -> None:
        self.recorder = recorder

    def trigger_audit(self, context, audit_uuid) -> None:
        self.recorder.add(audit_uuid)


def test_services_share_a_process_and_leave_no_thread(bus, started, recorder, admin) -> None:
    before = set(threading.enumerate())
    engine = started("engine", "watcher.decision.control", [Endpoint(recorder)], [job(int)])
    applier = started("applier", "watcher.applier.control", [], [job(int)])
    assert engine.wait_until_listening(10)
    assert applier.wait_until_listening(10)
    doorbell.trigger_audit(admin, AUDIT)
    assert recorder.wait_for(1) == [AUDIT]

    engine.stop()
    applier.stop()
    doorbell.stop()

    assert {each for each in threading.enumerate() if each.is_alive()} <= before


def test_a_job_that_does_not_end_does_not_hold_up_the_stop(bus, started) -> None:
    go_on = threading.Event()
    made = started("one", jobs=[job(lambda: go_on.wait(10))])

    made.stop(timeout_s=0.05)
    made.wait()
    go_on.set()
