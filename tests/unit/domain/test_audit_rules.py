# SPDX-License-Identifier: Apache-2.0
"""What must fit together in an audit or a template."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from watcher.common import exception
from watcher.domain import audit_rules

SPEC = {"properties": {"n": {"type": "number", "default": 3, "maximum": 9}}}
NOW = datetime.datetime.fromisoformat("2026-01-02T03:04:05.678901")
AWARE = NOW.replace(tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("audit_type", "interval", "start", "error"),
    [
        ("DAILY", None, None, exception.AuditTypeNotFound),
        ("oneshot", None, None, exception.AuditTypeNotFound),
        (None, None, None, exception.AuditTypeNotFound),
        ("ONESHOT", "60", None, exception.AuditIntervalNotAllowed),
        ("ONESHOT", None, NOW, exception.AuditStartEndTimeNotAllowed),
        ("CONTINUOUS", None, None, exception.AuditIntervalNotSpecified),
        ("CONTINUOUS", "", None, exception.AuditIntervalNotSpecified),
        ("CONTINUOUS", "* * *", None, exception.InvalidIntervalOrCron),
        ("EVENT", "often", None, exception.InvalidIntervalOrCron),
        ("EVENT", "0 0 30 2 *", None, exception.InvalidIntervalOrCron),
        ("EVENT", "0 0 1 1 * 0 1970", None, exception.InvalidIntervalOrCron),
        ("EVENT", "@foo", None, exception.InvalidIntervalOrCron),
        ("EVENT", str(2**63), None, exception.InvalidIntervalOrCron),
        ("EVENT", str(-(2**63)), None, exception.InvalidIntervalOrCron),
        ("EVENT", str(10**400), None, exception.InvalidIntervalOrCron),
        ("EVENT", "1," * 100_000 + "1 * * * *", None, exception.InvalidIntervalOrCron),
    ],
)
def test_schedules_that_do_not_fit(
    audit_type: str | None, interval: str | None, start: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        audit_rules.check_schedule(audit_type, interval, start, None, now=AWARE)


@pytest.mark.parametrize(
    ("audit_type", "interval"),
    [("ONESHOT", None), ("EVENT", None), ("EVENT", "60"), ("CONTINUOUS", "0"),
     ("CONTINUOUS", "-5"), ("CONTINUOUS", "*/5 * * * *"), ("CONTINUOUS", "@hourly")],
)  # fmt: skip
def test_schedules_that_fit(audit_type: str, interval: str | None) -> None:
    audit_rules.check_schedule(audit_type, interval, None, None, now=AWARE)


def test_defaults_are_filled_in() -> None:
    assert audit_rules.check_parameters(SPEC, {}, strategy="s") == {"n": 3}


@pytest.mark.parametrize("spec", [None, {}])
def test_without_a_spec_there_are_no_parameters(spec: Any) -> None:
    assert audit_rules.check_parameters(spec, {}, strategy=None) == {}
    with pytest.raises(exception.AuditParameterNotAllowed):
        audit_rules.check_parameters(spec, {"n": 1}, strategy=None)


def test_unknown_and_wrong_parameters_are_refused() -> None:
    with pytest.raises(exception.AuditParameterNotAllowed):
        audit_rules.check_parameters(SPEC, {"m": 1}, strategy="s")
    with pytest.raises(exception.InvalidParameter):
        audit_rules.check_parameters(SPEC, {"n": 10}, strategy="s")


HOSTS = {
    "properties": {
        "backup_node": {"type": "string"},
        "disable_migration": {"type": "boolean"},
        "maintenance_node": {"type": "string"},
        "periods": {
            "type": "object",
            "properties": {"instance": {"type": "number"}, "node": {"type": "number"}},
        },
        "weights": {"type": "array", "items": {"properties": {"cpu": {}, "ram": {}}}},
    },
    "required": ["maintenance_node"],
}


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (
            {"maintenance_nod": "x"},
            "drain has no parameter maintenance_nod; it has maintenance_node, backup_node, "
            "periods, disable_migration, weights",
        ),
        (
            {"Backup-Node": "x", "zone": 1, "maintenance_node": "x"},
            "drain has no parameters Backup-Node, zone; it has backup_node, maintenance_node, ",
        ),
        (
            {"maintenance_node": "x", "periods": {"nodes": 1}},
            "periods of drain has no parameter nodes; it has node, instance",
        ),
        (
            {"maintenance_node": "x", "weights": [{"cpu": 1}, {"rm": 1}, {"rm": 2}]},
            "weights of drain has no parameter rm; it has ram, cpu",
        ),
        (
            {"x": 1, "periods": {"nod": 1}},
            "drain has no parameter x; it has ",
        ),
        ({"": 1}, "drain has no parameter ''; it has "),
        ({"two words": 1}, "drain has no parameter 'two words'; it has "),
    ],
    ids=str,
)
def test_an_unknown_parameter_is_told_with_those_that_there_are_nearest_first(
    given: dict[str, Any], text: str
) -> None:
    with pytest.raises(exception.AuditParameterNotAllowed) as raised:
        audit_rules.check_parameters(HOSTS, given, strategy="drain")
    assert text in str(raised.value)
    assert "without" not in str(raised.value)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "'maintenance_node' is a required property (strategy drain)"),
        (
            {"maintenance_node": 5},
            "Parameter maintenance_node: 5 is not of type 'string' (strategy drain)",
        ),
        (
            {"maintenance_node": "x", "periods": {"node": "y"}},
            "Parameter periods/node: 'y' is not of type 'number' (strategy drain)",
        ),
        (
            {"maintenance_node": "x", "periods": [{"nodes": 1}]},
            "Parameter periods: [{'nodes': 1}] is not of type 'object' (strategy drain)",
        ),
        (
            {"maintenance_node": "x", "weights": {"rm": 1}},
            "Parameter weights: {'rm': 1} is not of type 'array' (strategy drain)",
        ),
    ],
    ids=str,
)
def test_a_wrong_value_is_told_with_its_place_and_strategy(
    given: dict[str, Any], text: str
) -> None:
    with pytest.raises(exception.InvalidParameter) as raised:
        audit_rules.check_parameters(HOSTS, given, strategy="drain")
    assert text in str(raised.value)


def test_where_no_parameter_is_possible_the_reason_is_told() -> None:
    with pytest.raises(exception.AuditParameterNotAllowed, match="Without a strategy"):
        audit_rules.check_parameters(None, {"n": 1}, strategy=None)
    with pytest.raises(exception.AuditParameterNotAllowed, match="actuator has no parameters"):
        audit_rules.check_parameters({}, {"n": 1}, strategy="actuator")


def test_a_complaint_about_many_or_long_names_is_short() -> None:
    many = {f"{'x' * 300}{number}": 1 for number in range(2000)}
    with pytest.raises(exception.AuditParameterNotAllowed) as raised:
        audit_rules.check_parameters(HOSTS, many, strategy="drain")
    assert len(str(raised.value)) <= 500


def test_generated_names_fit_the_column() -> None:
    name = audit_rules.generated_name("s" * 60, NOW)
    assert len(name) == audit_rules.NAME_LENGTH
    assert audit_rules.generated_name("s", NOW) == "s-2026-01-02T03:04:05.678901"


ZONES = {"availability_zones": [{"name": "a"}]}


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (None, []),
        ([], []),
        ([ZONES], [{"compute": [ZONES]}]),
        ([{"compute": [ZONES]}], [{"compute": [ZONES]}]),
        (
            [{"host_aggregates": [{"id": 1}, {"id": "*"}, {"name": "x"}]}],
            [{"compute": [{"host_aggregates": [{"id": 1}, {"id": "*"}, {"name": "x"}]}]}],
        ),
    ],
)
def test_scopes_are_stored_below_their_level(given: Any, stored: Any) -> None:
    assert audit_rules.read_scope(given) == stored


@pytest.mark.parametrize(
    "scope",
    [
        [1],
        ["compute"],
        [{"color": []}],
        [{"compute": [{"color": "red"}]}],
        [{"compute": [{"availability_zones": [{"id": "a"}]}]}],
        [{"storage": [ZONES]}],
        [{"host_aggregates": [{"id": 1}]}, {"exclude": [{"host_aggregates": [{"id": 2}]}]}],
    ],
    ids=str,
)
def test_scopes_that_do_not_fit_are_refused(scope: Any) -> None:
    with pytest.raises(exception.Invalid):
        audit_rules.read_scope(scope)
