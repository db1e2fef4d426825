# SPDX-License-Identifier: Apache-2.0
"""Goals and their efficacy specifications are the published ones."""

from __future__ import annotations

import json

import pytest

from tests.contract import spec
from watcher.decision_engine.loading import default as loading
from watcher.decision_engine.solution import efficacy


def goals() -> list[dict]:
    return spec.load("plugins.json")["goals"]


def test_the_names_are_the_published_ones():
    assert loading.GOALS.names() == sorted(goal["entry_point"] for goal in goals())


def test_every_goal_is_identical():
    for published in goals():
        goal = loading.GOALS.load(published["entry_point"])
        cls = type(goal)
        assert f"{cls.__module__}:{cls.__name__}" == published["import_path"]
        assert cls.get_name() == published["name"]
        assert cls.get_translatable_display_name() == published["display_name"]
        specification = goal.efficacy_specification
        kind = type(specification)
        name = f"{kind.__module__}:{kind.__name__}"
        assert name == published["efficacy_specification_class"]
        assert specification.schema == published["combined_schema"]


def test_the_indicators_are_identical_and_in_order():
    for published in goals():
        specification = loading.GOALS.load(published["entry_point"]).efficacy_specification
        ours = [
            {
                "name": indicator.name,
                "class": type(indicator).__name__,
                "unit": indicator.unit,
                "required": indicator.required,
                "schema": indicator.schema,
                "schema_string_in_rest": indicator.to_dict()["schema"],
            }
            for indicator in specification.indicators_specs
        ]
        assert ours == published["indicators"], published["name"]
        stored = json.loads(specification.serialize_indicators_specs())
        assert stored == specification.get_indicators_specs_dicts()


def test_the_global_efficacy_has_the_published_names_and_units():
    published = spec.load("plugins.json")["global_efficacy"]
    for goal in goals():
        specification = loading.GOALS.load(goal["entry_point"]).efficacy_specification
        expected = published[type(specification).__name__] or []
        found = specification.get_global_efficacy_indicator(efficacy.IndicatorsMap())
        assert [(one.name, one.unit, one.value) for one in found] == [
            (one["name"], one["unit"], 0.0) for one in expected
        ]


@pytest.mark.parametrize(
    ("goal", "indicators", "expected"),
    [
        (
            "server_consolidation",
            {
                "compute_nodes_count": 3,
                "released_compute_nodes_count": 2,
                "instance_migrations_count": 2,
            },
            [200 / 3],
        ),
        ("workload_balancing", {"instance_migrations_count": 1, "instances_count": 5}, [20.0]),
        (
            "hardware_maintenance",
            {
                "live_migrate_instance_count": 4,
                "planned_live_migrate_instance_count": 1,
                "cold_migrate_instance_count": 2,
                "planned_cold_migrate_instance_count": 2,
                "volume_migrate_count": 0,
                "planned_volume_migrate_count": 0,
                "volume_update_count": 8,
                "planned_volume_update_count": 0,
            },
            [25.0, 100.0, 0.0, 0.0],
        ),
    ],
)
def test_the_global_efficacy_is_the_published_ratio(goal, indicators, expected):
    specification = loading.GOALS.load(goal).efficacy_specification
    found = specification.get_global_efficacy_indicator(efficacy.IndicatorsMap(indicators))
    assert [one.value for one in found] == pytest.approx(expected)
