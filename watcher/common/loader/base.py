# SPDX-License-Identifier: Apache-2.0
"""The published interface of a loader, for plug-ins that bring their own."""

from __future__ import annotations

import abc
from typing import Any


class BaseLoader(abc.ABC):
    """Finds plug-ins by name."""

    @abc.abstractmethod
    def list_available(self) -> dict[str, type[Any]]:
        """Return the classes of all plug-ins by name."""

    @abc.abstractmethod
    def load(self, name: str) -> Any:
        """Return an instance of a plug-in."""
