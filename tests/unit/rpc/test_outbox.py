# SPDX-License-Identifier: Apache-2.0
"""The background sender."""

from __future__ import annotations

import os
import threading

import pytest

from watcher.rpc import outbox


class Broker:
    """Takes messages, unless told to be away or to be stuck."""

    def __init__(self, recorder) -> None:
        self.recorder = recorder
        self.is_there = True
        self.refusals = 0
        self.gate = threading.Event()
        self.gate.set()

    def send(self, message) -> None:
        self.gate.wait(10)
        if self.refusals:
            self.refusals -= 1
            raise ConnectionError("gone")
        self.recorder.add(message)

    def is_reachable(self) -> bool:
        return self.is_there


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch):
    monkeypatch.setattr(outbox, "_RETRY_FIRST_S", 0.001)
    monkeypatch.setattr(outbox, "_RETRY_MOST_S", 0.01)


@pytest.fixture
def broker(recorder):
    return Broker(recorder)


@pytest.fixture
def box(broker):
    made = outbox.Outbox(
        "test-outbox", broker.send, is_reachable=broker.is_reachable, capacity=5, patience_s=60
    )
    yield made
    broker.gate.set()
    made.stop(2)


def test_messages_are_sent_in_order(box, recorder) -> None:
    for number in range(5):
        assert box.put(number)

    assert recorder.wait_for(5) == [0, 1, 2, 3, 4]
    assert box.flush(5)


def test_messages_wait_in_order_while_the_broker_is_away(box, broker, recorder) -> None:
    broker.is_there = False
    for number in range(3):
        box.put(number)
    assert not box.flush(5)
    broker.is_there = True

    assert recorder.wait_for(3) == [0, 1, 2]


def test_a_message_that_failed_is_sent_before_later_ones(box, broker, recorder) -> None:
    broker.refusals = 3
    box.put("first")
    box.put("second")

    assert recorder.wait_for(2) == ["first", "second"]


def test_more_than_the_capacity_is_refused_without_waiting(box, broker) -> None:
    broker.is_there = False

    taken = [box.put(number) for number in range(20)]

    assert taken.count(True) in (5, 6)  # one may be in the sender's hands
    assert taken[-1] is False


def test_what_is_too_old_is_given_up(broker, recorder) -> None:
    broker.refusals = 1
    box = outbox.Outbox(
        "test-outbox", broker.send, is_reachable=broker.is_reachable, capacity=5, patience_s=0
    )
    box.put("old")
    box.put("new")

    assert recorder.wait_for(1) == ["new"]
    box.stop(2)


def test_a_stuck_sender_holds_up_neither_caller_nor_stop(box, broker) -> None:
    broker.gate.clear()
    box.put("stuck")
    box.put("behind")

    assert not box.flush(0.05)
    box.stop(0.05)

    assert [each.name for each in threading.enumerate()].count("test-outbox") == 1
    broker.gate.set()


def test_a_stopped_outbox_begins_again_when_used(box, recorder) -> None:
    box.put("before")
    recorder.wait_for(1)
    box.stop(2)
    box.put("after")

    assert recorder.wait_for(2) == ["before", "after"]


# eventlet, which a library imports, warns of every fork of a process with threads.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_forked_child_sends_with_its_own_thread(box, broker, recorder) -> None:
    box.put("parent")
    recorder.wait_for(1)
    child = os.fork()
    if child == 0:
        box.put("child")
        os._exit(0 if box.flush(5) and recorder.seen == ["parent", "child"] else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert recorder.seen == ["parent"]
