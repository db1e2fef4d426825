# SPDX-License-Identifier: Apache-2.0
"""The action that moves a server: it believes what Nova shows, and nothing else."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import pytest

from tests.fixtures import fake_nova
from tests.fixtures.fake_nova import FakeNova, nothing
from tests.unit.applier.actions.conftest import SERVER, a_migration, requests
from watcher.applier.actions import base, move
from watcher.clients.nova import NovaConflict, NovaUnanswered, NovaUnreachable
from watcher.common import exception

# -- before -----------------------------------------------------------------------------------


def test_a_server_that_has_gone_is_skipped(cloud: FakeNova) -> None:
    cloud.servers.clear()
    with pytest.raises(exception.ActionSkipped, match=f"Instance {SERVER} not found"):
        a_migration(cloud).pre_condition()


def test_a_server_that_has_left_its_source_is_skipped(cloud: FakeNova) -> None:
    cloud.set(SERVER, host="other")
    message = f"Instance {SERVER} is not running on source node source (currently on other)"
    with pytest.raises(exception.ActionSkipped, match=re.escape(message)):
        a_migration(cloud).pre_condition()


@pytest.mark.parametrize(
    ("service", "message"),
    [
        (None, "Destination node target not found"),
        ({"status": "disabled"}, "Destination node target is not in enabled state"),
        ({"state": "down"}, "Destination node target is not up"),
    ],
    ids=["unknown", "disabled", "down"],
)
def test_a_destination_that_takes_no_servers_fails(
    cloud: FakeNova, service: dict[str, str] | None, message: str
) -> None:
    if service is None:
        del cloud.services["target"]
    else:
        cloud.services["target"] = fake_nova.a_service("target", **service)
    with pytest.raises(exception.WatcherException, match=f"^{message}$"):
        a_migration(cloud).pre_condition()


def test_an_error_of_nova_is_told_with_the_destination(cloud: FakeNova) -> None:
    cloud.errors["list_services"] = [NovaUnreachable(reason="gone fishing")]
    with pytest.raises(exception.WatcherException, match=r"target not found: .*gone fishing"):
        a_migration(cloud).pre_condition()


def test_a_live_migration_needs_an_active_server(cloud: FakeNova) -> None:
    cloud.set(SERVER, status="SHUTOFF")
    message = (
        f"Live migration requires instance {SERVER} to be in ACTIVE status "
        "(current status: SHUTOFF)"
    )
    with pytest.raises(exception.WatcherException, match=re.escape(message)):
        a_migration(cloud).pre_condition()


def test_a_cold_migration_may_move_a_stopped_server(cloud: FakeNova) -> None:
    cloud.set(SERVER, status="SHUTOFF")
    a_migration(cloud, "cold").pre_condition()


def test_nothing_is_changed_by_the_check(cloud: FakeNova) -> None:
    a_migration(cloud).pre_condition()
    assert cloud.calls == []


# -- live -------------------------------------------------------------------------------------


@pytest.mark.parametrize("destination", ["target", None])
def test_a_live_migration_that_starts_late_succeeds(
    cloud: FakeNova, destination: str | None
) -> None:
    action = a_migration(cloud, destination_node=destination)
    assert action.execute() is True
    assert cloud.calls == [("live_migrate", SERVER, destination)]
    assert cloud.servers[SERVER].host == "target"


def test_an_old_migration_of_the_server_says_nothing(cloud: FakeNova) -> None:
    cloud.add_migration(SERVER, "live-migration", "error", "target")
    assert a_migration(cloud).execute() is True


@pytest.mark.parametrize("kind", ["live", "cold"])
def test_a_request_that_came_through_without_an_answer_is_followed(
    cloud: FakeNova, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    verb = f"{kind}_migrate"
    ask = getattr(cloud, verb)

    def ask_and_hear_nothing(*arguments: Any) -> None:
        ask(*arguments)
        cloud.errors["get_server"] = [NovaUnreachable(reason="still down")]
        raise NovaUnanswered(reason="timed out")

    monkeypatch.setattr(cloud, verb, ask_and_hear_nothing)
    assert a_migration(cloud, kind).execute() is True
    assert requests(cloud).count(verb) == 1
    assert cloud.servers[SERVER].host == "target"


def test_a_request_that_did_not_come_through_fails(cloud: FakeNova) -> None:
    cloud.errors["live_migrate"] = [NovaUnanswered(reason="timed out")]
    with pytest.raises(NovaUnanswered, match="timed out"):
        a_migration(cloud).execute()
    assert requests(cloud) == ["live_migrate"]


def test_what_nova_refuses_fails_with_its_reason(cloud: FakeNova) -> None:
    cloud.errors["live_migrate"] = [NovaConflict(reason="Instance is locked (HTTP 409)")]
    with pytest.raises(exception.NovaClientError, match="Instance is locked"):
        a_migration(cloud).execute()


def test_a_migration_that_went_wrong_fails(cloud: FakeNova) -> None:
    cloud.script = fake_nova.fails
    with pytest.raises(exception.WatcherException, match="migration 1 ended as error"):
        a_migration(cloud).execute()


def test_the_reason_comes_from_what_nova_recorded(cloud: FakeNova) -> None:
    cloud.script = fake_nova.fails
    cloud.reason = "No valid host was found."
    with pytest.raises(exception.WatcherException, match=r"as error: No valid host was found\."):
        a_migration(cloud).execute()


def test_a_reason_that_cannot_be_read_does_not_matter(cloud: FakeNova) -> None:
    cloud.script = fake_nova.fails
    cloud.errors["migration_fault"] = [NovaUnreachable(reason="down")]
    with pytest.raises(exception.WatcherException, match=r"ended as error$"):
        a_migration(cloud).execute()


def test_a_server_in_error_fails_with_its_fault(cloud: FakeNova) -> None:
    cloud.script = lambda cloud, uuid, to: [
        lambda: fake_nova.begin(cloud, uuid, "live-migration", to),
        lambda: cloud.set(uuid, task_state=None, status="ERROR", fault="No valid host"),
    ]
    with pytest.raises(exception.WatcherException, match=r"in ERROR: No valid host"):
        a_migration(cloud).execute()


def test_a_server_that_ended_up_elsewhere_is_no_success(cloud: FakeNova) -> None:
    cloud.script = lambda cloud, uuid, _to: fake_nova.succeeds_live(cloud, uuid, "other")
    with pytest.raises(
        exception.WatcherException, match="is completed, but the server is on other"
    ):
        a_migration(cloud).execute()


def test_a_migration_without_a_record_is_seen_to_be_given_up(cloud: FakeNova) -> None:
    cloud.script = lambda cloud, uuid, _to: [
        lambda: cloud.set(uuid, task_state="migrating"),
        lambda: cloud.set(uuid, task_state=None),
    ]
    with pytest.raises(exception.WatcherException, match="Nova gave up"):
        a_migration(cloud).execute()


def test_the_deadline_tells_what_was_seen_last(cloud: FakeNova) -> None:
    cloud.script = lambda cloud, uuid, to: [
        lambda: fake_nova.begin(cloud, uuid, "live-migration", to)
    ]
    with pytest.raises(exception.WatcherException, match=r"not finished .* migration running"):
        a_migration(cloud).execute()


def test_a_pause_of_nova_is_waited_out(cloud: FakeNova) -> None:
    cloud.errors["get_server"] = []
    cloud.script = lambda cloud, uuid, to: [
        lambda: cloud.errors["get_server"].append(NovaUnreachable(reason="502")),
        *fake_nova.succeeds_live(cloud, uuid, to),
    ]
    assert a_migration(cloud).execute() is True


def test_a_server_that_vanished_fails(cloud: FakeNova) -> None:
    cloud.servers.clear()
    with pytest.raises(exception.InstanceNotFound, match=f"'{SERVER}' could not be found"):
        a_migration(cloud).execute()


def test_a_stop_of_the_daemon_is_not_a_failure(cloud: FakeNova) -> None:
    cloud.script = lambda _cloud, _uuid, _to: [nothing]
    action = a_migration(cloud)
    action.stop = base.StopRequest()
    action.stop.expired.set()
    with pytest.raises(base.Interrupted):
        action.execute()


def test_a_server_that_is_deleted_on_its_way_is_told(cloud: FakeNova) -> None:
    cloud.script = lambda cloud, server_id, to: [
        nothing,
        lambda: fake_nova.begin(cloud, server_id, "live-migration", to),
        cloud.servers.clear,
    ]
    text = f"^Live migration of server {SERVER} failed: the server has disappeared meanwhile$"
    with pytest.raises(exception.WatcherException, match=text):
        a_migration(cloud).execute()


# -- cold -------------------------------------------------------------------------------------


@pytest.mark.parametrize("destination", ["target", None])
def test_a_cold_migration_is_confirmed(cloud: FakeNova, destination: str | None) -> None:
    action = a_migration(cloud, "cold", destination_node=destination)
    assert action.execute() is True
    assert requests(cloud) == ["cold_migrate", "confirm_resize"]
    assert cloud.servers[SERVER].status == "ACTIVE"


def test_a_confirmation_is_tried_again(cloud: FakeNova) -> None:
    cloud.errors["confirm_resize"] = [NovaConflict(reason="not yet")]
    assert a_migration(cloud, "cold").execute() is True


def test_a_confirmation_that_fails_says_what_is_left(
    cloud: FakeNova, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(move, "CONFIRM_DEADLINE_S", 0.0)
    cloud.errors["confirm_resize"] = [NovaConflict(reason="host is down")]
    with pytest.raises(exception.WatcherException, match=r"left in VERIFY_RESIZE.*host is down"):
        a_migration(cloud, "cold").execute()


def test_a_cold_migration_that_nova_confirmed_itself_succeeds(cloud: FakeNova) -> None:
    cloud.script = lambda cloud, uuid, to: [
        lambda: fake_nova.begin(cloud, uuid, "migration", to),
        lambda: cloud.set(uuid, task_state=None, host=to, status="ACTIVE"),
        lambda: cloud.set_migration(1, "confirmed"),
    ]
    assert a_migration(cloud, "cold").execute() is True
    assert requests(cloud) == ["cold_migrate"]


# -- abort, revert, parameters ----------------------------------------------------------------


def test_an_aborted_migration_stays_on_its_source(cloud: FakeNova) -> None:
    fake_nova.begin(cloud, SERVER, "live-migration", "target")
    assert a_migration(cloud).abort() is True
    assert cloud.calls == [("abort_live_migration", SERVER, 1)]


def test_it_is_too_late_to_abort_once_the_server_has_arrived(cloud: FakeNova) -> None:
    cloud.set(SERVER, host="target")
    assert a_migration(cloud).abort() is False


def test_a_cold_migration_is_not_aborted(cloud: FakeNova) -> None:
    action = a_migration(cloud, "cold")
    assert action.abort() is None
    assert not action.check_abort()


def test_revert_moves_the_server_back(cloud: FakeNova) -> None:
    cloud.set(SERVER, host="target")
    assert a_migration(cloud).revert() is True
    assert cloud.servers[SERVER].host == "source"


@pytest.mark.parametrize(
    "wrong",
    [
        {"destination_node": ""},
        {"source_node": ""},
        {"resource_id": "server-1"},
        {"migration_type": "warm"},
        {"flavor": "m1"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_wrong_parameters_are_refused(cloud: FakeNova, wrong: dict[str, str]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        a_migration(cloud, **wrong).validate_parameters()


def test_good_parameters_are_accepted(cloud: FakeNova) -> None:
    assert a_migration(cloud, resource_name="vm").validate_parameters() is True
