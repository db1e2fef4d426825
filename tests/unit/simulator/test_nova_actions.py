# SPDX-License-Identifier: Apache-2.0
"""What Nova tells of the moves that were asked for, and why they failed."""

from __future__ import annotations

from watcher.simulator.faults import Fault

ROOT = "/compute/v2.1"
ONE = "5a000000-0000-4000-8000-000000000001"
LIVE = {"os-migrateLive": {"host": "host-2", "block_migration": "auto"}}
NO_HOST = "No valid host was found. There are not enough hosts available."


def actions_of(api, version="2.84"):
    """Return what Nova has recorded of a server's actions, each with its events."""
    path = f"{ROOT}/servers/{ONE}/os-instance-actions"
    brief = api.get(path, version)["instanceActions"]
    return [api.get(f"{path}/{one['request_id']}", version)["instanceAction"] for one in brief]


def test_actions_of_a_server_are_recorded_newest_first_with_the_reason_of_a_failure(
    api, cloud, clock
):
    cloud.faults.add(Fault("migration_fails", count=1))
    for _ in range(2):
        assert api.act(ONE, LIVE).status_int == 202
        clock.pass_(10.0)
    good, bad = actions_of(api)
    assert (good["action"], bad["action"]) == ("live-migration", "live-migration")
    assert good["events"][0]["result"] == "Success"
    assert good["events"][0]["details"] is None
    assert (bad["events"][0]["result"], bad["message"]) == ("Error", "Error")
    assert "told to break" in bad["events"][0]["details"]
    assert "details" not in actions_of(api, "2.83")[1]["events"][0]


def test_a_move_without_a_host_is_recorded_with_the_reason(api, cloud, clock):
    cloud.faults.add(Fault("no_valid_host"))
    assert api.act(ONE, {"migrate": None}).status_int == 202
    (running,) = actions_of(api)
    assert running["events"][0]["result"] is None
    clock.pass_(10.0)
    (failed,) = actions_of(api)
    assert (failed["action"], failed["events"][0]["details"]) == ("migrate", NO_HOST)


def test_an_action_that_was_never_made_is_not_found(api):
    path = f"{ROOT}/servers/{ONE}/os-instance-actions/req-1"
    assert api.send("GET", path).status_int == 404
