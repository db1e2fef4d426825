# SPDX-License-Identifier: Apache-2.0
"""Which faults hit what, and how often."""

from __future__ import annotations

import pytest

from watcher.simulator.faults import Fault, FaultList


def test_a_fault_hits_as_often_as_its_count_says(clock):
    faults = FaultList(clock)
    faults.add(Fault("error", count=2, path="^/compute", method="get"))
    hits = [len(faults.for_request("GET", "/compute/v2.1/servers")) for _ in range(3)]
    assert hits == [1, 1, 0]
    assert faults.documents() == []


def test_a_fault_does_not_hit_what_it_does_not_name(clock):
    faults = FaultList(clock)
    faults.add(Fault("error", path="/servers/detail", method="GET"))
    assert not faults.for_request("GET", "/compute/v2.1/flavors")
    assert not faults.for_request("POST", "/compute/v2.1/servers/detail")


def test_a_fault_waits_for_its_time(clock):
    faults = FaultList(clock)
    faults.add(Fault("reset", after_s=5.0))
    assert not faults.for_request("GET", "/")
    clock.pass_(5.0)
    assert faults.for_request("GET", "/")


def test_a_request_meets_all_latencies_and_one_failure(clock):
    faults = FaultList(clock)
    for kind in ("error", "latency", "reset", "latency"):
        faults.add(Fault(kind))
    assert [each.kind for each in faults.for_request("GET", "/")] == ["latency", "latency", "error"]


def test_faults_can_be_removed(clock):
    faults = FaultList(clock)
    number = faults.add(Fault("error"))
    faults.add(Fault("reset"))
    assert (faults.remove(number), faults.remove(number), faults.remove()) == (1, 0, 1)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "kind: expected one of"),
        ({"kind": "boom"}, "kind: expected one of"),
        ({"kind": "error", "colour": 1}, "a fault has no colour"),
        ({"kind": "error", "status": 200}, "status: expected 400 to 599"),
        ({"kind": "error", "count": 0}, "count: expected an integer >= 1"),
        ({"kind": "error", "count": "1"}, "count: expected an integer >= 1"),
        ({"kind": "latency", "seconds": -1}, "seconds: expected seconds >= 0"),
        ({"kind": "latency", "seconds": "1"}, "seconds: expected seconds >= 0"),
        ({"kind": "error", "path": "("}, "path: not a regular expression"),
        ({"kind": "error", "method": 1}, "method: expected a string"),
        ({"kind": "host_down"}, "host: host_down needs the name of a host"),
        ([], "expected an object"),
    ],
)
def test_a_wrong_fault_says_what_is_wrong(document, message):
    with pytest.raises(ValueError, match=message):
        Fault.from_document(document)
