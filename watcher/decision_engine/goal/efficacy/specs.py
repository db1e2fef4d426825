# SPDX-License-Identifier: Apache-2.0
"""The four published efficacy specifications.

Ratios are percentages; a ratio without a denominator is 0. Those of hardware
maintenance say how much of what is eligible the plan covers (published
behaviour), so 100 means that nothing is left for another run.
"""

from __future__ import annotations

from collections.abc import Sequence

from watcher.decision_engine.goal.efficacy import base
from watcher.decision_engine.goal.efficacy import indicators as ind
from watcher.decision_engine.solution import efficacy


def _percentage(part: float, whole: float) -> float:
    """Return *part* of *whole* in percent; 0 if *whole* is 0."""
    return float(part) / float(whole) * 100 if part > 0 else 0.0


def _ratio(name: str, description: str, value: float) -> efficacy.Indicator:
    return efficacy.Indicator(name=name, description=description, unit="%", value=value)


class Unclassified(base.EfficacySpecification):
    """Nothing is measured."""

    def get_indicators_specifications(self) -> Sequence[ind.IndicatorSpecification]:
        return ()

    def get_global_efficacy_indicator(
        self,
        indicators_map: efficacy.IndicatorsMap | None = None,  # noqa: ARG002 - published signature
    ) -> list[efficacy.Indicator]:
        return []


class ServerConsolidation(base.EfficacySpecification):
    """How many hosts are released."""

    def get_indicators_specifications(self) -> Sequence[ind.IndicatorSpecification]:
        return (
            ind.ComputeNodesCount(),
            ind.ReleasedComputeNodesCount(),
            ind.InstanceMigrationsCount(),
        )

    def get_global_efficacy_indicator(
        self, indicators_map: efficacy.IndicatorsMap | None = None
    ) -> list[efficacy.Indicator]:
        value = 0.0
        if indicators_map and indicators_map.compute_nodes_count > 0:
            value = _percentage(
                indicators_map.released_compute_nodes_count, indicators_map.compute_nodes_count
            )
        return [
            _ratio(
                "released_nodes_ratio",
                "Ratio of released compute nodes divided by the total number of enabled "
                "compute nodes.",
                value,
            )
        ]


class WorkloadBalancing(base.EfficacySpecification):
    """How many of the audited servers move."""

    def get_indicators_specifications(self) -> Sequence[ind.IndicatorSpecification]:
        return (
            ind.InstanceMigrationsCount(),
            ind.InstancesCount(),
            ind.StandardDeviationValue(),
            ind.OriginalStandardDeviationValue(),
        )

    def get_global_efficacy_indicator(
        self, indicators_map: efficacy.IndicatorsMap | None = None
    ) -> list[efficacy.Indicator]:
        value = 0.0
        if indicators_map and indicators_map.instance_migrations_count > 0:
            value = _percentage(
                indicators_map.instance_migrations_count, indicators_map.instances_count
            )
        return [
            _ratio(
                "live_migrations_count",
                "Ratio of migrated virtual machines to audited virtual machines",
                value,
            )
        ]


class HardwareMaintenance(base.EfficacySpecification):
    """How much of what is on the hardware the plan moves away."""

    RATIOS = (
        (
            "live_instance_migrate_ratio",
            "live_migrate_instance_count",
            "actual live migrated instances to planned live migrate instances.",
        ),
        (
            "cold_instance_migrate_ratio",
            "cold_migrate_instance_count",
            "actual cold migrated instances to planned cold migrate instances.",
        ),
        (
            "volume_migrate_ratio",
            "volume_migrate_count",
            "actual detached volumes migrated to planned detached volumes migrate.",
        ),
        (
            "volume_update_ratio",
            "volume_update_count",
            "actual attached volumes migrated to planned attached volumes migrate.",
        ),
    )

    def get_indicators_specifications(self) -> Sequence[ind.IndicatorSpecification]:
        return (
            ind.LiveInstanceMigrateCount(),
            ind.PlannedLiveInstanceMigrateCount(),
            ind.ColdInstanceMigrateCount(),
            ind.PlannedColdInstanceMigrateCount(),
            ind.VolumeMigrateCount(),
            ind.PlannedVolumeMigrateCount(),
            ind.VolumeUpdateCount(),
            ind.PlannedVolumeUpdateCount(),
        )

    def get_global_efficacy_indicator(
        self, indicators_map: efficacy.IndicatorsMap | None = None
    ) -> list[efficacy.Indicator]:
        return [
            _ratio(name, f"Ratio of {text}", self._covered(indicators_map, counted))
            for name, counted, text in self.RATIOS
        ]

    @staticmethod
    def _covered(indicators_map: efficacy.IndicatorsMap | None, counted: str) -> float:
        if not indicators_map:
            return 0.0
        return _percentage(
            getattr(indicators_map, f"planned_{counted}"), getattr(indicators_map, counted)
        )
