# SPDX-License-Identifier: Apache-2.0
"""A PATCH that sets an attribute to the value it already shows changes nothing visible."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.conftest import Catalogue, Client
from watcher.api.controllers.v1.audit_resource import AUDIT
from watcher.api.controllers.v1.audit_template import AUDIT_TEMPLATE
from watcher.db import models
from watcher.db import session as db

#: What users cannot set on an audit that already has it (published), or what is not shown.
ELSEWHERE = {"state", "goal", "strategy"}


def shown(client: Client, path: str) -> dict[str, Any]:
    document = client.get(path)
    document.pop("updated_at")
    return document


def repeat(client: Client, path: str, attribute: str) -> None:
    before = shown(client, path)
    patch = [{"op": "replace", "path": f"/{attribute}", "value": before[attribute]}]
    answer = client("PATCH", path, patch)
    assert answer.status_int == 200, answer.text
    assert shown(client, path) == before


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine that is not in UTC."""
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("attribute", sorted(AUDIT.patchable.keys() - ELSEWHERE))
def test_an_attribute_of_an_audit(
    client: Client, catalogue: Catalogue, rows: Any, elsewhere: None, attribute: str
) -> None:
    moment = datetime.datetime(2035, 1, 2, 3, 4, 5)
    row = rows(
        models.Audit, name="a" * 63, audit_type="CONTINUOUS", state="ONGOING",
        interval="R R * * *", parameters={"para1": 3.2, "para2": "x"}, scope=[{"compute": []}],
        goal_id=catalogue.goal.id, strategy_id=catalogue.strategy.id, hostname="engine",
        start_time=moment, end_time=moment, next_run_time=moment, force=True,
    )  # fmt: skip
    repeat(client, f"/v1/audits/{row.uuid}", attribute)


@pytest.mark.parametrize("attribute", sorted(AUDIT_TEMPLATE.patchable.keys() - ELSEWHERE))
def test_an_attribute_of_a_template(
    client: Client, items: dict[str, Any], catalogue: Catalogue, attribute: str
) -> None:
    with db.write() as unit:
        unit.query(models.AuditTemplate).update({"strategy_id": catalogue.strategy.id})
    repeat(client, f"/v1/audit_templates/{items['audit_templates']}", attribute)


def test_the_message_of_a_skipped_action(client: Client, items: dict[str, Any]) -> None:
    path = f"/v1/actions/{items['actions']}"
    for reason in ([], [{"op": "replace", "path": "/status_message", "value": "Not now"}]):
        skip = [{"op": "replace", "path": "/state", "value": "SKIPPED"}, *reason]
        assert client("PATCH", path, skip).status_int == 200
        repeat(client, path, "status_message")
    assert client.get(path)["status_message"] == "Action skipped by user. Reason: Not now"


#: What other releases took, or other versions of a strategy.
OLD_SCOPE = [{"compute": [{"regions": ["north"]}]}]


@pytest.mark.parametrize("attribute", ["parameters", "scope"])
def test_an_audit_of_another_release(
    client: Client, catalogue: Catalogue, rows: Any, attribute: str
) -> None:
    row = rows(
        models.Audit, name="old", audit_type="ONESHOT", state="FAILED", parameters={"old": 1},
        scope=OLD_SCOPE, goal_id=catalogue.goal.id,
    )  # fmt: skip
    repeat(client, f"/v1/audits/{row.uuid}", attribute)


def test_the_scope_of_a_template_of_another_release(
    client: Client, catalogue: Catalogue, rows: Any
) -> None:
    row = rows(models.AuditTemplate, name="old", scope=OLD_SCOPE, goal_id=catalogue.goal.id)
    repeat(client, f"/v1/audit_templates/{row.uuid}", "scope")
