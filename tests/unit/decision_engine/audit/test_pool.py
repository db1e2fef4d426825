# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading

import pytest

from watcher.decision_engine.audit.pool import AuditPool


@pytest.fixture
def pool():
    made = AuditPool(2, name="test-audit")
    made.start()
    yield made
    assert made.stop()


def test_jobs_run_on_a_bounded_number_of_threads(pool):
    names, done = set(), threading.Semaphore(0)

    def job():
        names.add(threading.current_thread().name)
        done.release()

    for number in range(20):
        assert pool.submit(str(number), job)
    for _ in range(20):
        assert done.acquire(timeout=10)
    assert names <= {"test-audit-0", "test-audit-1"}


def test_one_key_runs_once_at_a_time(pool):
    began, go, ended = threading.Event(), threading.Event(), threading.Event()

    def job():
        began.set()
        go.wait(10)

    assert pool.submit("a", job)
    assert began.wait(10)
    assert pool.holds("a")
    assert not pool.submit("a", job)
    go.set()
    pool.submit("b", ended.set)
    assert ended.wait(10)


def test_an_error_of_a_job_does_not_end_a_thread(pool):
    def fails():
        raise RuntimeError

    for number in range(4):
        pool.submit(str(number), fails)
    done = threading.Event()
    pool.submit("last", done.set)
    assert done.wait(10)


def test_a_stop_forgets_what_waits_and_says_what_still_runs():
    pool = AuditPool(1, name="test-stop")
    pool.start()
    began, go, ran = threading.Event(), threading.Event(), threading.Event()

    def job():
        began.set()
        go.wait(10)

    pool.submit("a", job)
    assert began.wait(10)
    pool.submit("b", ran.set)
    assert not pool.stop(timeout_s=0.05)
    assert not pool.submit("c", ran.set)
    go.set()
    assert pool.stop(timeout_s=10)
    assert not ran.is_set()


def test_a_pool_that_was_not_started_can_be_stopped():
    assert AuditPool(1).stop(timeout_s=0.01)
