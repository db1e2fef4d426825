# SPDX-License-Identifier: Apache-2.0
"""The store shares one reading of the cloud, and never passes an old one off as new."""

from __future__ import annotations

import logging
import threading
from concurrent import futures

import pytest

from watcher.common import exception
from watcher.decision_engine.model import store
from watcher.domain.snapshot import Host, Snapshot


class Cloud:
    """Something to read, which may fail or block."""

    def __init__(self) -> None:
        self.now = 0.0
        self.readings = 0
        self.failure: Exception | None = None
        self.begun = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()

    def read(self) -> Snapshot:
        self.readings += 1
        self.begun.set()
        assert self.go_on.wait(10)
        if self.failure:
            raise self.failure
        return Snapshot.of([Host("h1", "host-1")])


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def kept(cloud: Cloud) -> store.SnapshotStore:
    return store.SnapshotStore(cloud.read, max_age_s=lambda: 10, clock=lambda: cloud.now)


def test_nothing_is_read_before_somebody_asks(cloud: Cloud, kept: store.SnapshotStore) -> None:
    assert kept.latest is None
    assert cloud.readings == 0


def test_a_fresh_snapshot_is_shared(cloud: Cloud, kept: store.SnapshotStore) -> None:
    first = kept.get()
    cloud.now = 10
    assert kept.get() is first
    assert (cloud.readings, first.version) == (1, 1)


def test_an_old_snapshot_is_replaced_and_not_changed(
    cloud: Cloud, kept: store.SnapshotStore
) -> None:
    first = kept.get()
    cloud.now = 10.1
    second = kept.get()
    assert (first.version, second.version, cloud.readings) == (1, 2, 2)
    assert kept.latest is second


def test_who_asks_may_be_stricter(cloud: Cloud, kept: store.SnapshotStore) -> None:
    kept.get()
    cloud.now = 0.1
    kept.get(max_age_s=0)
    assert cloud.readings == 2


def test_age_counts_from_the_begin_of_the_reading(cloud: Cloud, kept: store.SnapshotStore) -> None:
    def slow() -> Snapshot:
        cloud.now += 8
        return Snapshot.of([])

    made = store.SnapshotStore(slow, max_age_s=lambda: 10, clock=lambda: cloud.now)
    first = made.get()
    cloud.now += 3
    assert made.get() is not first


def test_a_failure_is_raised_and_the_old_snapshot_is_not_handed_out(
    cloud: Cloud, kept: store.SnapshotStore
) -> None:
    first = kept.get()
    cloud.now = 60
    cloud.failure = exception.ClusterDataModelCollectionError("Nova is down", cdm="compute")
    with pytest.raises(exception.ClusterDataModelCollectionError, match="Nova is down"):
        kept.get()
    assert kept.latest is first
    cloud.failure = None
    assert kept.get().version == 2


@pytest.mark.parametrize(
    "failure",
    [exception.ClusterDataModelCollectionError("Nova is down", cdm="compute"), KeyError("bug")],
)
def test_an_error_ends_the_reading_so_that_the_next_can_begin(
    cloud: Cloud, kept: store.SnapshotStore, failure: Exception
) -> None:
    cloud.failure = failure
    with pytest.raises(type(failure)):
        kept.get()
    cloud.failure = None
    assert kept.get().version == 1


def test_who_comes_during_a_reading_waits_for_it_and_shares_it(
    cloud: Cloud, kept: store.SnapshotStore
) -> None:
    cloud.go_on.clear()
    with futures.ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(kept.get)]
        assert cloud.begun.wait(10)
        jobs += [pool.submit(kept.get) for _number in range(3)]
        cloud.go_on.set()
        found = {job.result(10).version for job in jobs}
    assert (found, cloud.readings) == ({1}, 1)


def test_who_comes_too_late_for_a_reading_shares_the_next_one(
    cloud: Cloud, kept: store.SnapshotStore
) -> None:
    cloud.go_on.clear()
    with futures.ThreadPoolExecutor(4) as pool:
        first = pool.submit(kept.get)
        assert cloud.begun.wait(10)
        cloud.now = 11
        late = [pool.submit(kept.get) for _number in range(3)]
        cloud.go_on.set()
        assert first.result(10).version == 1
        assert {job.result(10).version for job in late} == {2}
    assert cloud.readings == 2


def test_who_waits_for_a_reading_hears_of_its_failure(
    cloud: Cloud, kept: store.SnapshotStore
) -> None:
    cloud.go_on.clear()
    cloud.failure = exception.ClusterDataModelCollectionError("Nova is down", cdm="compute")
    with futures.ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(kept.get)]
        assert cloud.begun.wait(10)
        jobs.append(pool.submit(kept.get))
        cloud.go_on.set()
        for job in jobs:
            with pytest.raises(exception.ClusterDataModelCollectionError, match="Nova is down"):
                job.result(10)


def test_the_periodic_job_reads_and_survives_failures(
    cloud: Cloud, kept: store.SnapshotStore, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        kept.refresh()
        cloud.now = 1
        cloud.failure = exception.ClusterDataModelCollectionError("Nova is down", cdm="compute")
        kept.refresh()
    assert "version 1: 1 hosts, 0 servers" in caplog.text
    assert "was not renewed: Nova is down" in caplog.text


def test_the_process_has_one_store_made_of_the_plug_in() -> None:
    assert store.shared() is store.shared("compute")
    assert store.shared().period_s() == 3600
    with pytest.raises(exception.LoadingError):
        store.shared("unheard")


def test_a_reader_that_returns_no_snapshot_is_an_error_each_time_and_hangs_nobody():
    broken = store.SnapshotStore(lambda: None, max_age_s=lambda: 60)  # type: ignore[arg-type, return-value]
    for _attempt in range(2):
        with pytest.raises(TypeError):
            broken.get()


def test_the_text_of_the_models_names_the_collector(monkeypatch) -> None:
    cloud = Cloud()
    made = store.SnapshotStore(cloud.read, max_age_s=lambda: 0)
    monkeypatch.setattr(store, "shared", lambda: made)
    heading = "~~~~~~~\ncompute\n~~~~~~~\n\n"
    assert store.text() == heading + "not read by this process"
    made.refresh()
    assert store.text().startswith(heading + "<ModelRoot>")
