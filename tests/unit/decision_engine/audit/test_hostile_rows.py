# SPDX-License-Identifier: Apache-2.0
"""Rows that no request could store today: each fails by itself, and all others run."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from tests.unit.decision_engine.conftest import ME, PEER
from watcher.decision_engine.audit.continuous import ContinuousAudits


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.fixture
def look(engine):
    """Look at all audits once, and run what is due."""
    continuous = ContinuousAudits(
        engine.dispatcher, lambda _: [ME, PEER], lambda: 10.0, now=lambda: engine.now
    )

    def step() -> None:
        continuous.look()
        engine.dispatcher.sweep()
        engine.pool.run_all()

    return step


BOMBS = [
    "9" * 36, "-" + "9" * 35, str(2**63), "0 0 30 2 *", "0 0 29 2 * 0 2027", "@foo", "often", "",
    None, "\u0663 * * * *", "* * * * * * * *", "a" * 36,
]  # fmt: skip


@pytest.mark.parametrize("interval", BOMBS)
def test_an_interval_that_means_nothing_fails_its_audit_only(engine, look, interval) -> None:
    wrong = engine.audit(audit_type="CONTINUOUS", interval=interval)
    good = engine.audit(audit_type="CONTINUOUS", interval="60")
    look()
    assert engine.read(wrong.uuid).state == "FAILED"
    assert engine.read(wrong.uuid).status_message
    assert engine.read(good.uuid).state == "ONGOING"
    assert len(engine.plans(good)) == 1


@pytest.mark.parametrize(
    "values",
    [
        {"audit_type": "DAILY"},
        {"start_time": datetime.datetime(1, 1, 1)},
        {"end_time": datetime.datetime(1, 1, 1)},
        {"start_time": datetime.datetime(9999, 12, 31, 23, 59, 59)},
        {"end_time": datetime.datetime(9999, 12, 31, 23, 59, 59)},
        {"next_run_time": datetime.datetime(1, 1, 1)},
        {"next_run_time": datetime.datetime(9999, 12, 31, 23, 59, 59)},
        {"interval": "* * * * * *"},
        {"interval": "0"},
        {"interval": "-1"},
        {"interval": "R * * * *"},
        {"parameters": nested(300)},
        {"parameters": {"para1": 10**400}},
        {"parameters": {"$ref": "http://127.0.0.1:9/"}},
        {"scope": [5, "x", None]},
        {"scope": [{"compute": [{"host_aggregates": [{"id": "*"}, {"id": 1}]}]}]},
        {"scope": [nested(300)]},
        {"hostname": "\u202e" * 255},
        {"name": "\U0001f600" * 63},
    ],
    ids=str,
)  # fmt: skip
def test_other_audits_run_beside(engine, look, values) -> None:
    engine.audit(**{"audit_type": "CONTINUOUS", "interval": "60", **values})
    good = engine.audit(audit_type="CONTINUOUS", interval="60")
    once = engine.audit(audit_type="ONESHOT")
    look()
    look()
    assert engine.read(good.uuid).state == "ONGOING"
    assert len(engine.plans(good)) == 1
    assert engine.read(once.uuid).state == "SUCCEEDED"


@pytest.mark.parametrize("parameters", [nested(300), {"para1": 10**400}, {"para1": "x"}])
def test_hostile_parameters_fail_a_oneshot_audit_readably(engine, look, parameters) -> None:
    audit = engine.audit(audit_type="ONESHOT", parameters=parameters)
    look()
    found = engine.read(audit.uuid)
    assert found.state in ("FAILED", "SUCCEEDED")
    assert found.state == "SUCCEEDED" or found.status_message
