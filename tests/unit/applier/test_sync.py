# SPDX-License-Identifier: Apache-2.0
"""Descriptions of action types, without constructing an action."""

from __future__ import annotations

import pytest
import sqlalchemy

from watcher.applier import sync
from watcher.applier.actions import factory
from watcher.applier.actions.nop import Nop
from watcher.db import models, queries, repository
from watcher.db import session as db


def stored() -> dict[str, str]:
    with db.read() as unit:
        return dict(queries.action_descriptions(unit))


def test_every_type_gets_its_description() -> None:
    sync.sync_action_descriptions()
    assert set(stored()) >= {"nop", "sleep", "migrate", "change_nova_service_state"}
    assert all(stored().values())


def test_a_second_sync_changes_nothing_and_an_old_text_is_replaced() -> None:
    with db.write() as unit:
        for kind in ("nop", "of_somebody_else"):
            values = {"action_type": kind, "description": "old"}
            repository.create(unit, models.ActionDescription, values)
    sync.sync_action_descriptions()
    sync.sync_action_descriptions()
    assert stored()["nop"] == "Logging a NOP message"
    assert stored()["of_somebody_else"] == "old"


class NeedsACloud(Nop):
    def __init__(self, *_args: object, **_kwargs: object) -> None:
        raise RuntimeError("no cloud")


class Mute(Nop):
    def get_description(self) -> str:
        return str(self.input_parameters["text"])


def test_no_action_is_constructed_and_a_broken_one_does_no_harm(
    caplog: pytest.LogCaptureFixture,
) -> None:
    found = sync.describe({"good": NeedsACloud, "mute": Mute})
    assert found == {"good": "Logging a NOP message"}
    assert "mute has no description" in caplog.text


class Wordy(Nop):
    def get_description(self) -> str:
        return "word " * 100


def test_a_description_too_long_for_its_column_is_cut_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loader = factory.shared().action_loader
    monkeypatch.setattr(loader, "list_available", lambda: {"wordy": Wordy})
    sync.sync_action_descriptions()
    assert stored()["wordy"].endswith("word\N{HORIZONTAL ELLIPSIS}")
    assert len(stored()["wordy"]) == 255
    statements: list[str] = []
    sqlalchemy.event.listen(
        db.engine(), "before_cursor_execute", lambda *given: statements.append(given[2])
    )
    sync.sync_action_descriptions()
    assert {statement.split()[0] for statement in statements} <= {"BEGIN", "SELECT"}
