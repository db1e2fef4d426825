# SPDX-License-Identifier: Apache-2.0
"""The actions nop, sleep and change_nova_service_state."""

from __future__ import annotations

import threading
from typing import Any

import jsonschema
import pytest

from tests.fixtures.fake_nova import FakeClients, FakeNova, a_service
from watcher.applier.actions import base, change_nova_service_state
from watcher.applier.actions.change_nova_service_state import ChangeNovaServiceState
from watcher.applier.actions.nop import Nop
from watcher.applier.actions.sleep import Sleep
from watcher.clients import nova
from watcher.common import exception


def a_nop(**parameters: Any) -> Nop:
    action = Nop({})
    action.input_parameters = {"message": "hello", **parameters}
    return action


def test_nop_succeeds() -> None:
    action = a_nop()
    action.pre_condition()
    assert action.execute() is True
    action.post_condition()


def test_nop_skips_when_told_to() -> None:
    with pytest.raises(exception.ActionSkipped, match=r"^Skipped in pre_condition$"):
        a_nop(skip_pre_condition=True).pre_condition()


def test_nop_fails_where_it_is_told_to() -> None:
    with pytest.raises(exception.WatcherException, match=r"^Failed in pre_condition$"):
        a_nop(fail_pre_condition=True).pre_condition()
    assert a_nop(fail_execute=True).execute() is False
    with pytest.raises(exception.WatcherException, match=r"^Failed in post_condition$"):
        a_nop(fail_post_condition=True).post_condition()


def test_nop_can_be_aborted_and_reverted() -> None:
    assert a_nop().check_abort()
    assert (a_nop().abort(), a_nop().revert()) == (True, True)


def test_sleep_ends_after_its_time() -> None:
    action = Sleep({})
    action.input_parameters = {"duration": 0}
    assert action.execute() is True


def test_sleep_is_interrupted_when_the_daemon_stops() -> None:
    action = Sleep({})
    action.input_parameters = {"duration": 3600}
    threading.Timer(0.01, action.stop.draining.set).start()
    with pytest.raises(base.Interrupted):
        action.execute()


@pytest.mark.parametrize("duration", [-1, "1", None])
def test_sleep_refuses_what_is_no_duration(duration: object) -> None:
    action = Sleep({})
    action.input_parameters = {"duration": duration}
    with pytest.raises(jsonschema.ValidationError):
        action.validate_parameters()


def a_change(cloud: FakeNova, state: str, **parameters: str) -> ChangeNovaServiceState:
    action = ChangeNovaServiceState({}, osc=FakeClients(cloud))  # type: ignore[arg-type]  # double
    action.input_parameters = {"resource_id": "h1", "state": state, **parameters}
    return action


@pytest.mark.parametrize("state", ["disabled", "down"])
def test_a_host_is_disabled_with_the_reason(state: str) -> None:
    cloud = FakeNova("h1", "h2")
    action = a_change(cloud, state, disabled_reason="watcher_maintaining")
    action.pre_condition()
    assert action.execute() is True
    assert cloud.calls == [("set_service", "h1", "disabled", "watcher_maintaining")]


@pytest.mark.parametrize("state", ["enabled", "up"])
def test_a_host_is_enabled(state: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    cloud = FakeNova("h1")
    cloud.services["h1"] = a_service("h1", status="disabled", disabled_reason="why")
    action = a_change(cloud, state)
    action.pre_condition()
    assert action.execute() is True
    assert cloud.services["h1"].status == "enabled"
    assert "Host h1: nova-compute becomes enabled" in caplog.messages


def test_the_name_of_the_resource_is_the_host() -> None:
    cloud = FakeNova("h1")
    action = a_change(cloud, "disabled", resource_id="some-uuid", resource_name="h1")
    assert action.execute() is True


def test_an_unknown_host_is_skipped() -> None:
    with pytest.raises(exception.ActionSkipped, match=r"^nova-compute service h1 not found$"):
        a_change(FakeNova("h2"), "disabled").pre_condition()


def test_a_host_in_the_wanted_state_is_skipped() -> None:
    message = r"^nova-compute service h1 is already in state enabled$"
    with pytest.raises(exception.ActionSkipped, match=message):
        a_change(FakeNova("h1"), "enabled").pre_condition()


def test_a_change_that_nova_does_not_show_is_no_success() -> None:
    class Stubborn(FakeNova):
        def _set_service(self, host: str, **values: Any) -> Any:
            return self.services[host]

    with pytest.raises(exception.WatcherException, match="h1 is enabled, not disabled"):
        a_change(Stubborn("h1"), "disabled").execute()


def test_a_change_is_reverted_by_the_opposite() -> None:
    cloud = FakeNova("h1")
    assert a_change(cloud, "enabled").revert() is True
    assert cloud.services["h1"].status == "disabled"


def test_after_a_crash_the_state_is_looked_at() -> None:
    cloud = FakeNova("h1")
    assert a_change(cloud, "disabled").resume() is None
    assert a_change(cloud, "enabled").resume() is True


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_nova_service_state, "INTERVAL_S", 0.001)
    monkeypatch.setattr(change_nova_service_state, "DEADLINE_S", 0.5)


@pytest.mark.usefixtures("hasty")
def test_nova_being_down_at_the_restart_says_nothing_about_the_change() -> None:
    cloud = FakeNova("h1")
    cloud.errors["list_services"] = [nova.NovaUnreachable(reason="502")] * 3
    assert a_change(cloud, "enabled").resume() is True


@pytest.mark.usefixtures("hasty")
def test_a_change_is_seen_when_nova_is_back() -> None:
    cloud = FakeNova("h1")
    cloud.errors["list_services"] = [nova.NovaUnreachable(reason="502")] * 3
    assert a_change(cloud, "disabled").execute() is True


@pytest.mark.usefixtures("hasty")
def test_a_change_that_nobody_can_see_is_no_success() -> None:
    cloud = FakeNova("h1")
    cloud.errors["list_services"] = [nova.NovaUnreachable(reason="502")] * 10_000
    with pytest.raises(exception.WatcherException, match=r"^It is not known whether .* h1 .*502"):
        a_change(cloud, "disabled").execute()


@pytest.mark.parametrize("heard", [True, False])
def test_an_unanswered_change_is_judged_by_what_nova_shows(heard: bool) -> None:
    class Silent(FakeNova):
        def _set_service(self, host: str, **values: Any) -> Any:
            if heard:
                super()._set_service(host, **values)
            raise nova.NovaUnanswered(reason="reset")

    if heard:
        assert a_change(Silent("h1"), "disabled").execute() is True
    else:
        with pytest.raises(nova.NovaUnanswered):
            a_change(Silent("h1"), "disabled").execute()


@pytest.mark.parametrize("state", ["disabled", "enabled"])
def test_the_reason_and_the_host_must_not_be_empty(state: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        a_change(FakeNova("h1"), state, disabled_reason="").validate_parameters()
