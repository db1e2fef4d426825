# SPDX-License-Identifier: Apache-2.0
"""Goals: what an audit is to achieve. Published names are re-exported here."""

from __future__ import annotations

from watcher.decision_engine.goal import goals

AirflowOptimization = goals.AirflowOptimization
ClusterMaintaining = goals.ClusterMaintaining
Dummy = goals.Dummy
HardwareMaintenance = goals.HardwareMaintenance
NoisyNeighborOptimization = goals.NoisyNeighborOptimization
SavingEnergy = goals.SavingEnergy
ServerConsolidation = goals.ServerConsolidation
ThermalOptimization = goals.ThermalOptimization
Unclassified = goals.Unclassified
WorkloadBalancing = goals.WorkloadBalancing

__all__ = (
    "AirflowOptimization",
    "ClusterMaintaining",
    "Dummy",
    "HardwareMaintenance",
    "NoisyNeighborOptimization",
    "SavingEnergy",
    "ServerConsolidation",
    "ThermalOptimization",
    "Unclassified",
    "WorkloadBalancing",
)
