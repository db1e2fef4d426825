# SPDX-License-Identifier: Apache-2.0
"""The ten published goals, as data: name, display name, efficacy specification."""

from __future__ import annotations

from typing import ClassVar

from watcher.decision_engine.goal import base
from watcher.decision_engine.goal.efficacy import base as efficacy_base
from watcher.decision_engine.goal.efficacy import specs


class _BuiltInGoal(base.Goal):
    """A goal whose facts are class attributes."""

    NAME: ClassVar[str]
    DISPLAY_NAME: ClassVar[str]
    EFFICACY: ClassVar[type[efficacy_base.EfficacySpecification]] = specs.Unclassified

    @classmethod
    def get_name(cls) -> str:
        return cls.NAME

    @classmethod
    def get_display_name(cls) -> str:
        return cls.DISPLAY_NAME

    @classmethod
    def get_translatable_display_name(cls) -> str:
        return cls.DISPLAY_NAME

    @classmethod
    def get_efficacy_specification(cls) -> efficacy_base.EfficacySpecification:
        return cls.EFFICACY()


class AirflowOptimization(_BuiltInGoal):
    """Even out the airflow of the hosts."""

    NAME = "airflow_optimization"
    DISPLAY_NAME = "Airflow Optimization"


class ClusterMaintaining(_BuiltInGoal):
    """Take a host out of service without losing its servers."""

    NAME = "cluster_maintaining"
    DISPLAY_NAME = "Cluster Maintaining"


class Dummy(_BuiltInGoal):
    """Try everything out without touching the cloud."""

    NAME = "dummy"
    DISPLAY_NAME = "Dummy goal"


class HardwareMaintenance(_BuiltInGoal):
    """Empty hosts and storage pools that need work on their hardware."""

    NAME = "hardware_maintenance"
    DISPLAY_NAME = "Hardware Maintenance"
    EFFICACY = specs.HardwareMaintenance


class NoisyNeighborOptimization(_BuiltInGoal):
    """Separate servers that disturb each other."""

    NAME = "noisy_neighbor"
    DISPLAY_NAME = "Noisy Neighbor"


class SavingEnergy(_BuiltInGoal):
    """Switch off hosts that nobody needs, and on again in time."""

    NAME = "saving_energy"
    DISPLAY_NAME = "Saving Energy"


class ServerConsolidation(_BuiltInGoal):
    """Run the same servers on fewer hosts."""

    NAME = "server_consolidation"
    DISPLAY_NAME = "Server Consolidation"
    EFFICACY = specs.ServerConsolidation


class ThermalOptimization(_BuiltInGoal):
    """Lower the temperature of hot hosts."""

    NAME = "thermal_optimization"
    DISPLAY_NAME = "Thermal Optimization"


class Unclassified(_BuiltInGoal):
    """No goal of its own: the operator says what to do."""

    NAME = "unclassified"
    DISPLAY_NAME = "Unclassified"


class WorkloadBalancing(_BuiltInGoal):
    """Spread the load evenly over hosts and pools."""

    NAME = "workload_balancing"
    DISPLAY_NAME = "Workload Balancing"
    EFFICACY = specs.WorkloadBalancing
