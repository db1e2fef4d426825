# SPDX-License-Identifier: Apache-2.0
"""The action that moves a server, taken up again after its process died."""

from __future__ import annotations

import pytest

from tests.fixtures import fake_nova
from tests.fixtures.fake_nova import FakeNova, nothing
from tests.unit.applier.actions.conftest import SERVER, a_migration, requests
from watcher.clients.nova import NovaUnreachable
from watcher.common import exception


def begin_late_and_arrive(cloud: FakeNova) -> None:
    """Let Nova hear of the move only after two looks."""
    cloud.under_way(
        [
            nothing,
            nothing,
            lambda: fake_nova.begin(cloud, SERVER, "live-migration", "target"),
            lambda: fake_nova.arrive(cloud, SERVER, "target"),
        ]
    )


def test_a_running_migration_is_adopted(cloud: FakeNova) -> None:
    fake_nova.begin(cloud, SERVER, "live-migration", "target")
    cloud.under_way([nothing, nothing, lambda: fake_nova.arrive(cloud, SERVER, "target")])
    assert a_migration(cloud).resume() is True
    assert cloud.calls == []


def test_an_older_failure_is_not_taken_for_that_of_the_adopted_migration(cloud: FakeNova) -> None:
    cloud.add_migration(SERVER, "live-migration", "error", "target")
    cloud.set(SERVER, task_state="migrating")
    begin_late_and_arrive(cloud)
    assert a_migration(cloud).resume() is True


def test_an_adopted_migration_that_fails_is_a_failure(cloud: FakeNova) -> None:
    fake_nova.begin(cloud, SERVER, "live-migration", "target")
    cloud.under_way([nothing, nothing, lambda: fake_nova.give_up(cloud, SERVER)])
    with pytest.raises(exception.WatcherException, match="ended as error"):
        a_migration(cloud).resume()


@pytest.mark.parametrize("destination", ["target", None])
def test_a_server_that_has_arrived_is_a_success(cloud: FakeNova, destination: str | None) -> None:
    cloud.set(SERVER, host="target")
    assert a_migration(cloud, destination_node=destination).resume() is True
    assert cloud.calls == []


def test_a_server_that_nothing_happened_to_is_moved_again(cloud: FakeNova) -> None:
    assert a_migration(cloud).resume() is None


def test_a_request_that_reaches_nova_after_the_restart_is_adopted(cloud: FakeNova) -> None:
    begin_late_and_arrive(cloud)
    assert a_migration(cloud).resume() is True
    assert cloud.calls == []


def test_nova_being_down_at_the_restart_says_nothing_about_the_move(cloud: FakeNova) -> None:
    cloud.set(SERVER, host="target")
    cloud.errors["get_server"] = [NovaUnreachable(reason="502")] * 2
    assert a_migration(cloud).resume() is True


def test_a_server_that_was_deleted_meanwhile_is_skipped_next(cloud: FakeNova) -> None:
    cloud.servers.clear()
    assert a_migration(cloud).resume() is None


def test_a_cold_migration_that_waits_is_confirmed(cloud: FakeNova) -> None:
    cloud.add_migration(SERVER, "migration", "finished", "target")
    cloud.set(SERVER, host="target", status="VERIFY_RESIZE")
    assert a_migration(cloud, "cold").resume() is True
    assert requests(cloud) == ["confirm_resize"]


def test_a_resize_that_a_user_is_asked_about_is_left_alone(cloud: FakeNova) -> None:
    cloud.add_migration(SERVER, "resize", "finished", "other")
    cloud.set(SERVER, status="VERIFY_RESIZE")
    assert a_migration(cloud, "cold").resume() is None
    assert cloud.calls == []
