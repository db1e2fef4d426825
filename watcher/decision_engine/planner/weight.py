# SPDX-License-Identifier: Apache-2.0
"""The planner ``weight``: action types one after the other, a few actions of a type at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oslo_config import cfg
from oslo_utils import uuidutils

from watcher.decision_engine.planner import base, layers
from watcher.decision_engine.planner.store import store_plan


class WeightPlanner(base.BasePlanner):
    """Runs types of actions in descending order of weight, in layers of limited width.

    Every action of a layer waits for all actions of the layer before, so "enable the
    destination", "disable the source" and "migrate" come in this order whatever the solution's
    order was.
    """

    action_weights = {
        "nop": 70,
        "volume_migrate": 60,
        "change_nova_service_state": 50,
        "sleep": 40,
        "shelve": 37,
        "stop": 35,
        "delete": 33,
        "migrate": 30,
        "resize": 20,
        "turn_host_to_acpi_s3_state": 10,
        "change_node_power_state": 9,
    }
    parallelization = {
        "turn_host_to_acpi_s3_state": 2,
        "resize": 2,
        "stop": 2,
        "delete": 2,
        "shelve": 2,
        "migrate": 2,
        "sleep": 1,
        "change_nova_service_state": 1,
        "nop": 1,
        "change_node_power_state": 2,
        "volume_migrate": 2,
    }

    @classmethod
    def get_config_opts(cls) -> list[cfg.Opt]:
        """Return the weights and the parallel numbers by action type."""
        return [
            cfg.DictOpt(
                "weights",
                default=cls.action_weights,
                help="Weight of each action type: a whole number; types run in descending order.",
            ),
            cfg.DictOpt(
                "parallelization",
                default=cls.parallelization,
                help="Number of actions of each type that run at the same time; below 1 counts "
                "as 1.",
            ),
        ]

    @staticmethod
    def chunkify(lst: Sequence[Any], n: int) -> list[Sequence[Any]]:
        """Cut *lst* into consecutive pieces of *n* (published name)."""
        return list(layers.chunks(lst, int(n)))

    def arrange(self, actions: Sequence[Any]) -> list[layers.PlannedAction]:
        """Return the actions in their order, with the positions of their parents.

        :raises UnsupportedActionType: a type has no weight or no parallel number.
        :raises InvalidParameter: a configured number is not one.
        """
        return layers.arrange(
            actions,
            layers.numbers("weights", self.config.weights),
            layers.numbers("parallelization", self.config.parallelization),
        )

    def schedule(self, context: Any, audit_id: Any, solution: Any) -> Any:
        """Store the plan; nothing is stored if an action cannot be planned."""
        planned = self.arrange(solution.actions)
        uuids = [uuidutils.generate_uuid() for _ in planned]
        actions = [
            {
                "uuid": uuid,
                "action_type": action.action_type,
                "input_parameters": dict(action.input_parameters),
                "parents": [uuids[position] for position in action.parents],
            }
            for uuid, action in zip(uuids, planned, strict=True)
        ]
        return store_plan(context, audit_id, solution, actions)
