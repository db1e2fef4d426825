# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C, SIGTERM and SIGHUP are checked for; they never raise out of nowhere."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from watcher.standalone import interruption
from watcher.standalone.interruption import AskedToEnd


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in interruption.SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", interruption.SIGNALS, ids=lambda number: number.name)
def test_a_signal_is_seen_at_the_next_look_and_at_every_later_one(number) -> None:
    with interruption.by_signals() as interrupted:
        interrupted.check()
        os.kill(os.getpid(), number)
        for _ in range(2):
            with pytest.raises(AskedToEnd):
                interrupted.check()


def test_a_signal_ends_a_wait() -> None:
    with interruption.by_signals() as interrupted:
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
        began = time.monotonic()
        with pytest.raises(AskedToEnd):
            interrupted.check(60)
        assert time.monotonic() - began < 30


def test_nothing_is_asked_without_a_signal() -> None:
    with interruption.by_signals() as interrupted:
        assert not interrupted.wait(0.01)


def test_handlers_come_back_when_no_signal_came() -> None:
    def mine(*_: object) -> None:
        """Do nothing."""

    signal.signal(signal.SIGINT, mine)
    with interruption.by_signals():
        assert signal.getsignal(signal.SIGINT) is not mine
    assert signal.getsignal(signal.SIGINT) is mine


def test_what_nohup_ignores_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with interruption.by_signals() as interrupted:
        os.kill(os.getpid(), signal.SIGHUP)
        interrupted.check()
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_an_impatient_second_signal_breaks_nothing_off_at_the_end() -> None:
    with interruption.by_signals():
        os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_very_many_signals_do_not_block() -> None:
    made = interruption.Interruption()
    for _ in range(100_000):
        made.ask()
    assert made.wait(0)
    made.close()
