# SPDX-License-Identifier: Apache-2.0
"""An action that logs a message: for tests of plans, and for trying out a set-up."""

from __future__ import annotations

from typing import Any, ClassVar

from oslo_log import log

from watcher._i18n import _
from watcher.applier.actions import base
from watcher.common import exception

LOG = log.getLogger(__name__)

FLAG = {"type": "boolean", "default": False}


class Nop(base.BaseAction):
    """Log a message, or fail where the parameters say so. There is nothing to revert."""

    MESSAGE = "message"
    abortable: ClassVar[bool] = True

    @property
    def schema(self) -> dict[str, Any]:
        """The published schema."""
        return {
            "type": "object",
            "properties": {
                "message": {"type": ["string", "null"]},
                "skip_pre_condition": FLAG,
                "fail_pre_condition": FLAG,
                "fail_execute": FLAG,
                "fail_post_condition": FLAG,
            },
            "required": ["message"],
            "additionalProperties": False,
        }

    @property
    def message(self) -> str | None:
        """The text to log."""
        message: str | None = self.input_parameters.get(self.MESSAGE)
        return message

    def get_description(self) -> str:
        """Return what the action does."""
        return _("Logging a NOP message")

    def pre_condition(self) -> None:
        """Skip or fail when told to."""
        if self.input_parameters.get("skip_pre_condition"):
            raise exception.ActionSkipped(_("Skipped in pre_condition"))
        if self.input_parameters.get("fail_pre_condition"):
            raise exception.WatcherException(_("Failed in pre_condition"))

    def execute(self) -> bool:
        """Log the message."""
        LOG.info("nop: %s", self.message)
        return not self.input_parameters.get("fail_execute", False)

    def post_condition(self) -> None:
        """Fail when told to."""
        if self.input_parameters.get("fail_post_condition"):
            raise exception.WatcherException(_("Failed in post_condition"))

    def revert(self) -> bool:
        """Log that there is nothing to revert."""
        LOG.info("nop: nothing to revert for %s", self.message)
        return True

    def abort(self) -> bool:
        """Log that there is nothing to abort."""
        LOG.info("nop: nothing to abort for %s", self.message)
        return True
