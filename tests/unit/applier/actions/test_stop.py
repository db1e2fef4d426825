# SPDX-License-Identifier: Apache-2.0
"""The action stop: done when Nova shows the server stopped, and the truth in every other case."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from tests.fixtures.fake_nova import OFF, FakeClients, FakeNova, a_server
from watcher.applier.actions import base, power
from watcher.applier.actions.stop import Stop
from watcher.clients import nova
from watcher.common import exception

SERVER = "10000000-0000-0000-0000-000000000001"
ASKED = ("stop_server", SERVER)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> FakeNova:
    monkeypatch.setattr(power, "INTERVAL_S", 0.001)
    monkeypatch.setattr(power, "DEADLINE_S", 5.0)
    found = FakeNova("host")
    found.add(a_server(SERVER, "host"))
    return found


def a_stop(cloud: FakeNova, **parameters: Any) -> Stop:
    action = Stop({}, osc=FakeClients(cloud))  # type: ignore[arg-type]  # double
    action.input_parameters = {"resource_id": SERVER, **parameters}
    return action


def test_a_running_server_is_stopped_and_seen_stopped(cloud: FakeNova) -> None:
    action = a_stop(cloud)
    action.pre_condition()
    assert action.execute() is True
    action.post_condition()
    assert cloud.calls == [ASKED]
    assert cloud.servers[SERVER].vm_state == "stopped"


def test_a_server_that_has_gone_is_skipped(cloud: FakeNova) -> None:
    cloud.servers.clear()
    with pytest.raises(exception.ActionSkipped, match=f"^Instance {SERVER} not found$"):
        a_stop(cloud).pre_condition()


def test_a_server_that_is_stopped_is_skipped(cloud: FakeNova) -> None:
    cloud.set(SERVER, **OFF)
    with pytest.raises(exception.ActionSkipped, match=f"^Instance {SERVER} is already stopped$"):
        a_stop(cloud).pre_condition()


def test_a_server_that_was_stopped_meanwhile_is_not_stopped_again(cloud: FakeNova) -> None:
    cloud.set(SERVER, **OFF)
    assert a_stop(cloud).execute() is True
    assert cloud.calls == []


def test_a_server_that_disappears_while_it_stops_counts_as_stopped(cloud: FakeNova) -> None:
    action = a_stop(cloud)
    cloud.power_looks = [{"task_state": "powering-off"}]
    gone = exception.ComputeResourceNotFound(name=SERVER)
    original = cloud.stop_server

    def stop_and_vanish(server_id: str) -> None:
        original(server_id)
        cloud.errors["get_server"] = [gone]

    cloud.stop_server = stop_and_vanish  # type: ignore[method-assign]  # the moment matters
    assert action.execute() is True


@pytest.mark.parametrize(
    "refusal",
    [
        nova.NovaConflict(reason="Cannot 'stop' instance while it is in vm_state paused"),
        exception.NovaClientError(reason="Policy doesn't allow it (HTTP 403)"),
        nova.NovaUnreachable(reason="connection refused"),
    ],
    ids=["conflict", "forbidden", "unreachable"],
)
def test_novas_refusal_fails_the_action_with_its_reason(
    cloud: FakeNova, refusal: exception.NovaClientError
) -> None:
    cloud.errors["stop_server"] = [refusal]
    with pytest.raises(exception.WatcherException, match=str(refusal.kwargs["reason"])[:20]):
        a_stop(cloud).execute()


def test_a_server_that_is_being_stopped_already_is_waited_for(cloud: FakeNova) -> None:
    cloud.set(SERVER, task_state="powering-off")
    cloud._powering[SERVER] = [{}, {}, OFF]
    cloud.errors["stop_server"] = [nova.NovaConflict(reason="task_state powering-off")]
    assert a_stop(cloud).execute() is True


def test_a_request_without_an_answer_is_followed(cloud: FakeNova) -> None:
    cloud.errors["stop_server"] = [nova.NovaUnanswered(reason="timed out")]
    cloud._powering[SERVER] = [{}, {"task_state": "powering-off"}, OFF]
    assert a_stop(cloud).execute() is True
    assert cloud.calls == [ASKED]


def test_a_request_without_an_answer_that_did_not_arrive_fails_at_the_deadline(
    cloud: FakeNova, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(power, "DEADLINE_S", 0.01)
    cloud.errors["stop_server"] = [nova.NovaUnanswered(reason="timed out")]
    with pytest.raises(exception.WatcherException, match=r"not stopped .* ACTIVE.*timed out"):
        a_stop(cloud).execute()


def test_nova_being_away_for_a_while_does_not_fail_the_action(cloud: FakeNova) -> None:
    action = a_stop(cloud)
    original = cloud.stop_server

    def stop_and_hide(server_id: str) -> None:
        original(server_id)
        cloud.errors["get_server"] = [nova.NovaUnreachable(reason="down")] * 3

    cloud.stop_server = stop_and_hide  # type: ignore[method-assign]  # the moment matters
    assert action.execute() is True


def test_a_server_in_error_fails_the_action_with_the_fault(cloud: FakeNova) -> None:
    cloud.power_looks = [{"status": "ERROR", "vm_state": "error", "fault": "libvirt is gone"}]
    with pytest.raises(exception.WatcherException, match="is in ERROR: libvirt is gone"):
        a_stop(cloud).execute()


def test_a_server_that_goes_on_running_fails_the_action(cloud: FakeNova) -> None:
    cloud.power_looks = [{"task_state": "powering-off"}, {"task_state": None}]
    with pytest.raises(exception.WatcherException, match=r"Nova gave up.* ACTIVE"):
        a_stop(cloud).execute()


def test_a_stop_of_the_daemon_leaves_the_outcome_open(cloud: FakeNova) -> None:
    cloud.power_looks = [{"task_state": "powering-off"}]
    action = a_stop(cloud)
    action.stop.expired.set()
    with pytest.raises(base.Interrupted):
        action.execute()


def test_after_a_crash_a_stopped_server_is_a_success(cloud: FakeNova) -> None:
    cloud.set(SERVER, **OFF)
    assert a_stop(cloud).resume() is True


def test_after_a_crash_a_server_that_is_being_stopped_is_waited_for(cloud: FakeNova) -> None:
    cloud.set(SERVER, task_state="powering-off")
    cloud._powering[SERVER] = [{}, OFF]
    assert a_stop(cloud).resume() is True
    assert cloud.calls == []


def test_nova_being_down_at_the_restart_says_nothing_about_the_stop(cloud: FakeNova) -> None:
    cloud.set(SERVER, **OFF)
    cloud.errors["get_server"] = [nova.NovaUnreachable(reason="502")] * 3
    assert a_stop(cloud).resume() is True


def test_after_a_crash_a_running_server_is_stopped_again(cloud: FakeNova) -> None:
    assert a_stop(cloud).resume() is None


def test_after_a_crash_a_server_that_has_gone_is_checked_anew(cloud: FakeNova) -> None:
    cloud.servers.clear()
    assert a_stop(cloud).resume() is None


def test_a_stop_is_reverted_by_a_start(cloud: FakeNova) -> None:
    cloud.set(SERVER, **OFF)
    assert a_stop(cloud).revert() is True
    assert cloud.calls == [("start_server", SERVER)]
    assert cloud.servers[SERVER].vm_state == "active"


def test_a_failed_revert_is_false(cloud: FakeNova) -> None:
    cloud.set(SERVER, **OFF)
    cloud.errors["start_server"] = [nova.NovaConflict(reason="locked")]
    assert a_stop(cloud).revert() is False


def test_a_stop_cannot_be_aborted(cloud: FakeNova) -> None:
    assert a_stop(cloud).check_abort() is False
    assert a_stop(cloud).abort() is False


@pytest.mark.parametrize("parameters", [{"resource_id": "x"}, {"resource_name": "n"}])
def test_wrong_parameters_are_refused(cloud: FakeNova, parameters: dict[str, str]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        a_stop(cloud, **parameters).validate_parameters()
