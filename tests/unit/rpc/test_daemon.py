# SPDX-License-Identifier: Apache-2.0
"""The worker process of a daemon, here in threads."""

from __future__ import annotations

import signal
import threading

import pytest
from cotyledon.types import WorkerId
from oslo_config import cfg

from watcher import conf
from watcher.common import config
from watcher.rpc import daemon


class Fickle:
    """A service whose start fails a few times, as when the database is away."""

    name = "fickle"

    def __init__(self, recorder, failures: list[bool]) -> None:
        self.recorder = recorder
        self.failures = failures
        self.stopped = threading.Event()

    def start(self) -> None:
        if self.failures and self.failures.pop():
            self.recorder.add("failed")
            raise RuntimeError("the database is away")
        self.recorder.add("started")

    def stop(self) -> None:
        self.recorder.add("stopped")
        self.stopped.set()

    def wait(self) -> None:
        self.stopped.wait(10)


@pytest.fixture
def worker(recorder, monkeypatch):
    """Run a worker whose service fails twice before it starts."""
    before = signal.getsignal(signal.SIGUSR2)
    config.parse_args([], default_config_files=[], default_config_dirs=[])
    monkeypatch.setattr(daemon, "_START_RETRY_S", 0.001)
    failures = [True, True]
    made = daemon._Worker(WorkerId(0), lambda: Fickle(recorder, failures), conf.CONF)
    thread = threading.Thread(target=made.run)
    thread.start()
    yield made
    made.terminate()
    thread.join(10)
    signal.signal(signal.SIGUSR2, before)
    conf.CONF.clear()
    assert not thread.is_alive()


def test_a_start_that_fails_is_tried_again(worker, recorder) -> None:
    assert recorder.wait_for(3) == ["failed", "failed", "started"]


def test_what_is_not_ready_is_told_in_a_line_without_a_trace(monkeypatch, recorder, caplog):
    before = signal.getsignal(signal.SIGUSR2)
    config.parse_args([], default_config_files=[], default_config_dirs=[])
    monkeypatch.setattr(daemon, "_START_RETRY_S", 0.001)
    answers = [daemon.NotReady("no tables yet"), None]

    def build() -> Fickle:
        if error := answers.pop(0):
            raise error
        return Fickle(recorder, [])

    made = daemon._Worker(WorkerId(0), build, conf.CONF)
    signal.signal(signal.SIGUSR2, before)
    thread = threading.Thread(target=made.run)
    thread.start()
    recorder.wait_for(1)
    made.terminate()
    thread.join(10)

    (said,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert said.getMessage().endswith(": no tables yet")
    assert said.exc_info is None


def test_the_service_is_stopped_in_order(worker, recorder) -> None:
    recorder.wait_for(3)
    worker.terminate()

    assert recorder.wait_for(4)[-1] == "stopped"


def test_options_change_without_a_restart(worker, recorder, tmp_path, monkeypatch) -> None:
    recorder.wait_for(3)
    written = tmp_path / "watcher.conf"
    written.write_text("[DEFAULT]\nperiodic_interval = 61\n")
    config.parse_args(["--config-file", str(written)])
    written.write_text("[DEFAULT]\nperiodic_interval = 62\n")

    worker.reload()

    assert conf.CONF.periodic_interval == 62
    assert recorder.seen[-1] == "started"


def test_a_slip_in_the_configuration_does_not_end_the_work(tmp_path, caplog) -> None:
    path = tmp_path / "watcher.conf"
    path.write_text("[DEFAULT]\npause = 1\n")
    options = cfg.ConfigOpts()
    options.register_opt(cfg.IntOpt("pause", mutable=True))
    options(["--config-file", str(path)], prog="watcher-test")
    before = signal.getsignal(signal.SIGUSR2)
    made = daemon._Worker(WorkerId(0), lambda: Fickle(None, []), options)
    signal.signal(signal.SIGUSR2, before)
    path.write_text("[[[\n")
    made.reload()
    assert options.pause == 1
    assert "The configuration cannot be reloaded" in caplog.text
    path.write_text("[DEFAULT]\npause = 2\n")
    made.reload()
    assert options.pause == 2


def test_a_slip_that_the_library_would_exit_for_ends_neither_process(tmp_path, caplog) -> None:
    path = tmp_path / "watcher.conf"
    path.write_text("[DEFAULT]\nloud = false\n")
    options = cfg.ConfigOpts()
    options.register_cli_opt(cfg.BoolOpt("loud", mutable=True))
    options(["--config-file", str(path)], prog="watcher-test")
    path.write_text("[DEFAULT]\nloud = maybe\n")

    daemon._reread(options)

    assert options.loud is False
    assert "The configuration cannot be reloaded" in caplog.text
