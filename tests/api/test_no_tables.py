# SPDX-License-Identifier: Apache-2.0
"""A database that has no tables yet, or older ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy

from tests.api.conftest import Client, fault
from watcher.api.openapi import ROUTES
from watcher.db import migration, models, schema_errors, session

UUID = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def _store(tmp_path: Any) -> Any:
    session.configure(f"sqlite:///{tmp_path}/watcher.sqlite")
    yield
    session.reset()


PATHS = sorted({f"/v1/{route.resource.plural}" for route in ROUTES if route.resource})
REQUESTS = [
    *(("GET", path, None) for path in PATHS),
    *(("GET", f"{path}/{1 if path == '/v1/services' else UUID}", None) for path in PATHS),
    ("POST", "/v1/audits", {"goal": "dummy", "audit_type": "ONESHOT"}),
    ("POST", "/v1/audit_templates", {"name": "n", "goal": "dummy"}),
    ("POST", f"/v1/action_plans/{UUID}/start", None),
    ("POST", f"/v1/webhooks/{UUID}", {}),
    ("PATCH", f"/v1/audits/{UUID}", [{"op": "replace", "path": "/interval", "value": "5"}]),
    ("DELETE", f"/v1/audit_templates/{UUID}", None),
    ("GET", "/v1/strategies/dummy/state", None),
    ("GET", f"/v1/data_model?audit_uuid={UUID}", None),
]


@pytest.mark.parametrize(
    ("method", "path", "body"), REQUESTS, ids=[f"{each[0]} {each[1]}" for each in REQUESTS]
)
def test_each_request_is_told_which_command_makes_the_tables(
    client: Client, method: str, path: str, body: Any
) -> None:
    _names_the_command(client(method, path, body))


def test_the_tables_of_an_earlier_release_are_told_likewise(
    client: Client, rows: Callable[..., Any]
) -> None:
    migration.upgrade("001")
    assert client("GET", "/v1/goals").status_int == 200
    _names_the_command(client("GET", "/v1/audits/detail"))


def test_requests_work_as_soon_as_there_are_tables(client: Client) -> None:
    _names_the_command(client("GET", "/v1/audits"))
    models.Base.metadata.create_all(session.engine())
    assert client.get("/v1/audits")["audits"] == []


def test_the_account_is_not_told() -> None:
    url = sqlalchemy.make_url("mysql+pymysql://watcher:s3cret@db:3306/watcher?ssl_key=k&password=p")
    text = str(schema_errors.SchemaMissing(url, ValueError()))
    assert "mysql+pymysql://db:3306/watcher " in text
    assert "s3cret" not in text
    assert "password" not in text


def _names_the_command(answer: Any) -> None:
    assert answer.status_int == 503, answer.text
    sentence = fault(answer)["faultstring"]
    assert "watcher-db-manage upgrade" in sentence
    assert "watcher.sqlite" in sentence
