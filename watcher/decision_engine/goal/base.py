# SPDX-License-Identifier: Apache-2.0
"""The published base of goals: a name, a display name and an efficacy specification."""

from __future__ import annotations

import abc

from oslo_config import cfg

from watcher.common.loader import loadable
from watcher.common.utils import Struct
from watcher.decision_engine.goal.efficacy import base as efficacy_base


class Goal(loadable.Loadable, abc.ABC):
    """What an audit is to achieve; strategies name the goal they serve."""

    def __init__(self, config: Struct) -> None:
        super().__init__(config)
        self.name = self.get_name()
        self.display_name = self.get_display_name()
        self.efficacy_specification = self.get_efficacy_specification()

    @classmethod
    @abc.abstractmethod
    def get_name(cls) -> str:
        """Return the unique name, as stored and as used in requests."""

    @classmethod
    @abc.abstractmethod
    def get_display_name(cls) -> str:
        """Return the name for people, translated."""

    @classmethod
    @abc.abstractmethod
    def get_translatable_display_name(cls) -> str:
        """Return the name for people, untranslated; this one is stored."""

    @classmethod
    def get_config_opts(cls) -> list[cfg.Opt]:
        """Return the options of the goal (none)."""
        return []

    @classmethod
    @abc.abstractmethod
    def get_efficacy_specification(cls) -> efficacy_base.EfficacySpecification:
        """Return the indicators and the global efficacy of this goal."""
