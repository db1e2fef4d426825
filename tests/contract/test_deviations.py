# SPDX-License-Identifier: Apache-2.0
"""Each accepted deviation names a recorded step and is of a kind that may be."""

from __future__ import annotations

import json
import os
import pathlib
import re
from typing import Any

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
RECORDED = (
    pathlib.Path(
        os.environ.get("WATCHER_CONFORMANCE_DIR") or REPOSITORY.parent / "shared" / "conformance"
    )
    / "recorded"
)
DEVIATIONS: dict[str, str] = json.loads(
    (REPOSITORY / "tests" / "contract" / "deviations.json").read_text()
)

# Answers other than a recorded 5xx that differ; nobody can rely on what the reference says there.
UNRELIABLE = {
    "efficacy_host_maintenance: an unknown node",
    "audits_patch: parameters are not checked here",
    "audits_patch_errors: the name of another is taken",
}
# Later steps of a scenario that show the row as the one before has left it.
CONSEQUENCE = re.compile(r"Shows the (parameters|name) as (they were|it was) before the step that ")


def recorded(key: str) -> dict[str, Any]:
    """Return the recorded step that a deviation is about."""
    if not RECORDED.is_dir():
        message = f"no recordings at {RECORDED}; set WATCHER_CONFORMANCE_DIR"
        if os.environ.get("WATCHER_REQUIRE_SPEC"):
            pytest.fail(message)
        pytest.skip(message)
    scenario, _, name = key.partition(": ")
    steps = json.loads((RECORDED / f"{scenario}.json").read_text())["steps"]
    (step,) = [step for step in steps if step["name"] == name]
    return dict(step)


@pytest.mark.parametrize(("key", "reason"), DEVIATIONS.items(), ids=DEVIATIONS.keys())
def test_a_deviation_is_of_a_kind_that_may_be_and_says_why(key: str, reason: str) -> None:
    if not CONSEQUENCE.match(reason):
        assert recorded(key)["response"]["status"] >= 500 or key in UNRELIABLE
    assert recorded(key)["name"]
    assert len(reason.split()) > 10


def test_every_unreliable_answer_is_a_deviation() -> None:
    assert set(DEVIATIONS) >= UNRELIABLE
