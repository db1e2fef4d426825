# SPDX-License-Identifier: Apache-2.0
"""A test that failed once is reported, and too many of them fail the run."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

from tests.functional.second_chance import MOST

FLAKY = """
import pathlib
import pytest

@pytest.mark.parametrize("number", range({count}))
def test_flaky(number):
    seen = pathlib.Path(__file__).with_name(f"seen-{{number}}")
    if not seen.exists():
        seen.touch()
        raise AssertionError(f"the first time of {{number}}")
"""
ROOT = pathlib.Path(__file__).parents[2]


def run(folder: pathlib.Path, tests: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_flaky.py").write_text(tests)
    command = [sys.executable, "-m", "pytest", "-p", "tests.functional.second_chance"]
    own = ["-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", str(folder), str(folder)]
    return subprocess.run(
        [*command, "--reruns", "1", *own], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_a_failure_that_does_not_come_again_is_printed(tmp_path):
    done = run(tmp_path, FLAKY.format(count=MOST))
    assert done.returncode == pytest.ExitCode.OK, done.stdout
    for number in range(MOST):
        assert f"AssertionError: the first time of {number}" in done.stdout


def test_too_many_of_them_fail_the_run(tmp_path):
    done = run(tmp_path, FLAKY.format(count=MOST + 1))
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout


def test_a_failure_that_comes_again_fails_the_run(tmp_path):
    done = run(tmp_path, "def test_wrong(): assert False")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout
