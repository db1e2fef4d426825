# SPDX-License-Identifier: Apache-2.0
"""The solution that strategies fill: an ordered list of distinct actions."""

from __future__ import annotations

from collections.abc import Mapping

from oslo_log import log
from oslo_serialization import jsonutils

from watcher.common import exception
from watcher.decision_engine.solution import base, efficacy

LOG = log.getLogger(__name__)

RESERVED = "resource_id"


class DefaultSolution(base.BaseSolution):
    """Keeps the order of insertion and drops repeated actions."""

    def __init__(self, goal: efficacy.Measured, strategy: efficacy.Author) -> None:
        super().__init__(goal, strategy)
        self._actions: list[base.ProposedAction] = []
        self._keys: set[str] = set()

    # The published order of the optional arguments differs from the base's.
    def add_action(  # type: ignore[override]
        self,
        action_type: str,
        input_parameters: Mapping[str, object] | None = None,
        resource_id: str | None = None,
    ) -> None:
        """Append an action unless an equal one (type and all parameters) is there already.

        :param resource_id: kept among the parameters under that name.
        :raises ReservedWord: the given parameters hold a ``resource_id``.
        """
        parameters = dict(input_parameters or {})
        if RESERVED in parameters:
            raise exception.ReservedWord(name=RESERVED)
        if resource_id is not None:
            parameters[RESERVED] = resource_id
        action: base.ProposedAction = {
            "action_type": action_type,
            "input_parameters": parameters,
        }
        key = jsonutils.dumps(action, sort_keys=True)
        # Strategies of third parties remove actions from the list, so a known key is no proof.
        if key in self._keys and action in self._actions:
            LOG.warning("Dropped a repeated action of type %s: %s", action_type, parameters)
            return
        self._keys.add(key)
        self._actions.append(action)

    @property
    def actions(self) -> list[base.ProposedAction]:
        """The actions; strategies of third parties may edit the list in place."""
        return self._actions

    def __str__(self) -> str:
        return "\n".join(str(action) for action in self._actions)
