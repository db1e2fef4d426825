# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from watcher.common import exception
from watcher.domain import parameters


@dataclasses.dataclass(frozen=True, slots=True)
class Sample:
    host: str = parameters.parameter("string", "A host.", required=True)
    share: float = parameters.parameter("number", "A share.", default=0.5, minimum=0, maximum=1)
    note: str | None = parameters.parameter("string", "A note.")
    periods: dict[str, int] = parameters.parameter(  # noqa: RUF009 - makes a field
        "object",
        "Periods in seconds.",
        default={"host": 60},
        properties={"host": {"type": "integer", "default": 30}},
    )


def test_the_schema_follows_from_the_class():
    assert parameters.schema_of(Sample, type="object") == {
        "type": "object",
        "properties": {
            "host": {"description": "A host.", "type": "string"},
            "share": {
                "description": "A share.",
                "type": "number",
                "default": 0.5,
                "minimum": 0,
                "maximum": 1,
            },
            "note": {"description": "A note.", "type": "string"},
            "periods": {
                "description": "Periods in seconds.",
                "type": "object",
                "default": {"host": 60},
                "properties": {"host": {"type": "integer", "default": 30}},
            },
        },
        "required": ["host"],
    }


def test_defaults_are_filled_in_also_when_something_is_given():
    assert parameters.read(Sample, {"host": "a"}) == Sample("a", 0.5, None, {"host": 60})


def test_a_nested_object_gets_the_defaults_of_its_own_schema():
    assert parameters.read(Sample, {"host": "a", "periods": {}}).periods == {"host": 30}


def test_what_was_given_is_not_changed():
    given: dict[str, Any] = {"host": "a", "periods": {}}
    parameters.read(Sample, given)
    assert given == {"host": "a", "periods": {}}


def test_an_unknown_name_does_not_stop_an_old_audit():
    assert parameters.read(Sample, {"host": "a", "gone": 1}).host == "a"


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "'host' is a required property"),
        ({"host": 3}, "Parameter host: 3 is not of type 'string'"),
        ({"host": "a", "share": 2}, "Parameter share: 2 is greater than the maximum of 1"),
        ({"host": "a", "share": True}, "Parameter share: True is not of type 'number'"),
        ({"host": "a", "periods": {"host": "x"}}, "Parameter periods/host: 'x' is not of type"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(given, text):
    with pytest.raises(exception.InvalidParameter, match=text):
        parameters.read(Sample, given)


def test_unknown_names_are_found_at_every_level():
    schema = {
        "properties": {
            "a": {"type": "object", "properties": {"b": {"type": "string"}}},
            "free": {"type": "object", "properties": {}},
            "list": {"type": "array", "items": {"properties": {"c": {}}}},
        }
    }
    given = {"a": {"b": "", "x": 1}, "free": {"y": 1}, "list": [{"c": 1}, {"z": 1}], "w": 1}
    assert parameters.unknown(schema, given) == [
        parameters.Unknown("a", "x", ("b",)),
        parameters.Unknown("list", "z", ("c",)),
        parameters.Unknown("", "w", ("a", "free", "list")),
    ]
    assert parameters.unknown({}, given) == []


@pytest.mark.parametrize(
    ("further", "is_unknown"),
    [
        ({}, True),
        ({"additionalProperties": False}, True),
        ({"additionalProperties": True}, False),
        ({"additionalProperties": {"type": "string"}}, False),
        ({"patternProperties": {"^b": {}}}, True),
        ({"patternProperties": {"^c": {}, "^b": {}}}, True),
        ({"patternProperties": {"^zone_": {}}}, False),
        ({"patternProperties": {"(": {}}}, False),
    ],
)
def test_a_name_that_the_schema_allows_otherwise_is_not_unknown(further, is_unknown):
    schema = {"properties": {"a": {}}, **further}
    assert bool(parameters.unknown(schema, {"a": 1, "zone_1": 2})) == is_unknown


@pytest.mark.parametrize("below", [True, [], None, {"items": [{}]}, {"properties": []}])
def test_a_schema_that_says_nothing_readable_knows_every_name(below):
    schema = {"properties": {"a": below}}
    for value in ({"x": 1}, [{"x": 1}], [[{"x": 1}]], "x"):
        assert parameters.unknown(schema, {"a": value}) == []
