# SPDX-License-Identifier: Apache-2.0
"""The notifications against the published ones: classes, fingerprints, events, payloads."""

from __future__ import annotations

import importlib
import json
import pathlib
from typing import Any

import pytest

from tests.contract import fingerprints, spec
from tests.unit.notifications import samples
from watcher import notifications, objects
from watcher.notifications import audit, base
from watcher.objects.base import WatcherObjectRegistry

FACTS = spec.load("versioned-objects.json")
PUBLISHED = FACTS["notification_objects"]
by_name = pytest.mark.parametrize("facts", PUBLISHED, ids=[facts["name"] for facts in PUBLISHED])


def _class_of(facts: dict[str, Any]) -> Any:
    module, name = facts["import_path"].split(":")
    return getattr(importlib.import_module(module), name)


@by_name
def test_a_class_has_its_published_fingerprint(facts: dict[str, Any]) -> None:
    assert fingerprints.of(_class_of(facts)) == facts["fingerprint"]


@by_name
def test_a_class_has_the_published_fields(facts: dict[str, Any]) -> None:
    cls = _class_of(facts)
    assert {name: repr(field) for name, field in cls.fields.items()} == {
        field["field"]: field["repr"] for field in facts["fields"]
    }
    for field in facts["fields"]:
        assert type(cls.fields[field["field"]]).__name__ == field["type"]
        if "object" in field:
            assert cls.fields[field["field"]].objname == field["object"]


@by_name
def test_a_payload_copies_the_published_attributes(facts: dict[str, Any]) -> None:
    copied = {
        field: list(source) for field, source in getattr(_class_of(facts), "SCHEMA", {}).items()
    }
    assert copied == facts.get("schema_source", {})


def test_no_other_notification_class_exists() -> None:
    found = {cls.__name__ for cls in WatcherObjectRegistry.notification_classes}
    assert found == {facts["name"] for facts in PUBLISHED}


def test_all_published_events_are_sent_in_their_envelopes() -> None:
    assert {
        event: (envelope.__name__, envelope.PAYLOAD.__name__)
        for event, envelope in notifications.EVENTS.items()
    } == {
        facts["event_type"]: (facts["notification_class"], facts["payload_class"])
        for facts in FACTS["notification_event_types"]
    }


def test_an_event_type_is_written_as_published() -> None:
    for text in notifications.EVENTS:
        assert str(base.EventType.parse(text)) == text


def test_envelopes_are_found_beside_their_payloads() -> None:
    assert audit.AuditCreateNotification.__module__ == audit.AuditCreatePayload.__module__


CAPTURES = sorted((spec.folder() / "notification-captures").glob("*.json"))


def _shape(value: Any) -> Any:
    """Return names, versions and keys of a payload; the values of plain fields don't matter."""
    if isinstance(value, dict) and "watcher_object.name" in value:
        data = value["watcher_object.data"]
        return {
            "keys": sorted(value),
            "object": (value["watcher_object.name"], value["watcher_object.version"]),
            "fields": {key: _shape(one) for key, one in data.items()},
        }
    return None


def _fill(theirs: Any, ours: Any) -> Any:
    """Leave out of our shape what may be null in theirs, and the field that only we fill."""
    if theirs is None or ours is None:
        return None if theirs is None else theirs
    fields = {
        key: _fill(theirs["fields"].get(key), one)
        for key, one in ours["fields"].items()
        if key != "action_plan_uuid"
    }
    return {**ours, "fields": fields}


@pytest.mark.parametrize("path", CAPTURES, ids=[path.stem for path in CAPTURES])
def test_a_message_has_the_shape_of_a_captured_one(path: pathlib.Path) -> None:
    captured = json.loads(path.read_text())["message"]
    objects.register_all()
    sample = samples.sample(captured["event_type"])
    theirs = _shape(captured["payload"])
    assert _fill(theirs, _shape(sample["payload"])) == theirs
    if captured["event_type"] != "service.update":
        assert sample["priority"] == captured["priority"]
    assert set(captured) >= set(sample)
