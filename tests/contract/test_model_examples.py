# SPDX-License-Identifier: Apache-2.0
"""Models and scopes give what the published examples say."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest

from tests.contract import spec
from watcher.common import exception
from watcher.decision_engine.model import data_model
from watcher.decision_engine.model.collector.nova import NovaClusterDataModelCollector
from watcher.domain import scope
from watcher.domain.snapshot import Aggregate, Host, Resources, Server, Snapshot

#: Published behaviour that data-models.md 6.1 marks as a defect, and what is right instead.
DEFECTS = {
    # Servers are excluded by their metadata whatever the collector's configuration says.
    "scope-04-excludes": {"excluded_instances": ["vm1", "vm2", "vm4", "vm5"]},
    # An excluded host that does not exist is not an error.
    "scope-11-exclude-unknown-host-fails": {
        "error_class": None,
        "nodes": ["cmp1", "cmp2", "cmp3", "cmp4"],
    },
}


def examples(pattern: str) -> list[Any]:
    found = sorted(spec.folder().glob(pattern))
    return [pytest.param(json.loads(one.read_text()), id=one.stem) for one in found]


def a_host(given: dict[str, Any]) -> Host:
    return Host(
        uuid=given["uuid"],
        hostname=given["hostname"],
        status=given["status"],
        state=given["state"],
        disabled_reason=given["disabled_reason"],
        vcpus=given["vcpus"],
        vcpu_reserved=given["vcpu_reserved"],
        vcpu_ratio=given["vcpu_ratio"],
        memory_mib=given["memory"],
        memory_mib_reserved=given["memory_mb_reserved"],
        memory_ratio=given["memory_ratio"],
        disk_gib=given["disk"],
        disk_gib_reserved=given["disk_gb_reserved"],
        disk_ratio=given["disk_ratio"],
    )


def a_server(given: dict[str, Any]) -> Server:
    return Server(
        uuid=given["uuid"],
        name=given["name"],
        state=given["state"],
        vcpus=given["vcpus"],
        memory_mib=given["memory"],
        disk_gib=given["disk"],
        metadata=given["metadata"],
        project_id=given["project_id"],
        locked=given["locked"],
        host=given["host"],
        hypervisor_hostname=given["hypervisor_hostname"],
        created=datetime.datetime.fromisoformat(given["created"]),
        pinned_az=given["pinned_az"],
        flavor_extra_specs=given["flavor_extra_specs"],
        excluded=given["watcher_exclude"],
    )


def a_snapshot(model: dict[str, Any], given: dict[str, Any]) -> Snapshot:
    return Snapshot.of(
        map(a_host, model["nodes"]),
        map(a_server, model["instances"]),
        aggregates=[
            Aggregate(one["id"], one["name"], frozenset(one["hosts"]))
            for one in given.get("aggregates", ())
        ],
        zones={one["host"]: one["zone"] for one in given.get("nova_services", ())},
    )


@pytest.mark.parametrize("example", examples("model-examples/compute-*.json"))
def test_the_flat_list_is_the_published_one(example: dict[str, Any]) -> None:
    snapshot = a_snapshot(example["input"], {})
    assert data_model.flat_list(snapshot) == example["expected"]["flat_list"]


@pytest.mark.parametrize("example", examples("model-examples/compute-*.json"))
def test_resources_are_the_published_ones(example: dict[str, Any]) -> None:
    snapshot = a_snapshot(example["input"], {})
    for hostname, expected in example["expected"]["resources"].items():
        uuid = snapshot.host_named(hostname).uuid
        found = {
            "used": snapshot.used(uuid),
            "free": snapshot.free(uuid),
            "capacity": snapshot.capacity(uuid),
        }
        assert found == {
            name: Resources(one["vcpu"], one["memory"], one["disk"])
            for name, one in expected.items()
        }


@pytest.mark.parametrize("example", examples("strategy-examples/scope-*.json"))
def test_scopes_leave_what_is_published(example: dict[str, Any]) -> None:
    given = example["input"]
    expected = {**example["expected"], **DEFECTS.get(example["name"], {})}
    snapshot = a_snapshot(given["compute_model"], given)
    if expected.pop("error_class", None):
        error = getattr(exception, example["expected"]["error_class"])
        with pytest.raises(error):
            scope.apply(snapshot, given["scope"])
        return
    found = scope.apply(snapshot, given["scope"])
    actual = {
        "nodes": [one.hostname for one in found.hosts.values()],
        "instances": [one.name for one in found.servers.values()],
        "excluded_instances": [one.name for one in found.servers.values() if one.excluded],
    }
    assert {name: sorted(actual[name]) for name in expected} == expected


def test_the_schema_of_a_compute_scope_is_the_published_one() -> None:
    collectors = {one["name"]: one for one in spec.load("plugins.json")["collectors"]}
    assert collectors["compute"]["audit_scope_schema"] == NovaClusterDataModelCollector.SCHEMA
