# SPDX-License-Identifier: Apache-2.0
"""Tests of the API again on the databases that people run: what SQLite takes, they may not, and
they sort and compare in ways of their own.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import subprocess
import sys
from collections.abc import Collection

import pytest

from tests.functional.conftest import make_database

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
HOSTILE = ("test_hostile_patch", "test_hostile_properties", "test_hostile_values")

#: What does not come as far as the database.
NO_DATABASE = (
    "addresses",
    "bodies",
    "content_types",
    "headers",
    "megabytes",
    "operations",
    "paths",
)
#: What supposes the order of SQLite: by the codes of the characters.
BY_CODES = ("what_is_sorted_by",)


pytestmark = pytest.mark.timeout(1800)


def run(service: str, modules: Collection[str], left_out: Collection[str]) -> None:
    """Run test modules of the API on a database server; fails when one of the tests does."""
    with contextlib.contextmanager(make_database)(service) as database:
        done = subprocess.run(
            [
                sys.executable, "-m", "pytest", "-q", "-x", "--timeout", "600",
                "-p", "no:cacheprovider", "-k", f"not ({' or '.join(left_out)})",
                *(f"tests/api/{name}.py" for name in modules),
            ],
            cwd=REPOSITORY,
            env={**os.environ, "WATCHER_TEST_API_DATABASE": database},
            capture_output=True,
            text=True,
            timeout=1700,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]


@pytest.mark.parametrize("service", ["mysql", "postgresql"])
def test_hostile_values_are_answered_alike_by_all_databases(service: str) -> None:
    run(service, HOSTILE, NO_DATABASE)


@pytest.mark.parametrize("service", ["mysql", "postgresql"])
def test_pages_are_cut_alike_by_all_databases(service: str) -> None:
    run(service, ["test_paging"], BY_CODES)


@pytest.mark.parametrize("service", ["mysql", "postgresql"])
def test_uuids_mean_the_same_in_every_spelling_to_all_databases(service: str) -> None:
    run(service, ["test_uuids"], ["has_no_meaning"])
