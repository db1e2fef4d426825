# SPDX-License-Identifier: Apache-2.0
"""The actions that are built have the published paths, schemas, hooks and properties.

Their schemas are also searched for words that JSON Schema does not know: a misspelt ``minLength``
checks nothing, silently. The published ones have such words; those here say what was meant.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from tests.contract import spec
from watcher.applier.actions import base
from watcher.applier.loading import default

#: All keywords of a Draft 4 schema that say something about values.
KEYWORDS = set(jsonschema.Draft4Validator.META_SCHEMA["properties"])

#: Published misspellings and what they were meant to say.
CORRECTED = {
    "minlength": lambda value: {"minLength": value},
    "anyof": lambda choices: next(one for one in choices if one["type"] != "None"),
}

#: How the published engine links tasks; here the task asks ``watcher.domain.plan``.
INTERNAL = {"decider"}

BUILT = default.DefaultActionLoader().list_available()
PUBLISHED = [one for one in spec.load("plugins.json")["actions"] if one["action_type"] in BUILT]


def made(published: dict[str, Any]) -> base.BaseAction:
    action: base.BaseAction = BUILT[published["action_type"]]({})
    return action


def corrected(schema: Any) -> Any:
    """Replace the misspelt keywords of a schema."""
    if isinstance(schema, list):
        return [corrected(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    result: dict[str, Any] = {}
    for key, value in schema.items():
        result |= CORRECTED[key](value) if key in CORRECTED else {key: corrected(value)}
    return result


def keywords(schema: dict[str, Any]) -> Iterator[str]:
    """Return the keywords of a schema and of those of its properties."""
    yield from schema
    for inner in schema.get("properties", {}).values():
        yield from keywords(inner)


@pytest.fixture(params=PUBLISHED, ids=lambda one: one["action_type"])
def published(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = request.param
    return found


def test_all_that_is_built_is_published() -> None:
    assert {one["action_type"] for one in PUBLISHED} == set(BUILT)


def test_the_import_path_leads_to_the_class(published: dict[str, Any]) -> None:
    module, _, name = published["import_path"].partition(":")
    assert getattr(importlib.import_module(module), name) is BUILT[published["action_type"]]


def test_the_schema_is_the_published_one_corrected(published: dict[str, Any]) -> None:
    assert made(published).schema == corrected(published["input_schema"])


def test_the_schema_has_no_unknown_keyword(published: dict[str, Any]) -> None:
    schema = made(published).schema
    jsonschema.Draft4Validator.check_schema(schema)
    assert set(keywords(schema)) <= KEYWORDS


def test_a_misspelt_keyword_would_be_found(published: dict[str, Any]) -> None:
    schema = {"properties": {"resource_id": {"minlength": 1}}}
    assert set(keywords(schema)) - KEYWORDS == {"minlength"}


def test_hooks_and_properties_are_there(published: dict[str, Any]) -> None:
    action = BUILT[published["action_type"]]
    for hook in published["methods_defined_by_class"]:
        assert hook in vars(action)
    for name in published["properties"]:
        assert isinstance(inspect.getattr_static(action, name), property)
    assert hasattr(action, "abort") is published["has_abort_method"]
    assert action.get_config_opts() == published["config_options"]


def surface(module: str) -> dict[str, Any]:
    modules = spec.load("import-surface.json")["modules"]
    return next(one for one in modules if one["module"] == module)


@pytest.mark.parametrize(
    "module",
    [
        "watcher.applier.actions.base",
        "watcher.applier.actions.migration",
        "watcher.applier.actions.factory",
        "watcher.applier.base",
        "watcher.applier.default",
        "watcher.applier.workflow_engine.base",
        "watcher.applier.workflow_engine.default",
        "watcher.applier.loading.default",
        "watcher.applier.action_plan.base",
    ],
)
def test_published_classes_have_their_members(module: str) -> None:
    loaded = importlib.import_module(module)
    for one in surface(module)["classes"]:
        kind = getattr(loaded, one["class"])
        members = [member for member in one["members"] if member["name"] not in INTERNAL]
        assert [each["name"] for each in members if not hasattr(kind, each["name"])] == []
        for member in members:
            if member.get("value") is not None:
                assert getattr(kind, member["name"]) == member["value"]


def test_the_engine_has_the_published_name_and_options() -> None:
    (published,) = spec.load("plugins.json")["workflow_engines"]
    engine = default.DefaultWorkFlowEngineLoader().list_available()[published["name"]]
    assert f"{engine.__module__}:{engine.__name__}" == published["import_path"]
    options = {option.name: type(option).__name__ for option in engine.get_config_opts()}
    assert options == {
        option["name"]: option["opt_class"] for option in published["config_options"]
    }
