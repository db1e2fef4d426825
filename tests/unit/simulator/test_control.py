# SPDX-License-Identifier: Apache-2.0
"""The simulator's own paths, and the faults that they put in force."""

from __future__ import annotations

import time

import pytest

from watcher.simulator import snapshot_file

ONE = "5a000000-0000-4000-8000-000000000001"
SERVERS = "/compute/v2.1/servers"


def test_the_state_needs_no_token(api, cloud):
    api.token = None
    cloud.live_migrate(ONE, "host-2")
    state = api.get("/simulator/state")
    assert [(host["hostname"], host["servers"]) for host in state["hosts"]] == [
        ("host-1", 2),
        ("host-2", 1),
        ("host-3", 0),
    ]
    assert state["servers"] == {"ACTIVE": 2, "MIGRATING": 1}
    assert state["migrations"] == {"preparing": 1}


def test_the_snapshot_can_be_loaded(api, cloud):
    loaded = snapshot_file.parse(api.get("/simulator/snapshot"))
    assert [server.uuid for server in loaded.servers] == [each.uuid for each in cloud.servers()]


def test_an_error_hits_the_requests_it_names_so_many_times(api):
    fault = {"kind": "error", "path": "/servers$", "status": 502, "count": 1}
    ident = api.send("POST", "/simulator/faults", fault).json["id"]
    (shown,) = api.get("/simulator/faults")["faults"]
    assert (shown["id"], shown["left"], shown["used"]) == (ident, 1, 0)
    assert api.send("GET", "/compute/v2.1/flavors").status_int == 200
    assert api.send("GET", SERVERS).status_int == 502
    assert api.send("GET", SERVERS).status_int == 200


def test_a_latency_delays_the_answer(api):
    api.send("POST", "/simulator/faults", {"kind": "latency", "seconds": 0.05, "count": 1})
    begun = time.monotonic()
    assert api.send("GET", SERVERS).status_int == 200
    assert time.monotonic() - begun >= 0.05


def test_faults_never_hit_the_control_paths(api):
    api.send("POST", "/simulator/faults", {"kind": "error"})
    assert api.send("GET", "/simulator/state").status_int == 200
    assert api.send("DELETE", "/simulator/faults").json == {"removed": 1}
    assert api.send("GET", SERVERS).status_int == 200


def test_a_fault_can_be_removed_once(api):
    ident = api.send("POST", "/simulator/faults", {"kind": "error"}).json["id"]
    path = f"/simulator/faults/{ident}"
    assert api.send("DELETE", path).status_int == 204
    assert api.send("DELETE", path).status_int == 404
    assert api.send("DELETE", "/simulator/faults/x").status_int == 404


def test_a_host_goes_down_and_comes_up(api):
    for kind, state in (("host_down", "down"), ("host_up", "up")):
        answer = api.send("POST", "/simulator/faults", {"kind": kind, "host": "host-2"})
        assert (answer.status_int, answer.json) == (201, {"id": None})
        assert api.get("/compute/v2.1/os-services?host=host-2")["services"][0]["state"] == state


def test_tokens_can_be_expired(api):
    api.send("POST", "/simulator/faults", {"kind": "expire_tokens"})
    assert api.send("GET", SERVERS).status_int == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [({"kind": "x"}, 400), ([], 400), (None, 400), ({"kind": "host_down", "host": "x"}, 404)],
)
def test_wrong_faults_are_refused(api, body, status):
    response = api.send("POST", "/simulator/faults", body)
    assert response.status_int == status
    assert response.json["error"]


@pytest.mark.parametrize("path", ["/", "/nothing", "/simulator/nothing"])
def test_unknown_paths_are_not_found(api, path):
    assert api.send("GET", path).status_int == 404
