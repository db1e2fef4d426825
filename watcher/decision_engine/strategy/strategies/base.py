# SPDX-License-Identifier: Apache-2.0
"""The published bases of strategies.

A strategy gets what it may read (the cloud, its parameters, the clients) as attributes and
leaves its result in ``solution``. Built-in strategies keep the decision in a pure function and
use ``snapshot``, ``read_parameters`` and ``propose`` around it.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from oslo_config import cfg
from oslo_log import log
from oslo_utils import strutils

from watcher.clients.bundle import OpenStackClients
from watcher.common import context, exception, utils
from watcher.common.loader import loadable
from watcher.decision_engine.goal.base import Goal
from watcher.decision_engine.loading import default as loading
from watcher.decision_engine.solution.base import BaseSolution
from watcher.decision_engine.solution.default import DefaultSolution
from watcher.decision_engine.strategy import step
from watcher.decision_engine.strategy.common import level
from watcher.domain import parameters
from watcher.domain.snapshot import Snapshot
from watcher.objects.audit import Audit

LOG = log.getLogger(__name__)

T = TypeVar("T")
S = TypeVar("S", bound="Instance")


class Instance(Protocol):
    """A server, in whatever form a plug-in holds it."""

    @property
    def uuid(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def metadata(self) -> Mapping[str, str]: ...


class Node(Protocol):
    """A host, in whatever form a plug-in holds it."""

    @property
    def hostname(self) -> str: ...


class BaseStrategy(loadable.Loadable, abc.ABC):
    """A way to reach a goal.

    :param config: values of the strategy's options.
    :param osc: the clients of the cloud's services.
    """

    DATASOURCE_METRICS: list[str] = []
    MIGRATION = "migrate"

    def __init__(self, config: utils.Struct, osc: OpenStackClients | None = None) -> None:
        super().__init__(config)
        self.ctx = context.make_admin_context()
        self._name = self.get_name()
        self._display_name = self.get_display_name()
        self._goal = self.get_goal()
        self._osc = osc
        self._input_parameters = utils.Struct()
        self._audit_scope: Sequence[Mapping[str, Any]] | None = None
        self._snapshot: Snapshot | None = None
        self.snapshot_source: Callable[[], Snapshot] | None = None  # set by the engine
        self.solution = DefaultSolution(goal=self.goal, strategy=self)
        self.strategy_level = level.StrategyLevel.conservative
        self.planner: str | None = "weight"

    # -- what a strategy says about itself

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
    @abc.abstractmethod
    def get_goal_name(cls) -> str:
        """Return the name of the goal that the strategy serves."""

    @classmethod
    def get_goal(cls) -> Goal:
        """Return the goal plug-in.

        :raises LoadingError: there is no such goal.
        """
        return loading.GOALS.load(cls.get_goal_name())

    @classmethod
    def get_config_opts(cls) -> list[cfg.Opt]:
        """Return the options of the strategy (none)."""
        return []

    @classmethod
    def get_schema(cls) -> dict[str, Any]:
        """Return the JSON schema (draft 4) of the parameters; empty: it takes none."""
        return {}

    def get_datasource_metrics(self) -> list[str]:
        """Return the metrics that this run needs."""
        return self.DATASOURCE_METRICS

    def get_period(self, resource: str) -> int | None:  # noqa: ARG002 - for strategies to override
        """Return the seconds over which metrics of *resource* are gathered; None: not said."""
        return None

    def get_granularity(self, resource: str) -> int | None:  # noqa: ARG002 - likewise
        """Return the seconds between two measured values; None: not said."""
        return None

    def get_aggregate(self, resource: str) -> str | None:  # noqa: ARG002 - likewise
        """Return how metrics of *resource* are summed up; None: not said."""
        return None

    # -- a run

    @abc.abstractmethod
    def pre_execute(self) -> None:
        """Prepare the run; may fetch."""

    @abc.abstractmethod
    def do_execute(self, audit: Audit | None = None) -> None:
        """Fill the solution."""

    @abc.abstractmethod
    def post_execute(self) -> None:
        """Report the efficacy indicators."""

    def execute(self, audit: Audit | None = None) -> BaseSolution:
        """Run the strategy and return its solution."""
        self.pre_execute()
        self.do_execute(audit=audit)
        self.post_execute()
        self.solution.compute_global_efficacy()
        return self.solution

    def _pre_execute(self) -> None:
        """Require the model of the cloud (published name, for ``pre_execute`` of plug-ins).

        :raises ClusterStateNotDefined: there is none.
        """
        cluster = self.snapshot
        LOG.info(
            "Strategy %s sees %d hosts and %d servers (model version %s)",
            self.name,
            len(cluster.hosts),
            len(cluster.servers),
            cluster.version,
        )

    @property
    def snapshot(self) -> Snapshot:
        """The cloud within the scope of the audit, fetched at the first use.

        :raises ClusterStateNotDefined: there is no source, or it has no model.
        """
        if self._snapshot is None:
            if self.snapshot_source is None:
                raise exception.ClusterStateNotDefined
            self._snapshot = self.snapshot_source()
        return self._snapshot

    @snapshot.setter
    def snapshot(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def read_parameters(self, declared: type[T]) -> T:
        """Return the input parameters as the dataclass *declared*, defaults filled in.

        :raises InvalidParameter: one does not match its schema.
        """
        return parameters.read(declared, self.input_parameters)

    def propose(self, steps: Iterable[step.Step]) -> None:
        """Add steps to the solution, in their order.

        :raises ReservedWord: a step has a ``resource_id`` among its parameters.
        """
        for one in steps:
            self.solution.add_action(
                action_type=one.action_type,
                input_parameters=dict(one.input_parameters),
                resource_id=one.resource_id,
            )

    # -- what a strategy is given

    @property
    def input_parameters(self) -> utils.Struct:
        """The parameters of the audit, readable as attributes."""
        return self._input_parameters

    @input_parameters.setter
    def input_parameters(self, given: Mapping[str, Any]) -> None:
        self._input_parameters = utils.Struct(given)

    @property
    def osc(self) -> OpenStackClients | None:
        """The clients of the cloud's services."""
        return self._osc

    @property
    def audit_scope(self) -> Sequence[Mapping[str, Any]] | None:
        """The scope of the audit."""
        return self._audit_scope

    @audit_scope.setter
    def audit_scope(self, scope: Sequence[Mapping[str, Any]] | None) -> None:
        self._audit_scope = scope

    @property
    def name(self) -> str:
        """The name of the strategy."""
        return self._name

    @property
    def display_name(self) -> str:
        """The name of the strategy for people."""
        return self._display_name

    @property
    def goal(self) -> Goal:
        """The goal plug-in."""
        return self._goal

    # -- helpers for plug-ins (published)

    def filter_instances_by_audit_tag(self, instances: Iterable[S]) -> list[S]:
        """Return the instances that may be optimised, by their metadata ``optimize``.

        Only if the strategy has the option ``check_optimize_metadata`` and it is on: then an
        instance with metadata must say that it wants to be optimised.
        """
        if not self.config.get("check_optimize_metadata", False):
            return list(instances)
        return [one for one in instances if not one.metadata or _wants(one.metadata)]

    def add_action_migrate(
        self, instance: Instance, migration_type: str, source_node: Node, destination_node: Node
    ) -> None:
        """Add the action that moves *instance* from one host to another."""
        self.solution.add_action(
            action_type=self.MIGRATION,
            resource_id=instance.uuid,
            input_parameters={
                "migration_type": migration_type,
                "source_node": source_node.hostname,
                "destination_node": destination_node.hostname,
                "resource_name": instance.name,
            },
        )


def _wants(metadata: Mapping[str, str]) -> bool:
    return strutils.bool_from_string(metadata.get("optimize"), strict=False, default=False)


class DummyBaseStrategy(BaseStrategy):
    """Base of strategies for the goal ``dummy``."""

    @classmethod
    def get_goal_name(cls) -> str:
        return "dummy"


class UnclassifiedStrategy(BaseStrategy):
    """Base of strategies without a goal of their own."""

    @classmethod
    def get_goal_name(cls) -> str:
        return "unclassified"


class ServerConsolidationBaseStrategy(BaseStrategy):
    """Base of strategies that release hosts."""

    REASON_FOR_DISABLE = "watcher_disabled"

    @classmethod
    def get_goal_name(cls) -> str:
        return "server_consolidation"


class ThermalOptimizationBaseStrategy(BaseStrategy):
    """Base of strategies that cool hosts down."""

    @classmethod
    def get_goal_name(cls) -> str:
        return "thermal_optimization"


class WorkloadStabilizationBaseStrategy(BaseStrategy):
    """Base of strategies that spread the load."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # published signature
        super().__init__(*args, **kwargs)
        self.planner = "workload_stabilization"

    @classmethod
    def get_goal_name(cls) -> str:
        return "workload_balancing"


class NoisyNeighborBaseStrategy(BaseStrategy):
    """Base of strategies that separate servers which disturb each other."""

    @classmethod
    def get_goal_name(cls) -> str:
        return "noisy_neighbor"


class SavingEnergyBaseStrategy(BaseStrategy):
    """Base of strategies that switch hosts off and on."""

    @classmethod
    def get_goal_name(cls) -> str:
        return "saving_energy"


class ZoneMigrationBaseStrategy(BaseStrategy):
    """Base of strategies that empty hosts and pools of a zone."""

    @classmethod
    def get_goal_name(cls) -> str:
        return "hardware_maintenance"


class HostMaintenanceBaseStrategy(BaseStrategy):
    """Base of strategies that take hosts out of service."""

    REASON_FOR_MAINTAINING = "watcher_maintaining"

    @classmethod
    def get_goal_name(cls) -> str:
        return "cluster_maintaining"
