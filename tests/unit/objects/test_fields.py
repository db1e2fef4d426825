# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from watcher.objects import fields


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        (fields.FlexibleDictField(nullable=True), None, {}),
        (fields.FlexibleDictField(), "{'a': None}", {"a": None}),
        (fields.FlexibleListOfDictField(nullable=True), None, []),
        (fields.FlexibleListOfDictField(), "[{'a': 1}]", [{"a": 1}]),
        (fields.NumericField(), 3, 3),
        (fields.NumericField(), "3", 3),
        (fields.NumericField(), "3.5", 3.5),
        (fields.NumericField(), 2.0, 2.0),
        (fields.UUIDField(nullable=True), "", None),
        (fields.UUIDField(), "not checked here", "not checked here"),
        (fields.JsonField(), '{"a": [1]}', {"a": [1]}),
        (fields.DictField(nullable=True), None, None),
    ],
)
def test_a_field_takes_a_value_in_its_own_form(field, value, kept) -> None:
    found = field.coerce(None, "x", value)
    assert found == kept
    assert type(found) is type(kept)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (fields.FlexibleDictField(), None),
        (fields.FlexibleListOfDictField(), None),
        (fields.NumericField(), "many"),
        (fields.DictField(), {"a": None}),
        (fields.NotificationPriorityField(), "loud"),
        (fields.UUIDField(), ""),
    ],
)
def test_a_field_refuses_what_it_cannot_hold(field, value) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - texts of the library
        field.coerce(None, "x", value)


def test_json_is_text_on_the_wire() -> None:
    field = fields.JsonField()
    assert field.from_primitive(None, "x", field.to_primitive(None, "x", {"a": 1})) == {"a": 1}
