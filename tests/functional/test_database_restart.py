# SPDX-License-Identifier: Apache-2.0
"""The database server ends, dies or hangs in the middle of everything, and comes back."""

from __future__ import annotations

import collections
import functools
import time
from collections.abc import Iterator

import pytest

from tests.functional.deployment import DAEMONS, Deployment, wait_for
from tests.functional.servers import Server, own_server
from tests.functional.test_crash import drain, moves_of
from tests.functional.test_dropped_connections import ended, start_plan, tried_again
from tests.functional.traffic import Traffic
from watcher.db import session

HUNG_S = 8
HUNG_LONG_S = 25
LONGEST_S = 90
DOWN_TIME_S = 30

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(params=["mysql", "postgresql"])
def server(request) -> Iterator[Server]:
    """Return a database server that the test may treat badly."""
    with own_server(request.param) as found:
        yield found


@pytest.fixture
def extra() -> str:
    """Return further lines of the configuration."""
    return ""


@pytest.fixture
def deployment(server, rabbit, extra, tmp_path_factory) -> Iterator[Deployment]:
    """Return a deployment on it that works."""
    found = Deployment(tmp_path_factory.mktemp("watcher"), server.url, rabbit)
    found.cloud_arguments += ["--migration-seconds", "3"]
    found.extra = extra
    try:
        found.start().wait_until_active()
        yield found
    finally:
        found.stop()


def migrating(deployment: Deployment, plan: str) -> bool:
    """Tell whether an action of a plan moves a server at the moment."""
    states = {a["state"] for a in deployment.actions(plan) if a["action_type"] == "migrate"}
    return "ONGOING" in states


def drained_meanwhile(deployment: Deployment, traffic: Traffic, harms) -> None:
    """Drain a host while a first harm befalls the audit and a second one its plan.

    Everything ends well, each server moves once, and clients see nothing worse than a 503.
    """
    during_audit, during_plan = harms
    with traffic.flowing():
        audit, source, servers = drain(deployment)
        during_audit()
        assert ended(deployment, "audits", audit["uuid"])["state"] == "SUCCEEDED"
        (plan,) = tried_again(deployment.plans, audit["uuid"])
        start_plan(deployment, plan["uuid"])
        wait_for("a migration runs", lambda: migrating(deployment, plan["uuid"]))
        during_plan()
        state = ended(deployment, "action_plans", plan["uuid"])["state"]
        now = time.monotonic()
        wait_for("clients are served", lambda: traffic.answered_well_since(now))
    print(f"{deployment.database}: {traffic.summary()}")
    assert state == "SUCCEEDED", deployment.actions(plan["uuid"])
    assert deployment.servers_on(source) == []
    assert [len(moves_of(deployment, server)) for server in servers] == [1] * len(servers)
    assert traffic.improper() == []
    assert traffic.longest_s() < LONGEST_S


def created_audits_are_whole(deployment: Deployment, traffic: Traffic) -> None:
    """What was accepted exists once and runs to its end; of the rest nothing is half-written."""
    wait_for("all audits have ended", lambda: not unended(deployment), timeout_s=300)
    audits = deployment.get("/v1/audits/detail?limit=1000")["audits"]
    count = collections.Counter(audit["name"] for audit in audits)
    assert set(count.values()) == {1}
    assert traffic.named(201) <= set(count)
    assert len(traffic.named(201)) > 10
    mine = [audit for audit in audits if audit["name"] in traffic.named(201, 503)]
    assert {audit["state"] for audit in mine} == {"SUCCEEDED"}
    for audit in mine:
        (plan,) = deployment.plans(audit["uuid"])
        assert [a["action_type"] for a in deployment.actions(plan["uuid"])].count("nop") == 2


def unended(deployment: Deployment) -> list[str]:
    """Return the states of the audits that still wait or run."""
    audits = deployment.get("/v1/audits?limit=1000")["audits"]
    return [audit["state"] for audit in audits if audit["state"] in ("PENDING", "ONGOING")]


def hang_for(server: Server, seconds: float) -> None:
    """Let the server hang for a while."""
    with server.paused():
        time.sleep(seconds)


def daemons_are_well(deployment: Deployment) -> None:
    """All daemons run, report in, and have met nothing unexpected."""
    deployment.wait_until_active()
    for name in DAEMONS:
        assert deployment.alive(name)
        assert "Traceback" not in deployment.log(name), name


@pytest.mark.parametrize("down_s", [5, session.RETRY_DEADLINE_S + 10], ids=["soon", "late"])
def test_a_drain_ends_well_and_clients_see_a_503_at_most_when_the_server_restarts(
    deployment, server, down_s
):
    """The second time, until after those who waited for it have given up."""

    def restart(end):
        time.sleep(0.3)
        end()
        time.sleep(down_s)
        server.start()

    traffic = Traffic(deployment)
    harms = (lambda: restart(server.stop), lambda: restart(server.kill))
    drained_meanwhile(deployment, traffic, harms)
    created_audits_are_whole(deployment, traffic)
    daemons_are_well(deployment)


def test_a_drain_ends_well_and_clients_wait_a_while_when_the_server_hangs(deployment, server):
    traffic = Traffic(deployment)
    hang = functools.partial(hang_for, server, HUNG_S)
    drained_meanwhile(deployment, traffic, (hang, hang))
    created_audits_are_whole(deployment, traffic)
    daemons_are_well(deployment)


@pytest.mark.parametrize("extra", ["[database]\nread_timeout = 3"])
def test_clients_get_a_503_before_a_server_that_hangs_for_long_is_back(deployment, server):
    traffic = Traffic(deployment)
    hang = functools.partial(hang_for, server, HUNG_LONG_S)
    drained_meanwhile(deployment, traffic, (hang, hang))
    refused = [answer.seconds for answer in traffic.answers if answer.status == 503]
    assert refused
    assert max(refused) < HUNG_LONG_S
    created_audits_are_whole(deployment, traffic)
    daemons_are_well(deployment)


@pytest.mark.parametrize("extra", [f"[DEFAULT]\nservice_down_time = {DOWN_TIME_S}"])
def test_nobody_is_held_dead_because_the_database_was_away(deployment, server):
    peers = [
        deployment.start_peer(name, "other-host")
        for name in ("watcher-decision-engine", "watcher-applier")
    ]

    def active() -> bool:
        found = deployment.get("/v1/services")["services"]
        return [one["status"] for one in found] == ["ACTIVE"] * 4

    wait_for("four daemons are ACTIVE", active)
    server.kill()
    time.sleep(DOWN_TIME_S + 6)
    server.start()
    wait_for("four daemons are ACTIVE again", lambda: tried_again(active))
    time.sleep(DOWN_TIME_S / 3 + 2)  # the silent are given the time for a heartbeat
    for name in (*peers, "watcher-decision-engine", "watcher-applier"):
        assert "stopped sending heartbeats" not in deployment.log(name)
