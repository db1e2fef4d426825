# SPDX-License-Identifier: Apache-2.0
"""Placement's client."""

from __future__ import annotations

import pytest
from keystoneauth1 import exceptions

from tests.fixtures.cloud_http import FakeService, inventory_rows
from watcher.clients import placement

PATH = "/resource_providers/h1/inventories"


def test_inventories_are_read_by_class() -> None:
    service = FakeService().on("GET", PATH, (200, inventory_rows(VCPU=8)))
    found = placement.PlacementClient(lambda: service).inventories("h1")
    assert found == {"VCPU": placement.Inventory(8, 1, 2.0)}


def test_a_host_that_is_not_known_has_none() -> None:
    assert placement.PlacementClient(FakeService).inventories("h1") is None


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(exceptions.ConnectFailure("x"), placement.PlacementUnreachable, id="down"),
        pytest.param((503, None), placement.PlacementUnreachable, id="unavailable"),
        pytest.param((403, {"errors": [{"detail": "no"}]}), placement.PlacementError, id="refused"),
        pytest.param((200, {}), placement.PlacementError, id="no inventories"),
    ],
)
def test_failures_become_ours(answer: object, expected: type[Exception]) -> None:
    service = FakeService().on("GET", PATH, answer)  # type: ignore[arg-type]
    with pytest.raises(expected) as caught:
        placement.PlacementClient(lambda: service).inventories("h1")
    assert type(caught.value) is expected


def test_the_services_own_words_are_told() -> None:
    service = FakeService().on("GET", PATH, (403, {"errors": [{"detail": "not for you"}]}))
    with pytest.raises(placement.PlacementError, match=r"not for you \(HTTP 403\)"):
        placement.PlacementClient(lambda: service).inventories("h1")
