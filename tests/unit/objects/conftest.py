# SPDX-License-Identifier: Apache-2.0
"""A store in memory for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fixtures.memory_store import kept_engine, memory_store
from watcher.common import context


@pytest.fixture(scope="module", autouse=True)
def _engine() -> Iterator[None]:
    with kept_engine():
        yield


@pytest.fixture(autouse=True)
def _store() -> Iterator[None]:
    with memory_store():
        yield


@pytest.fixture
def ctx() -> context.RequestContext:
    """The context of a daemon."""
    return context.make_admin_context()
