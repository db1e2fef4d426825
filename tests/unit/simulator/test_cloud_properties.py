# SPDX-License-Identifier: Apache-2.0
"""Whatever is asked of the cloud in whatever order, its books stay right."""

from __future__ import annotations

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties import examples
from watcher.simulator.errors import CloudError
from watcher.simulator.faults import Fault
from watcher.simulator.motion import Options
from watcher.simulator.origins import generate
from watcher.simulator.records import NOTHING

HOSTS = ("compute-001", "compute-002", "compute-003")
DESTINATIONS = st.sampled_from([*HOSTS, None])
SERVERS = st.integers(0, 7)
VERBS = st.one_of(
    st.tuples(st.just("live_migrate"), SERVERS, DESTINATIONS),
    st.tuples(st.just("cold_migrate"), SERVERS, DESTINATIONS),
    st.tuples(st.just("resize"), SERVERS, st.sampled_from(["1", "3", "5"])),
    st.tuples(
        st.sampled_from(["confirm_resize", "revert_resize", "stop", "start", "delete_server"]),
        SERVERS,
    ),
    st.tuples(st.just("abort"), SERVERS),
    st.tuples(st.just("create"), DESTINATIONS),
    st.tuples(st.sampled_from(["down", "up", "disable", "enable"]), st.sampled_from(HOSTS)),
    st.tuples(st.just("break"), SERVERS),
    st.tuples(st.just("pass"), st.sampled_from([0.5, 3.0, 11.0])),
)


class Play:
    """Carries out verbs on a cloud of three hosts; refusals are fine."""

    def __init__(self) -> None:
        self.now_s = 0.0
        options = Options(migration_seconds=10.0, live_migrations_per_host=2)
        self.cloud = generate(3, 8, 1, options, clock=lambda: self.now_s)
        self.idents = [server.uuid for server in self.cloud.servers()]

    def do(self, name, *arguments) -> None:
        with contextlib.suppress(CloudError):
            special = getattr(self, f"do_{name}", None)
            if special is not None:
                special(*arguments)
            else:
                getattr(self.cloud, name)(self.idents[arguments[0]], *arguments[1:])

    def do_pass(self, seconds) -> None:
        self.now_s += seconds

    def do_create(self, host) -> None:
        self.cloud.create_server("new", "3", host=host)

    def do_abort(self, number) -> None:
        for migration in self.cloud.migrations(self.idents[number])[-1:]:
            self.cloud.abort_live_migration(self.idents[number], migration.id)

    def do_break(self, number) -> None:
        self.cloud.faults.add(Fault("migration_fails", count=1, server=self.idents[number]))

    def do_down(self, host) -> None:
        self.cloud.set_host_state(host, up=False)

    def do_up(self, host) -> None:
        self.cloud.set_host_state(host, up=True)

    def do_disable(self, host) -> None:
        self.cloud.change_service(self.cloud.host(host).service_uuid, status="disabled")

    def do_enable(self, host) -> None:
        self.cloud.change_service(self.cloud.host(host).service_uuid, status="enabled")


def check_capacity(cloud) -> None:
    for host in cloud.hosts():
        assert cloud.used(host.hostname).fits(host.capacity)
        total = NOTHING
        for amount in cloud.held(host.hostname).values():
            total = total.plus(amount)
        assert total == cloud.used(host.hostname)


@settings(max_examples=examples(500, 30), deadline=None)
@given(st.lists(VERBS, max_size=25))
def test_the_books_stay_right(verbs):
    play = Play()
    for verb in verbs:
        play.do(*verb)
        check_capacity(play.cloud)
    for _ in range(2):
        play.now_s += 1000.0
        play.cloud.now()
        for server in play.cloud.servers():
            if server.vm_state == "resized":
                play.cloud.confirm_resize(server.uuid)
    for server in play.cloud.servers():
        assert server.task_state is None
        where = {} if server.host is None else {server.host: server.size()}
        assert play.cloud.held_by(server.uuid) == where
    for host in HOSTS:
        uuids = {server.uuid for server in play.cloud.servers(host)}
        assert set(play.cloud.held(host)) == uuids
    done = {"completed", "confirmed", "reverted", "cancelled", "failed", "error", "finished"}
    assert {migration.status for migration in play.cloud.migrations()} <= done
