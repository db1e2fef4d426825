# SPDX-License-Identifier: Apache-2.0
"""Changes of the process that end with the test."""

from __future__ import annotations

import logging

import pytest

from watcher import conf


@pytest.fixture(autouse=True)
def process_state():
    """Forget the configuration that a test has read and the logging that it has set up."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    conf.CONF.clear()
    root.handlers[:] = handlers
    root.setLevel(level)
