# SPDX-License-Identifier: Apache-2.0
"""The report of a running process."""

from __future__ import annotations

import signal

import pytest

from watcher import conf
from watcher.common import config, report


@pytest.fixture
def kept_handler():
    before = signal.getsignal(signal.SIGUSR2)
    yield
    signal.signal(signal.SIGUSR2, before)


def test_a_signal_writes_the_report(kept_handler, capfd) -> None:
    config.parse_args([], default_config_files=[], default_config_dirs=[])
    report.setup(conf.CONF, "watcher-test")
    report.setup(conf.CONF, "watcher-test")

    signal.raise_signal(signal.SIGUSR2)

    written = capfd.readouterr().err
    for section in ("Package", "Threads", "Processes", "Configuration", "Plugins"):
        assert written.count(f"  {section}  ") == 1
    assert "version = 17.0.0" in written
    heads = next(line for line in written.splitlines() if "Plugin name" in line)
    assert [each.strip() for each in heads.split("|")] == [
        "Namespace",
        "Plugin name",
        "Import path",
    ]
    assert "watcher_strategies" in written
    assert "watcher_goals" not in written


def test_a_process_may_add_a_section_of_its_own(kept_handler, capfd, monkeypatch) -> None:
    monkeypatch.setattr(report.Report, "persistent_sections", [], raising=False)
    config.parse_args([], default_config_files=[], default_config_dirs=[])
    report.add_section("Weather", lambda: "sunny\n<dry/>")
    report.setup(conf.CONF, "watcher-test")

    signal.raise_signal(signal.SIGUSR2)

    written = capfd.readouterr().err
    assert written.count("  Weather  ") == 1
    assert "\nsunny\n<dry/>\n" in written
