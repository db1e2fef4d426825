# SPDX-License-Identifier: Apache-2.0
"""The published bases of everything that is loaded by name."""

from __future__ import annotations

import abc
import threading
from typing import Any, TypeVar

from oslo_config import cfg

from watcher.common.utils import Struct

_T = TypeVar("_T")


class Loadable(abc.ABC):
    """A plug-in: it declares its options and receives their values.

    :param config: values of the options, readable as attributes
    """

    def __init__(self, config: Struct) -> None:
        super().__init__()
        self.config = config

    @classmethod
    @abc.abstractmethod
    def get_config_opts(cls) -> list[cfg.Opt]:
        """Return the options of this plug-in."""


class LoadableSingletonMeta(abc.ABCMeta):
    """Makes the first instance of a class the only one."""

    _instances: dict[type[Any], Any] = {}
    _lock = threading.RLock()

    def __call__(cls: type[_T], *args: Any, **kwargs: Any) -> _T:
        with LoadableSingletonMeta._lock:
            if cls not in LoadableSingletonMeta._instances:
                made = super().__call__(*args, **kwargs)  # type: ignore[misc]  # cls is a class
                LoadableSingletonMeta._instances[cls] = made
            found: _T = LoadableSingletonMeta._instances[cls]
            return found


class LoadableSingleton(metaclass=LoadableSingletonMeta):
    """A plug-in with one instance per process."""

    def __init__(self, config: Struct) -> None:
        super().__init__()
        self.config = config

    @classmethod
    @abc.abstractmethod
    def get_config_opts(cls) -> list[cfg.Opt]:
        """Return the options of this plug-in."""
