# SPDX-License-Identifier: Apache-2.0
"""The demonstration: drain a host of the simulated cloud by live migration, and prove it.

It does over HTTP what an operator does: an audit towards the goal ``cluster_maintaining``, a look
at the recommended plan, its start, and a look at Nova's own records afterwards. It succeeds only
if the host is empty and each server is where its observed migration was to bring it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from watcher.standalone.demo_client import DemoClient
from watcher.standalone.view import View

DEADLINE_S = 120.0
POLL_S = 0.2
ENDED = frozenset({"SUCCEEDED", "FAILED", "CANCELLED", "SUPERSEDED", "DELETED"})
FINISHED_ACTIONS = frozenset({"SUCCEEDED", "FAILED", "SKIPPED", "CANCELLED"})

#: A record as the API shows it.
Row = Mapping[str, Any]

#: Waits for so many seconds; what it raises ends the demonstration.
Pause = Callable[[float], object]


class DemoFailed(Exception):
    """The demonstration did not reach its end; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Clouds:
    """The two APIs the demonstration talks to: Watcher's and Nova's."""

    watcher: DemoClient
    nova: DemoClient


def run(clouds: Clouds, view: View, pause: Pause = time.sleep) -> None:
    """Drain the fullest host and show each step.

    :param pause: called between two looks at the progress
    :raises DemoFailed: when a step ends in another state than expected, takes longer than
        two minutes, or the cloud's records don't show what the plan claims.
    """
    before = servers_by_host(clouds.nova)
    if not before:
        raise DemoFailed("the cloud has no host that could be drained")
    source = fullest_host(before)
    view.line(f"{source} runs {before[source]} servers and is to be drained for maintenance")
    show_hosts(view, "Hosts before", clouds.nova)
    audit = create_audit(clouds.watcher, source)
    view.line(f"audit {audit['uuid']} created: {audit['state']}")
    follow_audit(clouds.watcher, view, audit, pause)
    plan = plan_of(clouds.watcher, audit["uuid"])
    actions = actions_of(clouds.watcher, plan["uuid"])
    view.line(f"action plan {plan['uuid']}: {plan['state']}, {summary(actions)}")
    if plan["state"] == "RECOMMENDED":
        clouds.watcher.post(f"/v1/action_plans/{plan['uuid']}/start")
    try:
        follow_plan(clouds.watcher, view, plan, len(actions), pause)
    except DemoFailed:
        show_hosts(view, "Hosts after", clouds.nova)  # some servers may have moved
        raise
    show_hosts(view, "Hosts after", clouds.nova)
    moved = check(clouds, plan["uuid"], source)
    view.line(f"{source} is empty; {moved} migrations succeeded and were seen in Nova's records")


def servers_by_host(nova: DemoClient) -> Counter[str]:
    """Count the servers of each compute host, also of hosts without any."""
    hypervisors = nova.get("/os-hypervisors/detail")["hypervisors"]
    counts = Counter({item["service"]["host"]: 0 for item in hypervisors})
    counts.update(server["OS-EXT-SRV-ATTR:host"] for server in all_servers(nova))
    return counts


def all_servers(nova: DemoClient) -> list[dict[str, Any]]:
    """Return every server with details, page by page."""
    found: list[dict[str, Any]] = []
    path = "/servers/detail?all_tenants=True&limit=1000"
    while True:
        page = nova.get(path)["servers"]
        found += page
        if len(page) < 1000:
            return found
        path = f"/servers/detail?all_tenants=True&limit=1000&marker={page[-1]['id']}"


def fullest_host(counts: Mapping[str, int]) -> str:
    """Return the host with the most servers; the first by name among equals."""
    return min(counts, key=lambda host: (-counts[host], host))


def show_hosts(view: View, title: str, nova: DemoClient) -> None:
    """Print each host with the number of its servers and the state of its service."""
    counts = servers_by_host(nova)
    services = nova.get("/os-services?binary=nova-compute")["services"]
    status = {item["host"]: item["status"] for item in services}
    rows = [(host, counts[host], status.get(host, "?")) for host in sorted(counts)]
    rows.append(("total", sum(counts.values()), ""))
    view.table(title, ("host", "servers", "status"), rows)


def create_audit(watcher: DemoClient, source: str) -> dict[str, Any]:
    """Ask for a plan that drains one host."""
    audit: dict[str, Any] = watcher.post(
        "/v1/audits",
        {
            "audit_type": "ONESHOT",
            "name": f"drain {source}"[:63],
            "goal": "cluster_maintaining",
            "strategy": "host_maintenance",
            "parameters": {"maintenance_node": source},
        },
    )
    return audit


def followed(
    watcher: DemoClient, view: View, noun: str, path: str, record: Row, pause: Pause
) -> Iterator[Row]:
    """Yield *record* as it changes until it has ended; print each change of its state.

    :raises DemoFailed: it does not end in time.
    """
    yield record
    deadline = time.monotonic() + DEADLINE_S
    while record["state"] not in ENDED:
        if time.monotonic() > deadline:
            state = record["state"]
            raise DemoFailed(f"{noun} {record['uuid']} is still {state} after {DEADLINE_S:.0f} s")
        pause(POLL_S)
        before, record = record["state"], watcher.get(path)
        if record["state"] != before:
            view.line(f"{noun}: {before} -> {record['state']}")
        yield record


def follow_audit(watcher: DemoClient, view: View, audit: Row, pause: Pause) -> None:
    """Wait until the audit has succeeded.

    :raises DemoFailed: with its reason, if it ends otherwise.
    """
    uuid = audit["uuid"]
    *_, last = followed(watcher, view, "audit", f"/v1/audits/{uuid}", audit, pause)
    if last["state"] != "SUCCEEDED":
        raise DemoFailed(f"audit {uuid} ended {last['state']}: {last.get('status_message')}")


def plan_of(watcher: DemoClient, audit_uuid: str) -> dict[str, Any]:
    """Return the newest plan of an audit."""
    plans = watcher.get(f"/v1/action_plans/detail?audit_uuid={audit_uuid}")["action_plans"]
    if not plans:
        raise DemoFailed(f"audit {audit_uuid} made no action plan")
    newest: dict[str, Any] = plans[-1]
    return newest


def actions_of(watcher: DemoClient, plan_uuid: str) -> list[dict[str, Any]]:
    """Return the actions of a plan, with details."""
    found: list[dict[str, Any]] = watcher.get(f"/v1/actions/detail?action_plan_uuid={plan_uuid}")[
        "actions"
    ]
    return found


def summary(actions: list[dict[str, Any]]) -> str:
    """Say how many actions of which type a plan has, e.g. ``2 actions: 2 migrate``."""
    kinds = Counter(action["action_type"] for action in actions)
    listed = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return f"{len(actions)} actions: {listed or 'none'}"


def follow_plan(watcher: DemoClient, view: View, plan: Row, total: int, pause: Pause) -> None:
    """Wait until the plan has succeeded, showing how many of its actions are done.

    :raises DemoFailed: with what its actions say, if it ends otherwise.
    """
    uuid, state = plan["uuid"], plan["state"]
    for now in followed(watcher, view, "action plan", f"/v1/action_plans/{uuid}", plan, pause):
        state = now["state"]
        actions = actions_of(watcher, uuid)
        done = sum(action["state"] in FINISHED_ACTIONS for action in actions)
        running = [target(action) for action in actions if action["state"] == "ONGOING"]
        view.progress(done, total, f"running: {', '.join(running) or 'none'}")
    view.line(f"action plan ended {state}")
    if state != "SUCCEEDED":
        raise DemoFailed(f"plan {uuid} ended {state}: {failures(watcher, uuid)}")


def target(action: Mapping[str, Any]) -> str:
    """Name what an action works on, for people."""
    parameters = action["input_parameters"]
    name = parameters.get("resource_name") or parameters.get("resource_id") or ""
    return f"{action['action_type']} {name}".strip()


def failures(watcher: DemoClient, plan_uuid: str) -> str:
    """Say how many actions of a plan failed and why, each reason once."""
    actions = actions_of(watcher, plan_uuid)
    failed = [action for action in actions if action["state"] == "FAILED"]
    reasons = Counter(action.get("status_message") or "no reason given" for action in failed)
    listed = "; ".join(f"{count} times {reason}" for reason, count in reasons.most_common())
    return f"{len(failed)} of {len(actions)} actions failed: {listed or 'none'}"


def check(clouds: Clouds, plan_uuid: str, source: str) -> int:
    """Compare the plan's claims with Nova's records; return the number of migrations.

    :raises DemoFailed: when a server is still on the source, or not where its action says.
    """
    hosts = {item["id"]: item["OS-EXT-SRV-ATTR:host"] for item in all_servers(clouds.nova)}
    left = sorted(server for server, host in hosts.items() if host == source)
    if left:
        raise DemoFailed(f"{source} still runs {len(left)} servers, first {left[0]}")
    moves = [a for a in actions_of(clouds.watcher, plan_uuid) if a["action_type"] == "migrate"]
    for move in moves:
        parameters = move["input_parameters"]
        found = hosts.get(parameters["resource_id"])
        wanted = parameters.get("destination_node")
        if move["state"] != "SUCCEEDED" or found in (None, source) or wanted not in (None, found):
            raise DemoFailed(
                f"action {move['uuid']} is {move['state']}: server {parameters['resource_id']} "
                f"was to go to {wanted or 'any other host'} and is on {found}"
            )
    return len(moves)
