# SPDX-License-Identifier: Apache-2.0
"""Published helpers for plug-ins."""

from __future__ import annotations

import doctest

import jsonschema
import pytest

from watcher.common import exception, utils

SCHEMA = {
    "type": "object",
    "properties": {"ratio": {"type": "number", "default": 0.5}, "name": {"type": "string"}},
}


def test_the_examples_are_true() -> None:
    assert doctest.testmod(utils).failed == 0


def test_entries_of_a_struct_are_attributes() -> None:
    made = utils.Struct(period=5)
    made.weight = 2
    del made.period

    assert dict(made) == {"weight": 2}
    with pytest.raises(AttributeError):
        _ = made.period
    with pytest.raises(AttributeError):
        del made.period


def test_a_cron_expression_is_recognised() -> None:
    assert utils.is_cron_like("*/5 * * * *")
    with pytest.raises(exception.CronFormatIsInvalid, match="nope"):
        utils.is_cron_like("nope")


def test_defaults_of_a_schema_are_filled_in() -> None:
    given = {"name": "x"}

    utils.extend_with_default(jsonschema.Draft4Validator)(SCHEMA).validate(given)

    assert given == {"name": "x", "ratio": 0.5}


def test_unknown_properties_are_refused_by_a_strict_schema() -> None:
    strict = utils.extend_with_strict_schema(jsonschema.Draft4Validator)(SCHEMA)

    strict.validate({"ratio": 1})
    with pytest.raises(exception.AuditParameterNotAllowed, match="colour"):
        strict.validate({"colour": "red"})


def test_the_path_of_a_class_is_told() -> None:
    assert utils.get_cls_import_path(utils.Struct) == "watcher.common.utils.Struct"


def test_a_compatible_call_is_a_call() -> None:
    assert utils.async_compat_call(max, 1, 2) == 2
