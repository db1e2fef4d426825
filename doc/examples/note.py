# SPDX-License-Identifier: Apache-2.0
"""An action of your own: keep a note in a file until the plan is reverted."""

from __future__ import annotations

import pathlib

from watcher.applier.actions import base
from watcher.common import exception


class Note(base.BaseAction):
    """Write a file. Reverted by removing it."""

    @property
    def schema(self) -> dict[str, object]:
        return {
            "type": "object",
            "properties": {"path": {"type": "string", "minLength": 1}, "text": {"type": "string"}},
            "required": ["path", "text"],
            "additionalProperties": False,
        }

    @property
    def path(self) -> pathlib.Path:
        return pathlib.Path(self.input_parameters["path"])

    def get_description(self) -> str:
        return "Keep a note in a file"

    def pre_condition(self) -> None:
        """Skip when there is nothing to do; any other exception would mean failure."""
        if self.path.exists() and self.path.read_text() == self.input_parameters["text"]:
            raise exception.ActionSkipped("The note is there already")

    def execute(self) -> bool:
        """Write it, and return True only because it was seen to be there."""
        self.path.write_text(self.input_parameters["text"])
        return self.path.read_text() == self.input_parameters["text"]

    def post_condition(self) -> None:
        """Clean up nothing."""

    def revert(self) -> bool:
        self.path.unlink(missing_ok=True)
        return not self.path.exists()
