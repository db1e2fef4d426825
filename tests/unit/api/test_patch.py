# SPDX-License-Identifier: Apache-2.0
"""JSON patches on a resource of our own."""

from __future__ import annotations

from typing import Any

import pytest

from watcher.api import patch
from watcher.api.kinds import Boolean, List, Object, Text
from watcher.api.microversion import MAXIMUM, V
from watcher.api.resource import REJECT, Field, Resource
from watcher.common import exception

THING = Resource(
    name="thing",
    plural="things",
    model=None,
    doc="A thing.",
    fields={
        "name": Field(Text.at_most(5), "Its name.", patch=True, nullable=False),
        "active": Field(Boolean, "Whether.", patch=True),
        "options": Field(Object, "Options.", patch=True, since=V(1, 7), late=REJECT),
        "parts": Field(List, "Parts.", patch=True),
        "state": Field(Text, "Its state."),
    },
)
CURRENT = {"name": "a", "active": False, "options": {"x": 1}, "parts": [], "hidden": None}


def apply(*operations: dict[str, Any], version: V = MAXIMUM) -> dict[str, Any]:
    return patch.apply(THING, version, patch.read(list(operations)), CURRENT)


def test_only_what_is_touched_comes_back() -> None:
    assert apply({"op": "replace", "path": "/name", "value": "b"}) == {"name": "b"}


def test_an_empty_patch_touches_nothing() -> None:
    assert apply() == {}


def test_operations_apply_in_order() -> None:
    changed = apply(
        {"op": "replace", "path": "/options/x", "value": 2},
        {"op": "add", "path": "/options/y", "value": 3},
        {"op": "remove", "path": "/options/x"},
    )
    assert changed == {"options": {"y": 3}}


def test_the_current_values_are_left_alone() -> None:
    apply({"op": "replace", "path": "/options/x", "value": 2})
    assert CURRENT["options"] == {"x": 1}


def test_what_is_removed_becomes_empty() -> None:
    assert apply({"op": "remove", "path": "/options"}) == {"options": {}}
    assert apply({"op": "remove", "path": "/parts"}) == {"parts": []}
    assert apply({"op": "remove", "path": "/active"}) == {"active": None}


def test_a_field_of_a_newer_version_is_not_acceptable() -> None:
    with pytest.raises(exception.NotAcceptable):
        apply({"op": "add", "path": "/options/x", "value": 1}, version=V(1, 6))


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "/name", "value": "too long"},
        {"op": "replace", "path": "/name", "value": None},
        {"op": "replace", "path": "/active", "value": "yes"},
        {"op": "replace", "path": "/options", "value": []},
        {"op": "replace", "path": "/parts", "value": {}},
        {"op": "replace", "path": "/state", "value": "x"},
        {"op": "replace", "path": "/id", "value": 1},
        {"op": "remove", "path": "/options/z"},
        {"op": "add", "path": "/name/x", "value": 1},
        {"op": "replace", "path": "/parts/9", "value": 1},
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused(operation: dict[str, Any]) -> None:
    with pytest.raises(exception.Invalid):
        apply(operation)


def test_many_operations_are_applied_in_reasonable_time() -> None:
    many = [{"op": "replace", "path": "/name", "value": str(n % 10)} for n in range(10_000)]
    assert apply(*many) == {"name": "9"}
