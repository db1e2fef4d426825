# SPDX-License-Identifier: Apache-2.0
"""The database drops its connections in the middle of everything: work continues, once."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy

from tests.functional.conftest import URLS, make_database
from tests.functional.deployment import Deployment, wait_for
from tests.functional.test_crash import drain, moves_of

KILLS = {
    "mysql": "SELECT CONCAT('KILL ', id) FROM information_schema.processlist WHERE db = '{0}'",
    "postgresql": "SELECT 'SELECT pg_terminate_backend(' || pid || ')' FROM pg_stat_activity "
    "WHERE datname = '{0}'",
}


@pytest.fixture(params=["mysql", "postgresql"])
def store(request) -> Iterator[str]:
    """Return the URL of an empty database of each kind."""
    yield from make_database(request.param)


@pytest.fixture
def deployment(store, rabbit, tmp_path_factory) -> Iterator[Deployment]:
    """Return a deployment on that database that is not started yet."""
    found = Deployment(tmp_path_factory.mktemp("watcher"), store, rabbit)
    try:
        yield found
    finally:
        found.stop()


#: Between two drops, in turn: a slow machine, too, gets something done in the longest one.
PAUSES_S = (0.2, 0.3, 0.4, 0.5, 3.0)


@contextmanager
def connections_dropped(database: str) -> Iterator[list[int]]:
    """Kill all connections to a database again and again; count them."""
    url = sqlalchemy.engine.make_url(database)
    kind = url.get_backend_name()
    engine = sqlalchemy.create_engine(URLS[kind], isolation_level="AUTOCOMMIT")
    killed, stop = [], threading.Event()

    def work() -> None:
        pauses = itertools.cycle(PAUSES_S)
        while not stop.wait(next(pauses)):
            with engine.connect() as connection:
                for (kill,) in connection.exec_driver_sql(KILLS[kind].format(url.database)).all():
                    try:
                        connection.exec_driver_sql(kill)
                        killed.append(1)
                    except sqlalchemy.exc.DBAPIError:
                        pass  # it has gone by itself

    thread = threading.Thread(target=work, name="killer", daemon=True)
    thread.start()
    try:
        yield killed
    finally:
        stop.set()
        thread.join(60)
        engine.dispose()


def tried_again(call, *arguments, **named):
    """Make a call to the API until it is not answered with 503."""

    def attempt():
        try:
            return (call(*arguments, **named),)
        except AssertionError as error:
            if "503" in str(error):
                raise ConnectionError from error
            raise

    return wait_for("the API has its database", attempt)[0]


def start_plan(deployment, plan):
    """Start a plan; one whose answer got lost may have been started nevertheless."""

    def attempt():
        try:
            deployment.post(f"/v1/action_plans/{plan}/start")
        except AssertionError:
            if deployment.get(f"/v1/action_plans/{plan}")["state"] == "RECOMMENDED":
                raise

    tried_again(attempt)


def ended(deployment, kind, ident):
    """Wait until an audit or a plan has ended, whatever the API says meanwhile."""
    final = ("SUCCEEDED", "FAILED", "CANCELLED")
    return wait_for(
        f"the end of {ident}",
        lambda: (
            (found := tried_again(deployment.get, f"/v1/{kind}/{ident}"))["state"] in final
            and found
        ),
        timeout_s=240,
    )


def test_a_drain_ends_well_while_its_connections_are_dropped(deployment):
    deployment.cloud_arguments += ["--migration-seconds", "2"]
    deployment.start().wait_until_active()
    with connections_dropped(deployment.database) as killed:
        audit, source, servers = tried_again(drain, deployment)
        assert ended(deployment, "audits", audit["uuid"])["state"] == "SUCCEEDED"
        (plan,) = tried_again(deployment.plans, audit["uuid"])
        start_plan(deployment, plan["uuid"])
        state = ended(deployment, "action_plans", plan["uuid"])["state"]
    assert len(killed) > 10
    assert state == "SUCCEEDED", deployment.actions(plan["uuid"])
    assert deployment.servers_on(source) == []
    assert [len(moves_of(deployment, server)) for server in servers] == [1] * len(servers)
    states = {action["state"] for action in deployment.actions(plan["uuid"])}
    assert states <= {"SUCCEEDED", "SKIPPED"}
