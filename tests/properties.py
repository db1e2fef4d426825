# SPDX-License-Identifier: Apache-2.0
"""How much of the properties is tried: a sample in the default run, all in ``tox -e properties``.

``WATCHER_PROPERTIES=full`` asks for all.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

from hypothesis import settings

_T = TypeVar("_T")

FULL = os.environ.get("WATCHER_PROPERTIES") == "full"


def load_profile() -> None:
    """Choose how many examples a property gets that does not say it itself."""
    settings.register_profile("sample", max_examples=25)
    settings.register_profile("full", max_examples=200, deadline=None)
    settings.load_profile("full" if FULL else "sample")


def examples(full: int, sample: int) -> int:
    """Return the number of examples of a property."""
    return full if FULL else sample


def some(values: Sequence[_T], every: int) -> Sequence[_T]:
    """Return the rows of a matrix: all of them, or every so many, the first and the last included.

    For a matrix that multiplies two tables; each value of both must be tried elsewhere, too.
    """
    return values if FULL else [*values[:-1:every], values[-1]]
