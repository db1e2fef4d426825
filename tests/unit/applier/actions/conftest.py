# SPDX-License-Identifier: Apache-2.0
"""A cloud of three hosts and a migration within it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fixtures.fake_nova import FakeClients, FakeNova, a_server
from watcher import conf
from watcher.applier.actions.migration import Migrate

SERVER = "10000000-0000-4000-8000-000000000001"


class Hurried:
    """An event that is not set, and for which nobody waits."""

    def is_set(self) -> bool:
        return False

    def wait(self, timeout: float | None = None) -> bool:
        return False


@pytest.fixture(autouse=True)
def short_deadline() -> Iterator[None]:
    settings = {"migration_max_retries": 2, "migration_interval": 0.1}
    for name, value in settings.items():
        conf.CONF.set_override(name, value, "nova")
    yield
    for name in settings:
        conf.CONF.clear_override(name, "nova")


@pytest.fixture
def cloud() -> FakeNova:
    cloud = FakeNova("source", "target", "other")
    cloud.add(a_server(SERVER, "source"))
    return cloud


def a_migration(cloud: FakeNova, type: str = "live", **parameters: Any) -> Migrate:
    action = Migrate({}, osc=FakeClients(cloud))  # type: ignore[arg-type]  # a double
    action.input_parameters = {
        "migration_type": type,
        "resource_id": SERVER,
        "source_node": "source",
        "destination_node": "target",
        **parameters,
    }
    if action.input_parameters["destination_node"] is None:
        del action.input_parameters["destination_node"]
    action.stop.expired = Hurried()  # type: ignore[assignment]  # a double
    return action


def requests(cloud: FakeNova) -> list[str]:
    return [call[0] for call in cloud.calls]
