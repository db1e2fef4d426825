# SPDX-License-Identifier: Apache-2.0
"""The release of this service; the only place where its number is written."""

from __future__ import annotations

__version__ = "17.0.0"


def version_string() -> str:
    """Return the release number, e.g. ``17.0.0``."""
    return __version__
