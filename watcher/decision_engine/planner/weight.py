# SPDX-License-Identifier: Apache-2.0
"""The planner ``weight``: action types one after the other, a few actions of a type at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from oslo_config import cfg

from watcher.common.context import RequestContext
from watcher.conf import CONF
from watcher.decision_engine.planner import base, layers
from watcher.decision_engine.solution.base import BaseSolution, ProposedAction
from watcher.domain.draft import Draft, PlannedAction
from watcher.lifecycle import action_plans
from watcher.objects.action_plan import ActionPlan

T = TypeVar("T")


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
    def chunkify(lst: Sequence[T], n: int) -> list[Sequence[T]]:
        """Cut *lst* into consecutive pieces of *n* (published name)."""
        return list(layers.chunks(lst, int(n)))

    def arrange(self, actions: Sequence[ProposedAction]) -> list[PlannedAction]:
        """Return the actions in their order, with the positions of their parents.

        :raises UnsupportedActionType: a type has no weight or no parallel number.
        :raises InvalidParameter: a configured number is not one.
        """
        return layers.arrange(
            actions,
            layers.numbers("weights", self.config.weights),
            layers.numbers("parallelization", self.config.parallelization),
        )

    def schedule(
        self, context: RequestContext, audit_id: int, solution: BaseSolution
    ) -> ActionPlan:
        """Store the plan; nothing is stored if an action cannot be planned."""
        draft = Draft(
            solution.strategy.name,
            self.arrange(solution.actions),
            solution.efficacy_indicators,
            solution.global_efficacy,
        )
        return action_plans.create(context, audit_id, CONF.host, draft)
