# SPDX-License-Identifier: Apache-2.0
"""What unit tests of more than one package use."""

from __future__ import annotations

import pytest

from watcher import conf


@pytest.fixture
def override():
    """Set an option for the length of a test: ``override("max_limit", 5, group="api")``."""
    changed = []

    def change(name, value, group=None):
        conf.CONF.set_override(name, value, group=group)
        changed.append((name, group))

    yield change
    for name, group in changed:
        conf.CONF.clear_override(name, group=group)
