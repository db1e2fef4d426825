# SPDX-License-Identifier: Apache-2.0
"""Heartbeats, leaders and dead hosts, against a real database."""

from __future__ import annotations

import contextlib
import datetime
import logging
from typing import Any

import pytest
from oslo_db import exception as db_exception

from tests.unit.lifecycle.conftest import ME, PEER, Store
from watcher.conf import CONF
from watcher.db import models, queries
from watcher.db import session as db
from watcher.domain.states import ServiceStatus
from watcher.lifecycle import services

NAME = "watcher-applier"


def _seen(host: str, seconds_ago: float, name: str = NAME) -> None:
    """Set the last heartbeat of a daemon, by the database's clock."""
    with db.write() as session:
        seen = queries.utc_now(session) - datetime.timedelta(seconds=seconds_ago)
        session.query(models.Service).filter_by(host=host, name=name).update(
            {"last_seen_up": seen}, synchronize_session=False
        )


def _beat(store: Store, *hosts: str) -> None:
    for host in hosts:
        services.beat(store.context, NAME, host)


def _watch(host: str, owned: dict[str, int], asked: list[str]) -> services.Watch:
    def clean_up(_context: Any, dead_host: str) -> int:
        asked.append(dead_host)
        return owned.get(dead_host, 0)

    return services.Watch(NAME, host, clean_up)


def test_a_daemon_has_one_row_that_is_fresh_after_each_beat(store: Store) -> None:
    _beat(store, ME)
    _seen(ME, 3600)
    services.beat(store.context, "watcher-decision-engine", ME)
    assert [one.status for one in services.statuses(store.context, NAME)] == ["FAILED"]
    _beat(store, ME)
    found = services.statuses(store.context)
    assert [(one.service.name, one.host, one.status) for one in found] == [
        (NAME, ME, "ACTIVE"),
        ("watcher-decision-engine", ME, "ACTIVE"),
    ]


def test_beats_announce_nothing(store: Store) -> None:
    _beat(store, ME)
    assert store.bus.events == []


@pytest.mark.parametrize(
    ("columns", "status"),
    [
        ({"last_seen_up": -89}, "ACTIVE"),
        ({"last_seen_up": -91}, "FAILED"),
        ({"last_seen_up": -91, "updated_at": 0}, "FAILED"),
        ({"updated_at": -10, "created_at": -1000}, "ACTIVE"),
        ({"created_at": -10}, "ACTIVE"),
        ({"created_at": -100}, "FAILED"),
        ({}, "FAILED"),
    ],
    ids=str,
)
@pytest.mark.usefixtures("store")
def test_the_age_of_the_last_sign_of_life_decides(columns: dict[str, int], status: str) -> None:
    now = datetime.datetime(2026, 1, 1, 12)
    moments = {name: now + datetime.timedelta(seconds=seconds) for name, seconds in columns.items()}
    assert services.status_of(models.Service(**moments), now) == status


def test_the_smallest_active_host_leads(store: Store) -> None:
    _beat(store, "host-c", PEER, ME)
    assert services.leader(services.statuses(store.context, NAME)) == ME
    _seen(ME, 91)
    assert services.leader(services.statuses(store.context, NAME)) == PEER
    assert services.leader([]) is None


def test_the_leader_cleans_up_until_the_dead_host_owns_nothing(store: Store) -> None:
    _beat(store, ME, PEER)
    owned, asked = {PEER: 2}, []
    watch = _watch(ME, owned, asked)
    assert watch.step() == []
    _seen(PEER, 91)
    assert watch.step() == [PEER]
    assert watch.step() == [PEER]
    owned.clear()
    assert watch.step() == []
    assert asked == [PEER] * 3
    assert store.bus.story == ["service.update ACTIVE->FAILED"]
    assert store.bus.events[0][1] == "warning"
    assert store.bus.payload("service.update")["sevice_host"] == PEER


def test_a_daemon_that_comes_back_is_announced(store: Store) -> None:
    _beat(store, ME, PEER)
    _seen(PEER, 91)
    watch = _watch(ME, {}, [])
    watch.step()
    assert store.bus.events == []
    _beat(store, PEER)
    watch.step()
    assert store.bus.story == ["service.update FAILED->ACTIVE"]
    assert store.bus.events[0][1] == "info"


def test_two_that_die_together_are_both_cleaned_up_by_the_next_leader(store: Store) -> None:
    _beat(store, ME, PEER, "host-c")
    asked: list[str] = []
    watch = _watch("host-c", {}, asked)
    _seen(PEER, 91)
    assert watch.step() == []
    assert asked == []
    _seen(ME, 91)
    watch.step()
    assert asked == [ME, PEER]


def test_an_error_with_one_dead_host_does_not_keep_the_next_one_waiting(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    _beat(store, ME, PEER, "host-c")
    _seen(PEER, 91)
    _seen("host-c", 91)
    asked: list[str] = []

    def clean_up(_context: Any, dead_host: str) -> int:
        asked.append(dead_host)
        if dead_host == PEER:
            raise RuntimeError("database gone")
        return 0

    with caplog.at_level(logging.ERROR):
        assert services.Watch(NAME, ME, clean_up).step(store.context) == [PEER]
    assert asked == [PEER, "host-c"]
    assert PEER in caplog.text


@pytest.mark.parametrize("trouble", ["fails", "hangs"])
def test_nobody_is_held_dead_right_after_the_database_was_away(
    store: Store, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    now, asked, read = [0.0], [], services.statuses

    def statuses(*arguments: Any) -> Any:
        if trouble == "fails":
            raise db_exception.DBConnectionError
        now[0] += 60
        return read(*arguments)

    def clean_up(_context: Any, dead_host: str) -> int:
        asked.append(dead_host)
        return 0

    _beat(store, ME, PEER)
    _seen(PEER, 3600)
    watch = services.Watch(NAME, ME, clean_up, clock=lambda: now[0])
    with monkeypatch.context() as patch, contextlib.suppress(db_exception.DBConnectionError):
        patch.setattr(services, "statuses", statuses)
        watch.step(store.context)
    watch.step(store.context)
    now[0] += services.heartbeat_interval_s() - 1
    watch.step(store.context)
    assert (asked, watch.live_hosts(store.context)) == ([], [ME, PEER])
    now[0] += 2
    watch.step(store.context)
    assert (asked, watch.live_hosts(store.context)) == ([PEER], [ME])


def test_a_host_that_is_no_daemon_leads_nothing(store: Store) -> None:
    asked: list[str] = []
    assert _watch(ME, {}, asked).step() == []
    assert asked == []
    assert services.statuses(store.context) == []
    assert ServiceStatus("ACTIVE") == "ACTIVE"


@pytest.mark.parametrize(("down_time_s", "interval_s"), [(600, 60), (90, 30), (6, 2)])
def test_one_heartbeat_that_fails_is_not_taken_for_death(
    down_time_s: int, interval_s: float
) -> None:
    CONF.set_override("service_down_time", down_time_s)
    try:
        assert services.heartbeat_interval_s() == interval_s
    finally:
        CONF.clear_override("service_down_time")
