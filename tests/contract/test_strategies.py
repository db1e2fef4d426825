# SPDX-License-Identifier: Apache-2.0
"""The strategies that are built have the published names, goals, planners and schemas."""

from __future__ import annotations

from typing import Any

from tests.contract import spec
from watcher.decision_engine.loading import default as loading


def built() -> list[dict]:
    ours = set(loading.STRATEGIES.names())
    published = spec.load("plugins.json")["strategies"]
    assert ours <= {one["entry_point"] for one in published}
    return [one for one in published if one["entry_point"] in ours]


def without_texts(schema: Any) -> Any:
    """Leave out what the published data leaves out: the description texts."""
    if isinstance(schema, dict):
        return {
            key: without_texts(value)
            for key, value in schema.items()
            if not (key == "description" and isinstance(value, str))
        }
    return [without_texts(one) for one in schema] if isinstance(schema, list) else schema


def test_names_goals_and_planners_are_identical():
    for published in built():
        strategy = loading.STRATEGIES.load(published["entry_point"], osc=None)
        cls = type(strategy)
        assert f"{cls.__module__}:{cls.__name__}" == published["import_path"]
        assert cls.get_name() == published["name"]
        assert cls.get_translatable_display_name() == published["display_name"]
        assert cls.get_goal_name() == published["goal"]
        assert strategy.planner == published["planner"]
        assert strategy.get_datasource_metrics() == published["datasource_metrics"]


def test_the_parameter_schemas_are_identical():
    for published in built():
        schema = loading.STRATEGIES.load_class(published["entry_point"]).get_schema()
        assert without_texts(schema) == published["parameters_schema"], published["name"]


def test_every_parameter_is_described():
    for published in built():
        if published["name"] == "actuator":  # published without
            continue
        schema = loading.STRATEGIES.load_class(published["entry_point"]).get_schema()
        for name, parameter in schema["properties"].items():
            assert parameter["description"], (published["name"], name)


def test_bases_and_constants_are_the_published_ones():
    for published in built():
        cls = loading.STRATEGIES.load_class(published["entry_point"])
        names = {base.__name__ for base in cls.__mro__}
        assert names >= set(published["base_classes"])
        for constant, value in published["class_constants"].items():
            assert getattr(cls, constant) == value


def test_every_published_base_of_plugins_is_there():
    surface = spec.load("import-surface.json")["modules"]
    module = next(one for one in surface if one["module"].endswith("strategies.base"))
    from watcher.decision_engine.strategy.strategies import base

    for published in module["classes"]:
        name = published["class"]
        if name == "StrategyEndpoint":  # not for plug-ins
            continue
        cls = getattr(base, name)
        assert sorted(cls.__abstractmethods__) == published["abstract_members"], name
