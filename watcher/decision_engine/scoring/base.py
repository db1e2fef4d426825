# SPDX-License-Identifier: Apache-2.0
"""The published bases of scoring engines and of containers of scoring engines."""

from __future__ import annotations

import abc
from collections.abc import Sequence

from oslo_config import cfg

from watcher.common.loader import loadable


class ScoringEngine(loadable.Loadable, abc.ABC):
    """A model, learned or written by hand, that strategies may use."""

    @abc.abstractmethod
    def get_name(self) -> str:
        """Return the unique name."""

    @abc.abstractmethod
    def get_description(self) -> str:
        """Return one sentence for people."""

    @abc.abstractmethod
    def get_metainfo(self) -> str:
        """Return what a caller must know about input and output, by convention as JSON."""

    @abc.abstractmethod
    def calculate_score(self, features: str) -> str:
        """Return the score of *features*, both by convention as JSON.

        :raises ValueError: the input is not what the engine expects.
        """

    @classmethod
    def get_config_opts(cls) -> list[cfg.Opt]:
        """Return the options of the engine (none)."""
        return []


class ScoringEngineContainer(loadable.Loadable, abc.ABC):
    """A source of several scoring engines."""

    @classmethod
    @abc.abstractmethod
    def get_scoring_engine_list(cls) -> Sequence[ScoringEngine]:
        """Return the engines of this container."""

    @classmethod
    def get_config_opts(cls) -> list[cfg.Opt]:
        """Return the options of the container (none)."""
        return []
