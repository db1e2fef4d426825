# SPDX-License-Identifier: Apache-2.0
"""Schemas and values that would hang, recurse or ask the network."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest

from watcher.domain import safe_schema

LONG = "a" * 50 + "b"


def test_what_fits_has_no_complaint() -> None:
    assert safe_schema.complaint({"type": "object"}, {}) is None


def test_a_complaint_says_what_and_where() -> None:
    schema = {"properties": {"a": {"items": {"type": "integer"}}}}
    found = safe_schema.complaint(schema, {"a": [1, "x"]})
    assert found == safe_schema.Complaint("a/1", "'x' is not of type 'integer'")


def test_a_complaint_is_short_whatever_the_value() -> None:
    found = safe_schema.complaint({"type": "integer"}, "x" * 100_000)
    assert found is not None
    assert len(found.text) < 600


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {"pattern": "^(a|a)*$"}}},
        {"patternProperties": {"^(a|aa)+$": {}}},
        {"patternProperties": {"^(a|aa)+$": {}}, "additionalProperties": False},
        {"patternProperties": {f"^(a|aa)+{n}$": {} for n in range(20)}},
    ],
    ids=["pattern", "names", "other names", "many"],
)
def test_a_pattern_that_backtracks_without_end_is_given_up(schema: dict[str, Any]) -> None:
    began = time.monotonic()
    with pytest.raises(safe_schema.UnusableSchemaError, match="too long"):
        safe_schema.complaint(schema, {"a": LONG, LONG: 1})
    assert time.monotonic() - began < 20 * safe_schema.PATTERN_BUDGET_S


def test_a_pattern_is_not_tried_when_the_time_is_used_up() -> None:
    with pytest.raises(safe_schema.UnusableSchemaError, match="too long"):
        safe_schema.complaint({"pattern": "b"}, "abc", budget_s=0)


@pytest.mark.parametrize(
    "reference", ["http://127.0.0.1:9/schema", "https://example.org/x", "file:///etc/passwd", "x"]
)
def test_references_are_never_fetched(monkeypatch: Any, reference: str) -> None:
    def forbidden(*_: Any) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", forbidden)
    with pytest.raises(safe_schema.UnusableSchemaError):
        safe_schema.complaint({"properties": {"a": {"$ref": reference}}}, {"a": 1})


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"type": "colour"},
        {"properties": {"a": {"pattern": "("}}},
        {"properties": {"a": []}},
        {"properties": 5},
        {"minimum": "x", "properties": {"a": {"minimum": "x"}}},
        {"allOf": 5},
    ],
)
def test_a_broken_schema_is_named_as_such(schema: dict[str, Any]) -> None:
    with pytest.raises(safe_schema.UnusableSchemaError):
        safe_schema.complaint(schema, {"a": 5, "b": "text"} if "pattern" not in str(schema)
                              else {"a": "text"})  # fmt: skip


@pytest.mark.parametrize(
    ("schema", "value", "fits"),
    [
        ({"properties": {"a": {}}, "additionalProperties": False}, {"a": 1}, True),
        ({"properties": {"a": {}}, "additionalProperties": False}, {"b": 1}, False),
        ({"patternProperties": {"^x": {}}, "additionalProperties": False}, {"xy": 1}, True),
        ({"additionalProperties": {"type": "integer"}}, {"b": "x"}, False),
        ({"additionalProperties": {"type": "integer"}}, {"b": 1}, True),
        ({"patternProperties": {"^x": {"type": "integer"}}}, {"xy": "z", "y": "z"}, False),
        ({"patternProperties": {"^x": {"type": "integer"}}}, {"y": "z"}, True),
        ({"additionalProperties": False, "patternProperties": {"x": {}}}, [1], True),
        ({"pattern": "^b"}, "abc", False),
        ({"pattern": "b"}, "abc", True),
        ({"pattern": "b"}, 5, True),
        ({"multipleOf": 3}, 10**400, False),
    ],
)
def test_the_keywords_of_our_own_mean_what_they_mean(
    schema: dict[str, Any], value: Any, fits: bool
) -> None:
    assert (safe_schema.complaint(schema, value) is None) is fits
