# SPDX-License-Identifier: Apache-2.0
"""Strategies give the results that were recorded: same actions, same plan, same figures."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract import spec
from watcher.common import exception
from watcher.decision_engine.loading import default as loading
from watcher.domain.snapshot import Host, Server, Snapshot


def examples() -> list[Any]:
    ours = set(loading.STRATEGIES.names())
    found = []
    for path in sorted((spec.folder() / "strategy-examples").glob("*.json")):
        example = json.loads(path.read_text())
        if example["kind"] == "strategy" and example["strategy"] in ours:
            found.append(pytest.param(example, id=example["name"]))
    return found


def snapshot_of(model: dict[str, Any]) -> Snapshot:
    hosts = [
        Host(
            uuid=node["uuid"],
            hostname=node["hostname"],
            status=node["status"],
            state=node["state"],
            disabled_reason=node["disabled_reason"],
            vcpus=node["vcpus"],
            vcpu_reserved=node["vcpu_reserved"],
            vcpu_ratio=node["vcpu_ratio"],
            memory_mib=node["memory"],
            memory_mib_reserved=node["memory_mb_reserved"],
            memory_ratio=node["memory_ratio"],
            disk_gib=node["disk"],
            disk_gib_reserved=node["disk_gb_reserved"],
            disk_ratio=node["disk_ratio"],
        )
        for node in model["nodes"]
    ]
    servers = [
        Server(
            uuid=one["uuid"],
            name=one["name"],
            state=one["state"],
            vcpus=one["vcpus"],
            memory_mib=one["memory"],
            disk_gib=one["disk"],
            metadata=one["metadata"],
            host=one["node"],
            excluded=one["watcher_exclude"],
        )
        for one in model["instances"]
    ]
    return Snapshot.of(hosts, servers)


def run(example: dict[str, Any]) -> Any:
    strategy = loading.STRATEGIES.load(example["strategy"], osc=None)
    strategy.input_parameters = example["input"]["parameters"]
    strategy.snapshot = snapshot_of(example["input"]["compute_model"])
    return strategy.execute()


def planned(solution: Any) -> list[dict[str, Any]]:
    planner = loading.PLANNERS.load(solution.strategy.planner)
    left = list(enumerate(solution.actions))
    rows = []
    for order, action in enumerate(planner.arrange(solution.actions)):
        position = next(
            at
            for at, (_, one) in enumerate(left)
            if one["action_type"] == action.action_type
            and one["input_parameters"] == action.input_parameters
        )
        index, _ = left.pop(position)
        rows.append(
            {
                "order": order,
                "action_type": action.action_type,
                "index_in_actions": index,
                "state": "PENDING",
                "parents": list(action.parents),
            }
        )
    return rows


@pytest.mark.parametrize("example", examples())
def test_the_result_is_the_recorded_one(example):
    expected = example["expected"]
    if expected["audit_state"] == "FAILED":
        with pytest.raises(getattr(exception, expected["error_class"])):
            run(example)
        return
    solution = run(example)
    assert solution.actions == expected["actions"]
    assert solution.strategy.planner == expected["planner"]
    assert planned(solution) == expected["action_plan"]["actions"]
    figures = {one.name: one.value for one in solution.efficacy_indicators}
    assert figures == pytest.approx(expected["efficacy_indicators"])
