# SPDX-License-Identifier: Apache-2.0
"""``watcher-status`` and ``watcher-sync`` as an operator runs them, on each database."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.functional import conftest
from tests.functional.test_dbmanage import Run, runner


@pytest.fixture(params=["mysql", "postgresql"])
def url(request) -> Iterator[str]:
    """URL of an empty database of each kind."""
    yield from conftest.make_database(request.param)


def _check(run: Run) -> tuple[int, dict[str, int], dict[str, str | None]]:
    """Return the exit code, and results and details by name of the check."""
    code, out, err = run("upgrade", "check", "--json")
    assert code != 255, out + err
    checks = json.loads(out)["checks"]
    results = {check["check"]: check["result"] for check in checks}
    return code, results, {check["check"]: check["details"] for check in checks}


def test_the_checks_follow_an_upgrade(url: str, tmp_path: pathlib.Path) -> None:
    status = runner("watcher-status", url, tmp_path)
    manage = runner("watcher-db-manage", url, tmp_path)

    code, results, details = _check(status)
    assert (code, results["Database Schema"]) == (1, 1)
    assert "empty" in details["Database Schema"]

    manage("upgrade", "--revision", "d098df6021e2")
    code, results, details = _check(status)
    assert (code, results["Database Schema"], results["Duplicate Names"]) == (1, 1, 0)
    assert "d098df6021e2" in details["Database Schema"]

    manage("upgrade")
    assert runner("watcher-sync", url, tmp_path)()[:2] == (0, "")
    assert runner("watcher-sync", url, tmp_path)()[:2] == (0, "")
    code, results, details = _check(status)
    assert (code, set(results.values())) == (0, {0}), details

    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO services (name, host, last_seen_up, deleted)"
            " VALUES ('watcher-applier', 'gone', '2020-01-02 03:04:05', 0)"
        )
    engine.dispose()
    code, results, details = _check(status)
    assert (code, results["Services Alive"]) == (1, 1)
    assert details["Services Alive"] == (
        "Not running: watcher-applier on gone, last seen 2020-01-02 03:04:05 (UTC)."
    )


@pytest.mark.parametrize("program", ["watcher-status", "watcher-sync"])
def test_a_server_that_does_not_answer_is_told_in_words(
    tmp_path: pathlib.Path, program: str
) -> None:
    run = runner(program, "postgresql+psycopg://watcher:secret@127.0.0.1:9/watcher", tmp_path)

    code, out, err = run(*(("upgrade", "check") if program == "watcher-status" else ()))

    assert code == (2 if program == "watcher-status" else 1)
    assert "refused" in out + err
    assert "Traceback" not in out + err
    assert "secret" not in out + err
