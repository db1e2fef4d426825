# SPDX-License-Identifier: Apache-2.0
"""The one plug-in loader: name -> class -> options -> instance.

Entry points are read once a process and classes are kept, so that asking for a plug-in again
costs a dictionary look-up.
"""

from __future__ import annotations

import importlib.metadata
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from oslo_config import cfg
from oslo_log import log

from watcher.common import exception
from watcher.common.utils import Struct

LOG = log.getLogger(__name__)

T = TypeVar("T")


class Loader(Generic[T]):
    """The plug-ins of one entry point group.

    :param namespace: name of the entry point group, e.g. ``watcher_goals``
    :param conf: where the options of the plug-ins are registered
    """

    def __init__(self, namespace: str, conf: cfg.ConfigOpts = cfg.CONF) -> None:
        self.namespace = namespace
        self.conf = conf
        self._lock = threading.Lock()
        self._points: dict[str, importlib.metadata.EntryPoint] | None = None
        self._classes: dict[str, type[T]] = {}

    def names(self) -> list[str]:
        """Return the names of all plug-ins, sorted."""
        return sorted(self._entry_points())

    def load_class(self, name: str) -> type[T]:
        """Return the class of a plug-in, its options registered.

        :raises LoadingError: if there is none or it cannot be imported
        """
        known = self._classes.get(name)
        if known is not None:
            return known
        try:
            loaded: type[T] = self._entry_points()[name].load()
            self._register(name, loaded)
        except Exception as error:
            LOG.warning("Plug-in %s of %s cannot be loaded: %r", name, self.namespace, error)
            raise exception.LoadingError(name=name) from error
        return self._classes.setdefault(name, loaded)

    def available(self) -> dict[str, type[T]]:
        """Return the classes of all plug-ins that can be imported, by name, sorted."""
        found = {}
        for name in self.names():
            try:
                found[name] = self.load_class(name)
            except exception.LoadingError:
                continue
        return found

    def load(self, name: str, **kwargs: object) -> T:
        """Return a new instance of a plug-in, made from its configuration and ``kwargs``.

        :raises LoadingError: if it cannot be found, imported or constructed
        """
        found = self.load_class(name)
        make: Callable[..., T] = found
        try:
            return make(self._configuration(name, found), **kwargs)
        except Exception as error:
            LOG.warning("Plug-in %s of %s cannot be constructed: %r", name, self.namespace, error)
            raise exception.LoadingError(name=name) from error

    def group_of(self, name: str) -> str:
        """Return the configuration group of a plug-in, e.g. ``watcher_planners.weight``."""
        return f"{self.namespace}.{name}"

    def _entry_points(self) -> dict[str, importlib.metadata.EntryPoint]:
        with self._lock:
            if self._points is None:
                found = importlib.metadata.entry_points(group=self.namespace)
                self._points = {point.name: point for point in found}
            return self._points

    def _register(self, name: str, found: type[T]) -> None:
        self.conf.register_opts(_options_of(found), group=self.group_of(name))

    def _configuration(self, name: str, found: type[T]) -> Struct:
        if not _options_of(found):
            return Struct()
        group = self.conf[self.group_of(name)]
        return Struct({each.dest: group[each.dest] for each in _options_of(found)})


def _options_of(found: type[object]) -> list[cfg.Opt]:
    declared = getattr(found, "get_config_opts", None)
    return list(declared() or ()) if declared else []
