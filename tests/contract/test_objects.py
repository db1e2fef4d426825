# SPDX-License-Identifier: Apache-2.0
"""The wire records against the published ones: names, versions, fields, methods, fingerprints."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import pytest

from tests.contract import fingerprints, spec
from watcher import objects
from watcher.db import models
from watcher.objects import base

SPEC = spec.load("versioned-objects.json")
PUBLISHED = SPEC["objects"]
by_name = pytest.mark.parametrize("facts", PUBLISHED, ids=[facts["name"] for facts in PUBLISHED])


@pytest.fixture(autouse=True)
def _registered() -> None:
    objects.register_all()


def _class_of(facts: dict[str, Any]) -> Any:
    module, name = facts["import_path"].split(":")
    return getattr(importlib.import_module(module), name)


@by_name
def test_an_object_has_its_published_fingerprint(facts: dict[str, Any]) -> None:
    assert fingerprints.of(_class_of(facts)) == facts["fingerprint"]


@by_name
def test_an_object_has_the_published_fields(facts: dict[str, Any]) -> None:
    cls = _class_of(facts)
    assert {name: repr(field) for name, field in cls.fields.items()} == {
        field["field"]: field["repr"] for field in facts["fields"]
    }
    for field in facts["fields"]:
        assert type(cls.fields[field["field"]]).__name__ == field["type"]
        if "tzinfo_aware" in field:
            assert cls.fields[field["field"]].AUTO_TYPE.tzinfo_aware is field["tzinfo_aware"]


@by_name
def test_an_object_has_the_published_methods(facts: dict[str, Any]) -> None:
    cls = _class_of(facts)
    found = {
        name: str(inspect.signature(member.original_fn))
        for name, member in inspect.getmembers(cls)
        if getattr(member, "remotable", False)
    }
    assert found == facts["remotable_methods"]


@by_name
def test_an_object_has_the_published_relations(facts: dict[str, Any]) -> None:
    found = {
        name: {"class": kind.obj_name(), "id_field": id_field}
        for name, (kind, id_field) in _class_of(facts).object_fields.items()
    }
    assert found == facts.get("related_object_fields", {})


@by_name
def test_fields_and_columns_have_the_same_names(facts: dict[str, Any]) -> None:
    cls = _class_of(facts)
    columns = {column.key for column in cls.model.__mapper__.column_attrs}
    fields = set(cls.fields) - set(cls.object_fields)
    only_in_the_table = {"deleted"} | ({"data"} if cls.model is models.EfficacyIndicator else set())
    assert columns - fields == only_in_the_table
    assert fields <= columns
    assert set(cls.object_fields) == {
        found.key
        for found in cls.model.__mapper__.relationships
        if found.target.name not in models.EXTENSIONS
    } - ({"action_plan"} if cls.model is models.EfficacyIndicator else set())


def test_a_primitive_has_the_published_keys() -> None:
    primitive = objects.Service(name="watcher-applier", host="one").obj_to_primitive()
    assert sorted(primitive) == sorted(SPEC["primitive_keys"])
    assert primitive["watcher_object.namespace"] == SPEC["project_namespace"]


def test_all_objects_are_found_by_name() -> None:
    assert len(PUBLISHED) == SPEC["counts"]["objects"]
    for facts in PUBLISHED:
        assert getattr(objects, facts["name"]) is _class_of(facts)
        assert base.WatcherObjectRegistry.obj_classes()[facts["name"]][0] is _class_of(facts)
