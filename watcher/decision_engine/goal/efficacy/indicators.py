# SPDX-License-Identifier: Apache-2.0
"""The published efficacy indicators: what a strategy reports about its solution.

Names, units and schemas are a contract (they are stored and served); the
description texts are not published.
"""

from __future__ import annotations

import abc
from typing import Any, ClassVar

import jsonschema
from oslo_serialization import jsonutils

from watcher.common import exception

COUNT_SCHEMA: dict[str, Any] = {"type": "integer", "minimum": 0}
DEVIATION_SCHEMA: dict[str, Any] = {"type": "number", "minimum": 0}


class IndicatorSpecification(abc.ABC):
    """The published base of indicators: name, description, unit, schema.

    :param required: whether a strategy that reports anything must report this one.
    """

    def __init__(
        self,
        name: str | None = None,
        description: str | None = None,
        unit: str | None = None,
        required: bool = True,
    ) -> None:
        self.name = name
        self.description = description
        self.unit = unit
        self.required = required

    @property
    @abc.abstractmethod
    def schema(self) -> dict[str, Any]:
        """The JSON schema (draft 4) that a value must hold."""

    @classmethod
    def validate(cls, solution: Any) -> None:
        """Check the value that *solution* holds for this indicator.

        :raises InvalidIndicatorValue: it does not match the schema.
        """
        indicator = cls()
        value = getattr(solution, str(indicator.name), None)
        if value is None and not indicator.required:
            return
        try:
            jsonschema.Draft4Validator(indicator.schema).validate(value)
        except jsonschema.ValidationError as error:
            raise exception.InvalidIndicatorValue(
                name=indicator.name, value=value, spec_type=indicator.schema
            ) from error

    def to_dict(self) -> dict[str, Any]:
        """Return the stored form: the schema is a JSON text in it."""
        return {
            "name": self.name,
            "description": self.description,
            "unit": self.unit,
            "schema": jsonutils.dumps(self.schema) if self.schema else None,
        }

    def __str__(self) -> str:
        return str(self.to_dict())


class _BuiltInIndicator(IndicatorSpecification):
    """An indicator whose facts are class attributes."""

    NAME: ClassVar[str]
    DESCRIPTION: ClassVar[str]
    REQUIRED: ClassVar[bool] = True
    SCHEMA: ClassVar[dict[str, Any]] = COUNT_SCHEMA

    def __init__(self) -> None:
        super().__init__(
            name=self.NAME, description=self.DESCRIPTION, unit=None, required=self.REQUIRED
        )

    @property
    def schema(self) -> dict[str, Any]:
        return dict(self.SCHEMA)


class ComputeNodesCount(_BuiltInIndicator):
    NAME = "compute_nodes_count"
    DESCRIPTION = "The total number of enabled compute nodes."


class ReleasedComputeNodesCount(_BuiltInIndicator):
    NAME = "released_compute_nodes_count"
    DESCRIPTION = "The number of compute nodes to be released."


class InstanceMigrationsCount(_BuiltInIndicator):
    NAME = "instance_migrations_count"
    DESCRIPTION = "The number of VM migrations to be performed."


class InstancesCount(_BuiltInIndicator):
    NAME = "instances_count"
    DESCRIPTION = "The total number of audited instances in the cluster."
    REQUIRED = False


class StandardDeviationValue(_BuiltInIndicator):
    NAME = "standard_deviation_after_audit"
    DESCRIPTION = "The standard deviation of the load of the hosts, expected after the plan."
    REQUIRED = False
    SCHEMA = DEVIATION_SCHEMA


class OriginalStandardDeviationValue(_BuiltInIndicator):
    NAME = "standard_deviation_before_audit"
    DESCRIPTION = "The standard deviation of the load of the hosts, found by the audit."
    REQUIRED = False
    SCHEMA = DEVIATION_SCHEMA


class LiveInstanceMigrateCount(_BuiltInIndicator):
    NAME = "live_migrate_instance_count"
    DESCRIPTION = "The number of instances that can be live migrated."


class PlannedLiveInstanceMigrateCount(_BuiltInIndicator):
    NAME = "planned_live_migrate_instance_count"
    DESCRIPTION = "The number of instances that the plan live migrates."


class ColdInstanceMigrateCount(_BuiltInIndicator):
    NAME = "cold_migrate_instance_count"
    DESCRIPTION = "The number of instances that can be cold migrated."


class PlannedColdInstanceMigrateCount(_BuiltInIndicator):
    NAME = "planned_cold_migrate_instance_count"
    DESCRIPTION = "The number of instances that the plan cold migrates."


class VolumeMigrateCount(_BuiltInIndicator):
    NAME = "volume_migrate_count"
    DESCRIPTION = "The number of detached volumes that can be migrated."


class PlannedVolumeMigrateCount(_BuiltInIndicator):
    NAME = "planned_volume_migrate_count"
    DESCRIPTION = "The number of detached volumes that the plan migrates."


class VolumeUpdateCount(_BuiltInIndicator):
    NAME = "volume_update_count"
    DESCRIPTION = "The number of attached volumes that can be migrated."


class PlannedVolumeUpdateCount(_BuiltInIndicator):
    NAME = "planned_volume_update_count"
    DESCRIPTION = "The number of attached volumes that the plan migrates."
