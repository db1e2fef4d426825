# SPDX-License-Identifier: Apache-2.0
"""How many examples the properties try: a sample by default, all in ``tox -e properties``.

``WATCHER_PROPERTIES=full`` asks for all.
"""

from __future__ import annotations

import os

from hypothesis import settings

FULL = os.environ.get("WATCHER_PROPERTIES") == "full"


def load_profile() -> None:
    """Choose how many examples a property gets unless it sets that itself."""
    settings.register_profile("sample", max_examples=25)
    settings.register_profile("full", max_examples=200, deadline=None)
    settings.load_profile("full" if FULL else "sample")


def examples(full: int, sample: int) -> int:
    """Return the number of examples of a property."""
    return full if FULL else sample
