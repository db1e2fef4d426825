# SPDX-License-Identifier: Apache-2.0
"""From the record of an action to the object that executes it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from watcher.applier.actions import base
from watcher.applier.loading import default

if TYPE_CHECKING:
    from watcher import objects
    from watcher.clients import bundle


class ActionFactory:
    """Makes actions; the plug-ins are looked up once."""

    def __init__(self) -> None:
        self.action_loader = default.DefaultActionLoader()

    def make_action(
        self, object_action: objects.Action, osc: bundle.OpenStackClients | None = None
    ) -> base.BaseAction:
        """Return the action with its parameters.

        :raises LoadingError: there is no such type, or it cannot be constructed.
        """
        action: base.BaseAction = self.action_loader.load(object_action.action_type, osc=osc)
        action.input_parameters = dict(object_action.input_parameters or {})
        return action


@functools.cache
def shared() -> ActionFactory:
    """Return the factory of this process."""
    return ActionFactory()
