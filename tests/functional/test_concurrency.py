# SPDX-License-Identifier: Apache-2.0
"""Clients of two API processes over one MariaDB want the same thing at the same moment.

Whoever loses gets the published answer: what it would have got, had it come a moment later.
"""

from __future__ import annotations

import collections
import itertools
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest
import requests
import sqlalchemy

from tests.functional.conftest import make_database
from tests.functional.deployment import Deployment
from watcher.db import models

ROUNDS = 50
HEADERS = {"X-Roles": "admin", "OpenStack-API-Version": "infra-optim 1.7"}
CANCEL = [{"op": "replace", "path": "/state", "value": "CANCELLED"}]


class Call(NamedTuple):
    """A request to an item."""

    method: str
    further: str = ""
    body: Any = None


START, STOP, DELETE = Call("POST", "/start"), Call("PATCH", body=CANCEL), Call("DELETE")


class Site:
    """Two API processes, and rows put straight into their database."""

    def __init__(self, apis: Sequence[Deployment], engine: sqlalchemy.Engine) -> None:
        self.urls = itertools.cycle([api.api_url for api in apis])
        self.engine = engine
        self.sessions = [requests.Session() for _ in range(4)]
        self.goal = self._insert(
            models.Goal, [{"name": "dummy", "display_name": "D", "efficacy_specification": []}]
        )[0]
        self.strategy = self._insert(
            models.Strategy, [{"name": "dummy", "display_name": "D", "goal_id": 1}]
        )[0]

    def plans(self, state: str = "RECOMMENDED") -> list[str]:
        """Make a plan for each round."""
        name = uuid.uuid4().hex
        self._insert(
            models.Audit, [{"name": name, "audit_type": "ONESHOT", "goal_id": 1, "state": "FAILED"}]
        )
        with self.engine.connect() as connection:
            audit = connection.scalar(
                sqlalchemy.select(models.Audit.id).where(models.Audit.name == name)
            )
        values = {"audit_id": audit, "strategy_id": 1, "state": state, "global_efficacy": []}
        return self._insert(models.ActionPlan, [values] * ROUNDS)

    def audits(self, state: str) -> list[str]:
        """Make an audit for each round."""
        values = {"audit_type": "ONESHOT", "goal_id": 1, "strategy_id": 1, "state": state}
        names = [{"name": uuid.uuid4().hex} for _ in range(ROUNDS)]
        return self._insert(models.Audit, [values | name for name in names])

    def templates(self) -> list[str]:
        """Make an audit template for each round."""
        names = [{"name": uuid.uuid4().hex, "goal_id": 1} for _ in range(ROUNDS)]
        return self._insert(models.AuditTemplate, names)

    def _insert(self, model: Any, rows: Sequence[dict[str, Any]]) -> list[str]:
        identified = [row | {"uuid": str(uuid.uuid4())} for row in rows]
        with self.engine.begin() as connection:
            connection.execute(sqlalchemy.insert(model), identified)
        return [row["uuid"] for row in identified]

    def state(self, uuid_: str) -> str:
        """Return the state of a plan as it is in the database."""
        found = sqlalchemy.select(models.ActionPlan.state).where(models.ActionPlan.uuid == uuid_)
        with self.engine.connect() as connection:
            return str(connection.scalar(found))

    def race(self, calls: Sequence[Callable[[requests.Session, str], Any]]) -> list[int]:
        """Make calls at the same moment, in turn to both APIs; return their statuses in order."""
        barrier = threading.Barrier(len(calls))

        def run(number: int) -> int:
            url = next(self.urls)
            barrier.wait(60)
            return int(calls[number](self.sessions[number], url).status_code)

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(run, range(len(calls))))

    def race_for(self, path: str, *calls: Call) -> list[int]:
        """Make these calls for one item at the same moment."""
        return self.race([_sender(path, call) for call in calls])


def _sender(path: str, call: Call) -> Callable[[requests.Session, str], Any]:
    def send(session: requests.Session, url: str) -> Any:
        return session.request(
            call.method, url + path + call.further, json=call.body, headers=HEADERS, timeout=120
        )

    return send


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two API processes over a MariaDB of their own; messages go nowhere."""
    databases = make_database("mysql")
    url = next(databases)
    apis = [Deployment(tmp_path_factory.mktemp("api"), url, "fake:/") for _ in range(2)]
    engine = sqlalchemy.create_engine(url)
    found = None
    try:
        for api in apis:
            api.authentication = False
        apis[0].upgrade_database()
        for api in apis:
            api.start("watcher-api")
        found = Site(apis, engine)
        yield found
    finally:
        for session in found.sessions if found else []:
            session.close()
        for api in apis:
            api.stop()
        engine.dispose()
        next(databases, None)


def outcomes(
    site: Site, collection: str, items: Sequence[str], *calls: Call
) -> collections.Counter[tuple[int, ...]]:
    """Race for each of the items; count the statuses, sorted."""
    found = (site.race_for(f"/v1/{collection}/{item}", *calls) for item in items)
    return collections.Counter(tuple(sorted(each)) for each in found)


def test_of_four_starts_one_wins(site: Site) -> None:
    plans = site.plans()
    assert outcomes(site, "action_plans", plans, *[START] * 4) == {(200, 400, 400, 400): ROUNDS}
    assert {site.state(plan) for plan in plans} == {"PENDING"}


@pytest.mark.parametrize("state", ["RECOMMENDED", "PENDING"])
def test_of_four_cancels_of_a_plan_one_wins(site: Site, state: str) -> None:
    plans = site.plans(state)
    assert outcomes(site, "action_plans", plans, *[STOP] * 4) == {(200, 400, 400, 400): ROUNDS}
    assert {site.state(plan) for plan in plans} == {"CANCELLED"}


def test_of_four_deletes_of_a_plan_one_wins(site: Site) -> None:
    plans = site.plans()
    assert outcomes(site, "action_plans", plans, *[DELETE] * 4) == {(204, 404, 404, 404): ROUNDS}


def test_a_start_and_a_cancel_come_one_after_the_other(site: Site) -> None:
    """A started plan that waits may be cancelled; a cancelled one may not be started."""
    seen = set()
    for plan in site.plans():
        started, cancelled = site.race_for(f"/v1/action_plans/{plan}", START, STOP)
        seen.add((started, cancelled))
        assert site.state(plan) == "CANCELLED"
    assert seen <= {(200, 200), (400, 200)}


def test_of_a_start_and_a_delete_one_wins(site: Site) -> None:
    for plan in site.plans():
        both = tuple(site.race_for(f"/v1/action_plans/{plan}", START, DELETE))
        assert both in {(200, 400), (404, 204)}
        assert site.state(plan) == ("PENDING" if both[0] == 200 else "DELETED")


def test_of_four_cancels_of_an_audit_one_wins(site: Site) -> None:
    found = outcomes(site, "audits", site.audits("PENDING"), *[STOP] * 4)
    assert found == {(200, 400, 400, 400): ROUNDS}


def test_of_four_deletes_of_an_audit_one_wins(site: Site) -> None:
    found = outcomes(site, "audits", site.audits("SUCCEEDED"), *[DELETE] * 4)
    assert found == {(204, 404, 404, 404): ROUNDS}


def test_of_four_deletes_of_a_template_one_wins(site: Site) -> None:
    found = outcomes(site, "audit_templates", site.templates(), *[DELETE] * 4)
    assert found == {(204, 404, 404, 404): ROUNDS}


@pytest.mark.parametrize(
    ("path", "body"),
    [("audit_templates", {"goal": "dummy"}), ("audits", {"goal": "dummy", "audit_type": "EVENT"})],
    ids=["template", "audit"],
)
def test_of_four_creates_with_one_name_one_wins(
    site: Site, path: str, body: dict[str, str]
) -> None:
    found: collections.Counter[tuple[int, ...]] = collections.Counter()
    for _ in range(ROUNDS):
        call = Call("POST", body=body | {"name": uuid.uuid4().hex})
        found[tuple(sorted(site.race_for(f"/v1/{path}", *[call] * 4)))] += 1
    assert found == {(201, 409, 409, 409): ROUNDS}
