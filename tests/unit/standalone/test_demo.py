# SPDX-License-Identifier: Apache-2.0
"""The demonstration believes only what it sees in Nova's records."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

import pytest

from watcher.standalone import demo
from watcher.standalone.view import View


@dataclass
class Answers:
    """Documents by path, in place of a service."""

    documents: dict[str, Any] = field(default_factory=dict)

    def get(self, path: str) -> Any:
        return self.documents[path]


class Progressing(Answers):
    """Each path has a list of documents; the last one is given again and again."""

    def get(self, path: str) -> Any:
        found = self.documents[path]
        return found.pop(0) if len(found) > 1 else found[0]


def states(*names: str, **others: str) -> list[dict[str, Any]]:
    return [{"uuid": "u", "state": name, **others} for name in names]


def clouds(servers: dict[str, str], actions: list[dict[str, Any]]) -> demo.Clouds:
    listed = [{"id": ident, "OS-EXT-SRV-ATTR:host": host} for ident, host in servers.items()]
    nova = Answers({"/servers/detail?all_tenants=True&limit=1000": {"servers": listed}})
    watcher = Answers({"/v1/actions/detail?action_plan_uuid=p": {"actions": actions}})
    return demo.Clouds(watcher, nova)


def a_move(server: str, *, state: str = "SUCCEEDED", **parameters: str) -> dict[str, Any]:
    return {
        "uuid": "a",
        "state": state,
        "action_type": "migrate",
        "input_parameters": {"resource_id": server, **parameters},
    }


def test_an_empty_host_and_observed_moves_are_counted():
    found = clouds({"s1": "h2", "s2": "h3"}, [a_move("s1", destination_node="h2"), a_move("s2")])
    assert demo.check(found, "p", "h1") == 2


@pytest.mark.parametrize(
    ("servers", "move"),
    [
        pytest.param({"s1": "h1"}, a_move("s1"), id="still on the source"),
        pytest.param({"s1": "h3"}, a_move("s1", destination_node="h2"), id="on another host"),
        pytest.param({"s1": "h2"}, a_move("s1", state="FAILED"), id="action did not succeed"),
        pytest.param({"s2": "h2"}, a_move("s1"), id="server is gone"),
    ],
)
def test_a_claim_that_the_records_do_not_show_fails(servers, move):
    with pytest.raises(demo.DemoFailed):
        demo.check(clouds(servers, [move]), "p", "h1")


def test_the_fullest_host_is_the_first_by_name_among_equals():
    assert demo.fullest_host({"b": 2, "a": 2, "c": 1}) == "a"


def test_actions_are_summed_up_by_type():
    assert demo.summary([a_move("s1"), a_move("s2")]) == "2 actions: 2 migrate"
    assert demo.summary([]) == "0 actions: none"


def test_a_cloud_without_hosts_fails_with_a_sentence():
    nova = Answers(
        {
            "/os-hypervisors/detail": {"hypervisors": []},
            "/servers/detail?all_tenants=True&limit=1000": {"servers": []},
        }
    )
    with pytest.raises(demo.DemoFailed, match="no host"):
        demo.run(demo.Clouds(Answers(), nova), View(io.StringIO()))


def test_changes_of_state_and_actions_done_are_told_until_a_plan_has_succeeded() -> None:
    service = Progressing(
        {
            "/v1/action_plans/u": states("PENDING", "ONGOING", "SUCCEEDED"),
            "/v1/actions/detail?action_plan_uuid=u": [
                {"actions": [a_move("s1", state=state)]}
                for state in ("PENDING", "PENDING", "ONGOING", "SUCCEEDED")
            ],
        }
    )
    told, pauses = io.StringIO(), []
    (plan,) = states("RECOMMENDED")
    demo.follow_plan(service, View(told), plan, 1, pauses.append)
    assert [line.partition("] ")[2] for line in told.getvalue().splitlines()] == [
        "0/1 actions done; running: none",
        "action plan: RECOMMENDED -> PENDING",
        "action plan: PENDING -> ONGOING",
        "action plan: ONGOING -> SUCCEEDED",
        "1/1 actions done; running: none",
        "action plan ended SUCCEEDED",
    ]
    assert pauses == [demo.POLL_S] * 3


def test_each_reason_of_failed_actions_is_told_once() -> None:
    full = [a_move(each, state="FAILED") | {"status_message": "no room"} for each in ("s1", "s2")]
    gone = a_move("s3", state="FAILED") | {"status_message": None}
    actions = {"/v1/actions/detail?action_plan_uuid=p": {"actions": [*full, gone, a_move("s4")]}}
    assert (
        demo.failures(Answers(actions), "p")
        == "3 of 4 actions failed: 2 times no room; 1 times no reason given"
    )


def test_an_audit_that_ends_otherwise_fails_with_its_reason() -> None:
    service = Progressing({"/v1/audits/u": states("ONGOING", "FAILED", status_message="no host")})
    (audit,) = states("PENDING")
    with pytest.raises(demo.DemoFailed, match="audit u ended FAILED: no host"):
        demo.follow_audit(service, View(io.StringIO()), audit, lambda _: None)


def test_an_audit_that_does_not_end_in_time_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "DEADLINE_S", -1.0)
    (audit,) = states("PENDING")
    with pytest.raises(demo.DemoFailed, match="audit u is still PENDING"):
        demo.follow_audit(Progressing({}), View(io.StringIO()), audit, lambda _: None)
