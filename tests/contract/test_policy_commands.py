# SPDX-License-Identifier: Apache-2.0
"""The commands of oslo.policy find our rules through the entry points."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest
import yaml

from watcher.common import policies

BIN = pathlib.Path(sys.executable).parent
READERS = pathlib.Path(__file__).parents[2] / "etc/watcher/policy-reader.yaml"
RULES = {rule.name: rule for rule in policies.list_rules()}


def run(command: str, *arguments: str) -> str:
    """Run a command for our namespace and return what it prints."""
    done = subprocess.run(
        [BIN / command, "--namespace", "watcher", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def readers(tmp_path: pathlib.Path) -> str:
    """A configuration that names the policy file for readers."""
    made = tmp_path / "watcher.conf"
    made.write_text(f"[oslo_policy]\npolicy_file = {READERS}\n")
    return str(made)


def test_the_generator_prints_what_is_in_force() -> None:
    printed = yaml.safe_load(run("oslopolicy-policy-generator"))
    assert printed == {name: rule.check_str for name, rule in RULES.items()}


def test_the_sample_shows_each_rule_with_its_calls() -> None:
    sample = run("oslopolicy-sample-generator")
    for name, rule in RULES.items():
        assert f'#"{name}": "{rule.check_str}"' in sample
        for operation in getattr(rule, "operations", ()):
            assert f"{operation['method']}  {operation['path']}" in sample


def test_the_policy_file_for_readers_is_valid_and_says_nothing_twice(readers: str) -> None:
    run("oslopolicy-validator", "--config-file", readers)
    assert run("oslopolicy-list-redundant", "--config-file", readers) == ""


def test_the_policy_file_for_readers_has_every_rule_that_reads(readers: str) -> None:
    in_force = yaml.safe_load(run("oslopolicy-policy-generator", "--config-file", readers))
    changed = {name for name, rule in RULES.items() if in_force[name] != rule.check_str}
    reading = {
        name
        for name, rule in RULES.items()
        if {one["method"] for one in getattr(rule, "operations", ())} == {"GET"}
    }
    assert changed == reading
