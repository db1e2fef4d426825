# SPDX-License-Identifier: Apache-2.0
"""An action that waits."""

from __future__ import annotations

from typing import Any, ClassVar

from oslo_log import log

from watcher._i18n import _
from watcher.applier.actions import base

LOG = log.getLogger(__name__)


class Sleep(base.BaseAction):
    """Wait for a number of seconds. There is nothing to revert.

    The wait ends early when the daemon stops; the plan is resumed and the wait done again.
    """

    DURATION = "duration"
    abortable: ClassVar[bool] = True

    @property
    def schema(self) -> dict[str, Any]:
        """The published schema."""
        return {
            "type": "object",
            "properties": {"duration": {"type": "number", "minimum": 0}},
            "required": ["duration"],
            "additionalProperties": False,
        }

    @property
    def duration(self) -> float:
        """Seconds to wait, >= 0."""
        return float(self.input_parameters[self.DURATION])

    def get_description(self) -> str:
        """Return what the action does."""
        return _("Wait for a given number of seconds")

    def pre_condition(self) -> None:
        """Nothing to check."""

    def execute(self) -> bool:
        """Wait.

        :raises Interrupted: the daemon stops before the time is over.
        """
        LOG.debug("sleep: %s seconds", self.duration)
        if self.stop.draining.wait(self.duration):
            raise base.Interrupted(f"stopped during a wait of {self.duration} seconds")
        return True

    def post_condition(self) -> None:
        """Nothing to check."""

    def revert(self) -> bool:
        """Log that there is nothing to bring back."""
        LOG.debug("sleep: nothing to revert")
        return True

    def abort(self) -> bool:
        """Log that there is nothing to bring back."""
        LOG.debug("sleep: nothing to abort")
        return True
