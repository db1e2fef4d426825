# SPDX-License-Identifier: Apache-2.0
"""What follows from the declaration of a resource."""

from __future__ import annotations

import datetime
import json

import pytest

from watcher.api import lookup, openapi, public_calls
from watcher.api.controller import ROUTES
from watcher.api.controllers.v1.audit_resource import AUDIT
from watcher.api.controllers.v1.goal import GOAL
from watcher.api.controllers.v1.service import SERVICE
from watcher.api.kinds import Moment, Text, Timestamp, TimeType, Uuid
from watcher.api.microversion import MAXIMUM, MINIMUM, SUPPORTED, V
from watcher.api.resource import FULL, MAY, MUST, NEVER, Field, Masked, Resource
from watcher.common import exception

NOW = datetime.datetime.fromisoformat("2026-01-02T03:04:05")

THING = Resource(
    name="thing",
    plural="things",
    model=None,
    doc="A thing.",
    fields={
        "uuid": Field(Uuid, "Its uuid."),
        "owner_name": Field(Text, "Who has it.", "owner.name"),
        "made": Field(Timestamp, "When it was made.", "created_at", show=FULL),
        "due": Field(Moment, "When it is due.", since=V(1, 2), create=MAY),
        "flag": Field(Text, "A flag.", masked=Masked("no", V(1, 3))),
        "parts": Field(Text, "Its parts.", source=None),
        "owner": Field(Text, "Who gets it.", create=MUST, show=NEVER),
    },
    sort_only={"owner_id": "owner_id"},
)


def show(version: V, *, full: bool) -> dict:
    shape = THING.shape(version, full=full)
    values = {
        "id": 7,
        "uuid": "u",
        "owner.name": None,
        "created_at": NOW,
        "due": NOW,
        "flag": "yes",
    }
    row = tuple(values[path] for path in shape.paths)
    return next(shape.documents([row], {"parts": ["p"]}, "http://h"))


def test_the_full_document_of_the_latest_version() -> None:
    assert show(MAXIMUM, full=True) == {
        "uuid": "u",
        "owner_name": None,
        "made": "2026-01-02T03:04:05+00:00",
        "due": "2026-01-02T03:04:05",
        "flag": "yes",
        "parts": "p",
        "links": [
            {"href": "http://h/v1/things/u", "rel": "self"},
            {"href": "http://h/things/u", "rel": "bookmark"},
        ],
    }


def test_short_rows_leave_out_and_mask() -> None:
    short = show(MAXIMUM, full=False)
    assert "made" not in short
    assert short["flag"] == "no"


def test_older_versions_leave_out_and_mask() -> None:
    old = show(MINIMUM, full=True)
    assert "due" not in old
    assert old["flag"] == "no"


def test_sort_keys_are_what_is_stored() -> None:
    assert THING.sort_paths == {
        "id": "id",
        "created_at": "created_at",
        "updated_at": "updated_at",
        "deleted_at": "deleted_at",
        "uuid": "uuid",
        "owner_name": "owner.name",
        "made": "created_at",
        "due": "due",
        "flag": "flag",
        "owner_id": "owner_id",
    }


def test_the_post_type_takes_what_may_be_given() -> None:
    assert set(THING.creatable) == {"due", "owner"}


@pytest.mark.parametrize(
    ("resource", "text", "found"),
    [
        (GOAL, "12", {"id": 12}),
        (GOAL, "dummy", {"name": "dummy"}),
        (GOAL, "00000000-0000-4000-8000-00000000dead",
         {"uuid": "00000000-0000-4000-8000-00000000dead"}),
        (SERVICE, "watcher-applier", {"name": "watcher-applier"}),
        (GOAL, "1.5", {"name": "1.5"}),
        (GOAL, "¹", {"name": "¹"}),
    ],
)  # fmt: skip
def test_path_elements_are_told_apart(resource: Resource, text: str, found: dict) -> None:
    assert lookup.identify(resource, text) == found


@pytest.mark.parametrize("text", ["-1", "9" * 30, str(2**31)])
def test_numbers_that_no_row_can_have_are_not_found(text: str) -> None:
    with pytest.raises(exception.GoalNotFound):
        lookup.identify(GOAL, text)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2035-01-01T10:00:00+02:00", "2035-01-01T08:00:00"),
        ("2035-01-01T10:00:00Z", "2035-01-01T10:00:00"),
        ("2035-01-01 10:00:00.5+00:00", "2035-01-01T10:00:00.500000"),
    ],
)
def test_times_are_brought_to_utc(text: str, utc: str) -> None:
    assert TimeType.validate(text).isoformat() == utc


def test_a_time_without_offset_is_local() -> None:
    local = datetime.datetime.fromisoformat("2035-01-01").astimezone()
    assert TimeType.validate("2035-01-01") == local.astimezone(datetime.UTC).replace(tzinfo=None)


@pytest.mark.parametrize("version", SUPPORTED, ids=str)
def test_there_is_an_openapi_document_for_each_version(version: V) -> None:
    document = json.loads(json.dumps(openapi.document(version)))
    for reference in _references(document):
        *_, section, name = reference.split("/")
        assert name in document["components"][section]
    operations = [each for path in document["paths"].values() for each in path.values()]
    identities = [operation["operationId"] for operation in operations]
    assert len(set(identities)) == len(identities)
    handmade = sum(map(len, public_calls.paths(version).values()))
    assert len(operations) - handmade == sum(version >= route.since for route in ROUTES)


def _references(node) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [each for value in node.values() for each in _references(value)]
    if isinstance(node, list):
        return [each for value in node for each in _references(value)]
    return []


def test_every_field_has_a_sentence() -> None:
    for resource in {route.resource for route in ROUTES if route.resource}:
        for name, field in resource.fields.items():
            assert field.doc.endswith("."), (resource.name, name)


def test_audits_hide_what_is_new() -> None:
    old = AUDIT.shape(MINIMUM, full=True)
    assert {"start_time", "end_time", "status_message"}.isdisjoint(n for n, _, _ in old.columns)
    assert old.fixed == {"force": False}
