# SPDX-License-Identifier: Apache-2.0
"""Where the published facts are: JSON files that contract tests load instead of retyping.

They are not part of this repository. ``WATCHER_SPEC_DIR`` names their folder; without it
``../shared/spec`` beside the repository is looked at. A machine without them skips the
contract tests that need them, unless ``WATCHER_REQUIRE_SPEC`` is set (CI does).
"""

from __future__ import annotations

import functools
import json
import os
import pathlib
from typing import Any

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def folder() -> pathlib.Path:
    """Return the folder of the published facts, or skip the test that asks."""
    found = pathlib.Path(
        os.environ.get("WATCHER_SPEC_DIR") or REPOSITORY.parent / "shared" / "spec"
    )
    if found.is_dir():
        return found
    message = f"the published facts are not at {found}; set WATCHER_SPEC_DIR to their folder"
    if os.environ.get("WATCHER_REQUIRE_SPEC"):
        pytest.fail(message)
    pytest.skip(message, allow_module_level=True)


@functools.cache
def load(name: str) -> Any:
    """Return the content of one file of published facts, e.g. ``plugins.json``."""
    return json.loads((folder() / name).read_text())
