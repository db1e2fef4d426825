# SPDX-License-Identifier: Apache-2.0
"""Random requests: whatever is sent, the answer is no 5xx and has the published body."""

from __future__ import annotations

import json
import random
import urllib.parse
from typing import Any

import pytest

from tests.api.conftest import Catalogue, Client
from watcher.api.controller import ROUTES
from watcher.db import models

SEEDS = range(12)
REQUESTS = 60

ATOMS: list[Any] = [
    None, True, False, 0, -1, 2**63, 10**400, 1.5, "", "x", "dummy", "ONESHOT", "EVENT",
    "CONTINUOUS",
    "0", "-5", "* * * * * *", "@hourly", "99 99 * * *", "0001-01-01", "9999-12-31T23:59:59-14:00",
    "2035-01-01T10:00:00Z", "a\x00b", "'; DROP TABLE audits; --", "%s%n", "é" * 300,
    "\U0001f600" * 70,
    "SKIPPED", "PENDING", "00000000-0000-4000-8000-00000000dead", "../../etc", [], {}, [{}], [[]],
    {"compute": []}, [{"compute": []}], {"para1": 2.0}, {"$ref": "http://example.org/"},
]  # fmt: skip

MEMBERS = (
    "name", "goal", "strategy", "audit_type", "interval", "parameters", "auto_trigger", "force",
    "start_time", "end_time", "audit_template_uuid", "scope", "description", "default_parameters",
    "state", "uuid", "status_message", "color",
)  # fmt: skip


def body(dice: random.Random, verb: str) -> Any:
    """Return a body that is nearly right, or not at all."""
    if verb == "update":
        return [
            {
                "op": dice.choice(["add", "replace", "remove", "test", None]),
                "path": "/" + dice.choice([*MEMBERS, "hostname", "parameters/para1", "", "a b"]),
                "value": dice.choice(ATOMS),
            }
            for _ in range(dice.randrange(4))
        ]
    if dice.random() < 0.1:
        return dice.choice(ATOMS)
    right = {"name": str(dice.random()), "goal": "dummy", "audit_type": dice.choice(ATOMS[11:14])}
    wrong = {dice.choice(MEMBERS): dice.choice(ATOMS) for _ in range(dice.randrange(3))}
    return {**right, **wrong}


def query(dice: random.Random) -> str:
    """Return some query arguments."""
    names = ("limit", "marker", "sort_key", "sort_dir", "goal", "strategy", "audit_uuid", "color")
    chosen = {
        dice.choice(names): str(dice.choice([*ATOMS, "name", "goal_name", "asc", "3"]))
        for _ in range(dice.randrange(3))
    }
    return "?" + urllib.parse.urlencode(chosen) if chosen else ""


@pytest.mark.parametrize("seed", SEEDS)
def test_no_request_breaks_the_service(
    client: Client, catalogue: Catalogue, rows, seed: int
) -> None:
    dice = random.Random(seed)
    goal, strategy = catalogue.goal, catalogue.strategy
    audit = rows(
        models.Audit, name="it", audit_type="EVENT", goal_id=goal.id, strategy_id=strategy.id
    )
    plan = rows(models.ActionPlan, audit_id=audit.id, strategy_id=strategy.id, state="RECOMMENDED")
    action = rows(models.Action, action_plan_id=plan.id, action_type="nop")
    rows(models.AuditTemplate, name="it", goal_id=goal.id)
    idents = ["it", audit.uuid, plan.uuid, action.uuid, "1", *map(str, ATOMS)]
    # Two calls ask the decision engine; there is none here to answer.
    routes = [r for r in ROUTES if r.verb != "state" and not r.path.endswith("data_model")]
    for _ in range(REQUESTS):
        route = dice.choice(routes)
        path = route.path.replace("{ident}", urllib.parse.quote(dice.choice(idents), safe=""))
        sends = route.method in ("POST", "PATCH")
        content = json.dumps(body(dice, route.verb)).encode() if sends else None
        version = f"infra-optim 1.{dice.randrange(8)}"
        answer = client(route.method, path + query(dice), content, version=version)
        assert answer.status_int < 500, (route.method, path, content, answer.text)
        if answer.status_int >= 400:
            assert set(answer.json) == {"error_message"}
