# SPDX-License-Identifier: Apache-2.0
"""What the simulated cloud does and refuses, second by second."""

from __future__ import annotations

import pytest

from watcher.simulator.errors import BadRequest, Conflict, NotFound, NoValidHost
from watcher.simulator.faults import Fault
from watcher.simulator.motion import Options
from watcher.simulator.nova_views import status_of
from watcher.simulator.records import Resources

ONE = "5a000000-0000-4000-8000-000000000001"
TWO = "5a000000-0000-4000-8000-000000000002"
THREE = "5a000000-0000-4000-8000-000000000003"
SERVICE = "5e000000-0000-4000-8000-00000000000{}"


def state(cloud, server=ONE):
    found = cloud.server(server)
    last = cloud.migrations(server)[-1:]
    return status_of(found), found.task_state, found.host, last[0].status if last else None


def test_live_migration_goes_through_novas_states(cloud, clock):
    cloud.live_migrate(ONE, "host-2")
    seen = [state(cloud)]
    for _ in range(4):
        clock.pass_(3.0)
        seen.append(state(cloud))
    assert seen == [
        ("MIGRATING", "migrating", "host-1", "preparing"),
        ("MIGRATING", "migrating", "host-1", "running"),
        ("MIGRATING", "migrating", "host-1", "running"),
        ("MIGRATING", "migrating", "host-1", "post-migrating"),
        ("ACTIVE", None, "host-2", "completed"),
    ]


def test_a_look_after_a_long_time_sees_the_dates_at_which_things_happened(cloud, clock):
    begun = cloud.now()
    cloud.live_migrate(ONE, "host-2")
    clock.pass_(1000.0)
    assert (cloud.migrations(ONE)[0].updated - begun).total_seconds() == 10.0


def test_no_host_named_means_the_one_with_most_free_memory(cloud, clock):
    cloud.live_migrate(ONE)
    clock.pass_(10.0)
    assert cloud.server(ONE).host == "host-3"


def test_a_broken_live_migration_leaves_the_server_where_it_was(cloud, clock):
    cloud.faults.add(Fault("migration_fails", count=1, server="vm-1"))
    cloud.live_migrate(ONE, "host-2")
    clock.pass_(10.0)
    assert state(cloud) == ("ACTIVE", None, "host-1", "failed")
    cloud.live_migrate(ONE, "host-2")
    clock.pass_(10.0)
    assert state(cloud) == ("ACTIVE", None, "host-2", "completed")


def test_failure_ratio_one_breaks_every_migration(make_cloud, clock):
    cloud = make_cloud(Options(migration_seconds=1.0, failure_ratio=1.0))
    cloud.live_migrate(ONE, "host-2")
    cloud.cold_migrate(TWO, "host-2")
    clock.pass_(1.0)
    assert state(cloud) == ("ACTIVE", None, "host-1", "failed")
    assert state(cloud, TWO) == ("ERROR", None, "host-1", "error")


def test_an_aborted_live_migration_is_cancelled_at_once(cloud, clock):
    cloud.live_migrate(ONE, "host-2")
    clock.pass_(5.0)
    assert cloud.progress(cloud.migrations(ONE)[0]) == 0.5
    cloud.abort_live_migration(ONE, 1)
    assert state(cloud) == ("ACTIVE", None, "host-1", "cancelled")
    clock.pass_(100.0)
    assert state(cloud) == ("ACTIVE", None, "host-1", "cancelled")


def test_a_migration_that_is_over_cannot_be_aborted(cloud, clock):
    cloud.live_migrate(ONE, "host-2")
    clock.pass_(10.0)
    with pytest.raises(Conflict, match="invalid state for 'abort live migration'"):
        cloud.abort_live_migration(ONE, 1)
    with pytest.raises(NotFound, match="Migration 9 not found"):
        cloud.abort_live_migration(ONE, 9)


def test_room_is_held_on_both_hosts_during_a_move_and_given_back_after_it(cloud, clock):
    small = Resources(1, 1024, 10)
    before = cloud.used("host-1")
    cloud.live_migrate(ONE, "host-3")
    assert cloud.used("host-1") == before
    assert cloud.used("host-3") == small
    clock.pass_(10.0)
    assert cloud.used("host-1") == before.minus(small)
    assert cloud.used("host-3") == small


@pytest.mark.parametrize("end", ["abort", "break", "revert"])
def test_room_at_the_destination_is_given_back_when_the_server_does_not_stay(cloud, clock, end):
    before = cloud.held("host-1"), cloud.held("host-3")
    if end == "break":
        cloud.faults.add(Fault("migration_fails"))
    if end == "revert":
        cloud.cold_migrate(ONE, "host-3")
        clock.pass_(10.0)
        cloud.revert_resize(ONE)
    else:
        cloud.live_migrate(ONE, "host-3")
    if end == "abort":
        cloud.abort_live_migration(ONE, 1)
    clock.pass_(10.0)
    after = cloud.held("host-1"), cloud.held("host-3")
    assert (dict(after[0]), dict(after[1])) == (dict(before[0]), dict(before[1]))


def test_a_cold_migration_waits_for_its_confirmation(cloud, clock):
    cloud.cold_migrate(ONE, "host-2")
    assert state(cloud) == ("RESIZE", "resize_prep", "host-1", "pre-migrating")
    clock.pass_(7.0)
    assert state(cloud) == ("RESIZE", "resize_migrated", "host-2", "post-migrating")
    clock.pass_(3.0)
    assert state(cloud) == ("VERIFY_RESIZE", None, "host-2", "finished")
    cloud.confirm_resize(ONE)
    assert state(cloud) == ("VERIFY_RESIZE", None, "host-2", "confirming")
    clock.pass_(1.0)
    assert state(cloud) == ("ACTIVE", None, "host-2", "confirmed")


def test_a_stopped_server_is_stopped_again_after_a_cold_migration(cloud, clock):
    cloud.stop(ONE)
    assert cloud.server(ONE).task_state == "powering-off"
    clock.pass_(2.0)
    assert state(cloud)[0] == "SHUTOFF"
    cloud.cold_migrate(ONE)
    clock.pass_(10.0)
    cloud.confirm_resize(ONE)
    clock.pass_(1.0)
    assert state(cloud)[0] == "SHUTOFF"
    cloud.start(ONE)
    clock.pass_(2.0)
    assert state(cloud)[0] == "ACTIVE"


def test_a_resize_changes_the_flavor_and_a_revert_changes_it_back(cloud, clock):
    cloud.resize(ONE, "2")
    clock.pass_(10.0)
    assert cloud.server(ONE).flavor.name == "big"
    cloud.revert_resize(ONE)
    clock.pass_(5.0)
    assert (cloud.server(ONE).flavor.name, cloud.server(ONE).host) == ("small", "host-1")


def test_more_live_migrations_than_allowed_wait_for_their_turn(make_cloud, clock):
    cloud = make_cloud(Options(migration_seconds=10.0, live_migrations_per_host=1))
    cloud.live_migrate(ONE, "host-2")
    cloud.live_migrate(TWO, "host-2")
    assert state(cloud, TWO) == ("MIGRATING", "migrating", "host-1", "queued")
    clock.pass_(10.0)
    assert state(cloud, ONE)[3] == "completed"
    assert state(cloud, TWO)[3] == "preparing"
    clock.pass_(10.0)
    assert state(cloud, TWO) == ("ACTIVE", None, "host-2", "completed")


def test_a_queued_live_migration_can_be_aborted(make_cloud, clock):
    cloud = make_cloud(Options(migration_seconds=10.0, live_migrations_per_host=1))
    cloud.live_migrate(ONE, "host-2")
    cloud.live_migrate(TWO, "host-2")
    cloud.abort_live_migration(TWO, 2)
    clock.pass_(30.0)
    assert state(cloud, TWO) == ("ACTIVE", None, "host-1", "cancelled")
    assert state(cloud, ONE)[3] == "completed"


def disable(cloud):
    cloud.change_service(SERVICE.format(2), status="disabled", disabled_reason="watcher_x")


def go_down(cloud):
    cloud.set_host_state("host-2", up=False)


def force_down(cloud):
    cloud.change_service(SERVICE.format(2), forced_down=True)


def say_no(cloud):
    cloud.faults.add(Fault("no_valid_host", host="host-2"))


@pytest.mark.parametrize("prepare", [disable, go_down, force_down, say_no])
def test_a_host_that_cannot_take_a_server_refuses_it(cloud, prepare):
    prepare(cloud)
    with pytest.raises(BadRequest):
        cloud.live_migrate(ONE, "host-2")
    assert state(cloud) == ("ACTIVE", None, "host-1", "error")


def test_a_full_host_refuses_servers(cloud, clock):
    cloud.create_server("first", "2", host="host-2")
    with pytest.raises(NoValidHost):
        cloud.live_migrate(TWO, "host-2")


def test_a_forced_live_migration_does_not_ask_the_scheduler(cloud, clock):
    disable(cloud)
    cloud.live_migrate(ONE, "host-2", force=True)
    clock.pass_(10.0)
    assert cloud.server(ONE).host == "host-2"


def test_an_accepted_migration_without_a_host_ends_in_error_later(cloud, clock):
    disable(cloud)
    cloud.live_migrate(ONE, "host-2", wait=False)
    assert state(cloud) == ("MIGRATING", "migrating", "host-1", "accepted")
    clock.pass_(1.0)
    assert state(cloud) == ("ACTIVE", None, "host-1", "error")


def test_a_pinned_server_stays_in_its_zone(make_cloud):
    cloud = make_cloud()
    server = cloud.create_server("pinned", "1", zone="left")
    assert cloud.zone_of(cloud.held_by(server.uuid).popitem()[0]) == "left"
    with pytest.raises(BadRequest, match="requested availability zone"):
        cloud.create_server("lost", "1", zone="right")


def test_a_host_that_goes_down_breaks_the_moves_to_it_but_keeps_its_servers(cloud, clock):
    cloud.live_migrate(ONE, "host-2")
    cloud.cold_migrate(TWO, "host-2")
    clock.pass_(8.0)
    cloud.set_host_state("host-2", up=False)
    assert state(cloud) == ("ACTIVE", None, "host-1", "failed")
    assert state(cloud, TWO) == ("ERROR", None, "host-1", "error")
    assert cloud.server(THREE).host == "host-2"
    assert not cloud.host("host-2").is_up
    cloud.set_host_state("host-2", up=True)
    assert cloud.host("host-2").is_up


def test_a_host_can_be_told_to_go_down_later(cloud, clock):
    cloud.set_host_state("host-2", up=False, after_s=5.0)
    assert cloud.host("host-2").is_up
    clock.pass_(5.0)
    assert not cloud.host("host-2").is_up


def test_a_new_server_builds_and_then_is_active(cloud, clock):
    server = cloud.create_server("new", "1", host="host-3")
    assert (status_of(server), server.host) == ("BUILD", None)
    clock.pass_(3.0)
    assert (cloud.server(server.uuid).vm_state, cloud.server(server.uuid).host) == (
        "active",
        "host-3",
    )


def test_a_new_server_without_a_host_is_in_error(cloud, clock):
    cloud.faults.add(Fault("no_valid_host", server="new"))
    server = cloud.create_server("new", "1")
    clock.pass_(1.0)
    found = cloud.server(server.uuid)
    assert (found.vm_state, found.fault) == ("error", str(NoValidHost()))


def test_a_deleted_server_is_gone_and_holds_nothing(cloud, clock):
    cloud.live_migrate(ONE, "host-3")
    cloud.delete_server(ONE)
    clock.pass_(1.0)
    with pytest.raises(NotFound, match=f"Instance {ONE} could not be found"):
        cloud.server(ONE)
    assert cloud.used("host-3") == Resources(0, 0, 0)
    assert cloud.migrations()[0].status == "error"


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("confirm_resize", ()),
        ("revert_resize", ()),
        ("start", ()),
    ],
)
def test_verbs_refuse_a_server_in_the_wrong_state(cloud, verb, arguments):
    with pytest.raises(Conflict, match="while it is in vm_state active"):
        getattr(cloud, verb)(ONE, *arguments)


def test_a_second_migration_is_refused_while_one_runs(cloud):
    cloud.live_migrate(ONE, "host-2")
    with pytest.raises(Conflict, match="while it is in task_state migrating"):
        cloud.cold_migrate(ONE)


def test_a_second_confirmation_is_refused(cloud, clock):
    cloud.cold_migrate(ONE)
    clock.pass_(10.0)
    cloud.confirm_resize(ONE)
    with pytest.raises(Conflict):
        cloud.confirm_resize(ONE)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda cloud: cloud.live_migrate(ONE, "nope"), "Compute host nope could not be found."),
        (lambda cloud: cloud.cold_migrate(ONE, "nope"), "Compute host nope could not be found."),
        (lambda cloud: cloud.live_migrate(ONE, "host-1"), "No valid host was found"),
        (lambda cloud: cloud.cold_migrate(ONE, "host-1"), "Cannot migrate to the host where"),
        (lambda cloud: cloud.resize(ONE, "1"), "instances must change flavor"),
        (lambda cloud: cloud.resize(ONE, "9"), "Flavor 9 could not be found."),
        (lambda cloud: cloud.create_server("x", "9"), "Flavor 9 could not be found."),
    ],
)
def test_wrong_requests_are_refused_in_novas_words(cloud, call, message):
    with pytest.raises(BadRequest, match=message):
        call(cloud)


def test_migrations_of_no_duration_are_over_at_the_next_look(make_cloud):
    cloud = make_cloud(Options(migration_seconds=0.0))
    cloud.live_migrate(ONE, "host-2")
    assert state(cloud) == ("ACTIVE", None, "host-2", "completed")


@pytest.mark.parametrize(
    "options",
    [{"migration_seconds": -1}, {"failure_ratio": 2}, {"live_migrations_per_host": 0}],
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        Options(**options)
