# SPDX-License-Identifier: Apache-2.0
"""The published loader class, a thin wrapper of :class:`watcher.common.loader.Loader`."""

from __future__ import annotations

from typing import Any

from oslo_config import cfg

from watcher.common.loader import Loader
from watcher.common.loader.base import BaseLoader


class DefaultLoader(BaseLoader):
    """Loads the plug-ins of an entry point group."""

    def __init__(self, namespace: str, conf: cfg.ConfigOpts = cfg.CONF) -> None:
        super().__init__()
        self.namespace = namespace
        self.conf = conf
        self._loader: Loader[Any] = Loader(namespace, conf)

    def load(self, name: str, **kwargs: Any) -> Any:
        """Return a new instance of a plug-in.

        :raises LoadingError: if it cannot be found, imported or constructed
        """
        return self._loader.load(name, **kwargs)

    def get_entry_name(self, name: str) -> str:
        """Return the configuration group of a plug-in."""
        return self._loader.group_of(name)

    def list_available(self) -> dict[str, type[Any]]:
        """Return the classes of all plug-ins that can be imported, by name."""
        return self._loader.available()
