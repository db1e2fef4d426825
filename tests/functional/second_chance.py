# SPDX-License-Identifier: Apache-2.0
"""Report what failed once and passed the second time; too much of it fails the run.

The functional tests are about processes that are killed, hang and race, on a machine whose speed
nobody knows, so ``tox -e functional`` runs a test that failed a second time (``--reruns 1``). What
then passes is still a bug, of the product or of the test: its first failure is printed in full, to
be repaired. More than ``MOST`` of them are no coincidence.
"""

from __future__ import annotations

from typing import Final

import pytest

MOST: Final = 3

_failed_once: list[pytest.TestReport] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep the failures after which a test is run again."""
    if report.outcome == "rerun":  # type: ignore[comparison-overlap]  # of pytest-rerunfailures
        _failed_once.append(report)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the first failures."""
    for report in _failed_once:
        terminalreporter.section(f"failed once: {report.nodeid} ({report.when})", "=")
        terminalreporter.write_line(report.longreprtext)
        for title, content in report.sections:
            terminalreporter.section(title, "-")
            terminalreporter.write_line(content)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run when too many tests failed once."""
    if len(_failed_once) > MOST and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
