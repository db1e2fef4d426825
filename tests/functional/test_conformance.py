# SPDX-License-Identifier: Apache-2.0
"""Recorded exchanges with the reference service, played against our daemons on each database.

The recordings wait for daemons most of the time, so the three databases are played side by side,
each with daemons, exchanges and a cloud of its own.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from tests.functional.conftest import make_database, need
from tests.functional.deployment import DAEMONS, Deployment
from watcher.api.controller import ROUTES
from watcher.api.controllers import v1  # noqa: F401 - declares the routes
from watcher.api.resource import Resource

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
FOLDER = pathlib.Path(
    os.environ.get("WATCHER_CONFORMANCE_DIR") or REPOSITORY.parent / "shared" / "conformance"
)

# Answers that differ on purpose, each with its reason.
DEVIATIONS = REPOSITORY / "tests" / "contract" / "deviations.json"

STEPS = 1181
ROUNDS = 2  # the second one meets the rows of the first

# Strategies that do not exist yet. A step that needs one must fail, every other step must pass.
UNBUILT = (
    "basic",
    "node_resource_consolidation",
    "noisy_neighbor",
    "outlet_temperature",
    "saving_energy",
    "storage_capacity_balance",
    "uniform_airflow",
    "vm_workload_consolidation",
    "workload_balance",
    "workload_stabilization",
    "zone_migration",
)
_OF_ZONE_MIGRATION = ("create audit m", "it ends", "plans", "actions", "clean up audit m")
MISSING = frozenset(f"strategies_catalogue: strategy {name}" for name in UNBUILT) | frozenset(
    f"efficacy_zone_migration: {step}" for step in _OF_ZONE_MIGRATION if "zone_migration" in UNBUILT
)

# The first test plays all of them.
pytestmark = pytest.mark.timeout(1800)

DATABASES = ("mysql", "postgresql", "sqlite")


@dataclasses.dataclass(frozen=True)
class Play:
    """What came of playing the recordings several times against one deployment."""

    rounds: list[list[dict]]
    deviating: list[str]
    differences: dict[str, list[str]]
    broken_pages: list[str]
    logs: dict[str, str]


def recordings() -> pathlib.Path:
    """Return the folder of the recordings; skip (or fail) without it."""
    if not (FOLDER / "replay").exists():
        message = f"no recordings at {FOLDER}; set WATCHER_CONFORMANCE_DIR to their folder"
        if os.environ.get("WATCHER_REQUIRE_SPEC"):
            pytest.fail(message)
        pytest.skip(message)
    return FOLDER


@contextlib.contextmanager
def started(folder: pathlib.Path, database: str) -> Iterator[Deployment]:
    """Run our daemons with the cloud of the recordings."""
    deployment = Deployment(folder, database, need("rabbit"))
    deployment.authentication = False
    port = str(deployment.cloud_port)
    with subprocess.Popen(
        [sys.executable, FOLDER / "fake_cloud", "--port", port],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as cloud:
        try:
            deployment.upgrade_database()
            deployment.wait_for_cloud()
            deployment.start(*DAEMONS).wait_until_active()
            yield deployment
        finally:
            deployment.stop()
            cloud.terminate()


def replay(
    deployment: Deployment, result: pathlib.Path, *more: str | pathlib.Path
) -> tuple[list[dict], list[str]]:
    """Play recordings; return the result of each step and what deviates on purpose."""
    done = subprocess.run(
        [
            sys.executable, FOLDER / "replay", "--base-url", deployment.api_url,
            "--lenient-500", "--json", result, *more,
        ],
        capture_output=True,
        text=True,
        timeout=1500,
    )  # fmt: skip
    assert result.exists(), done.stdout[-3000:] + done.stderr[-3000:]
    lines = done.stdout.splitlines()
    return json.loads(result.read_text())["steps"], [
        line for line in lines if line.startswith("deviates")
    ]


def broken_pages(deployment: Deployment) -> list[str]:
    """Return the lists whose pages, deleted rows included, are not the list as a whole."""

    def keys(address: str, resource: Resource) -> Iterator[Any]:
        while address:
            status, page = deployment.request("GET", address, **{"X-Show-Deleted": "1"})
            assert status == 200, (address, page)
            yield from (row[resource.key] for row in page[resource.plural])
            address = page.get("next", "").removeprefix(deployment.api_url)

    broken = []
    for resource in {route.resource for route in ROUTES if route.resource}:
        for key in resource.sort_paths:
            for direction in ("asc", "desc"):
                address = f"/v1/{resource.plural}?sort_key={key}&sort_dir={direction}"
                whole = list(keys(f"{address}&limit=1000", resource))
                pages = itertools.islice(keys(f"{address}&limit=50", resource), len(whole) + 1)
                if list(pages) != whole:
                    broken.append(address)
    return broken


def play(database: str, folder: pathlib.Path) -> Play:
    """Start a deployment on an empty database and play all recordings as often as wanted."""
    source = (
        contextlib.nullcontext(f"sqlite:///{folder / 'watcher.sqlite'}")
        if database == "sqlite"
        else contextlib.contextmanager(make_database)(database)
    )
    with source as url:
        with started(folder, url) as deployment:
            rounds = [
                replay(deployment, folder / f"{number}.json", "--accept", DEVIATIONS)
                for number in range(ROUNDS)
            ]
            patches, _ = replay(deployment, folder / "patches.json", "--scenario", "audits_patch")
            broken = broken_pages(deployment)
        logs = {name: deployment.log(name) for name in DAEMONS}
    differences = {f"{step['scenario']}: {step['step']}": step["failures"] for step in patches}
    return Play([results for results, _ in rounds], rounds[-1][1], differences, broken, logs)


@pytest.fixture(scope="module")
def plays(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Play]]]:
    """Play all databases that answer at the same time."""
    recordings()
    need("rabbit")
    with ThreadPoolExecutor(len(DATABASES)) as pool:
        found = {}
        for database in DATABASES:
            with contextlib.suppress(pytest.skip.Exception):
                if database != "sqlite":
                    need(database)
                folder = tmp_path_factory.mktemp(database)
                found[database] = pool.submit(play, database, folder)
        yield found


@pytest.fixture(params=DATABASES)
def played(request: pytest.FixtureRequest, plays: dict[str, Future[Play]]) -> Play:
    """The result on one database."""
    if request.param not in plays:
        need(request.param)
    return plays[request.param].result()


def test_every_recorded_exchange_passes_again_and_again(played: Play) -> None:
    assert len(played.rounds) == ROUNDS
    for results in played.rounds:
        assert len(results) == STEPS
        failed = {
            f"{step['scenario']}: {step['step']}": step for step in results if not step["passed"]
        }
        unexpected = {key: step for key, step in failed.items() if key not in MISSING}
        assert not unexpected, json.dumps(unexpected, indent=1)[:5000]
        built = MISSING - set(failed)
        assert not built, f"passes now, take it off the list of what is missing: {sorted(built)}"
        assert len(failed) == sum(not step["passed"] for step in results)


def test_every_accepted_deviation_is_met(played: Play) -> None:
    assert len(played.deviating) == len(json.loads(DEVIATIONS.read_text()))


def test_after_a_refused_patch_only_what_it_would_have_changed_differs(played: Play) -> None:
    differences = dict(played.differences)
    refused = differences.pop("audits_patch: parameters are not checked here")
    assert refused[0].startswith("status: wanted 200, got 400")
    others = [line for lines in differences.values() for line in lines]
    assert [line for line in others if not line.startswith("$.parameters")] == []


def test_pages_are_the_list_whatever_it_is_sorted_by(played: Play) -> None:
    assert played.broken_pages == []


@pytest.mark.parametrize("daemon", DAEMONS)
def test_no_daemon_logs_a_traceback(played: Play, daemon: str) -> None:
    log = played.logs[daemon]
    assert "Traceback" not in log, log[log.index("Traceback") :][:4000]
    errors = [line for line in log.splitlines() if " ERROR " in line]
    assert all("no-such-node" in line for line in errors), "\n".join(errors)[:4000]
