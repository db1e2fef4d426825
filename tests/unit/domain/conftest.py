# SPDX-License-Identifier: Apache-2.0
"""A small cloud."""

from __future__ import annotations

import pytest

from watcher.domain.snapshot import Host, Server, Snapshot


def host(number: int, **changes: object) -> Host:
    values = {"vcpus": 16, "memory_mib": 65536, "disk_gib": 1000, **changes}
    return Host(uuid=f"h{number}", hostname=f"host-{number}", **values)  # type: ignore[arg-type]


def server(number: int, on: int | None = 1, **changes: object) -> Server:
    values = {"vcpus": 1, "memory_mib": 1024, "disk_gib": 10, **changes}
    where = None if on is None else f"host-{on}"
    return Server(uuid=f"s{number}", name=f"vm{number}", host=where, **values)  # type: ignore[arg-type]


def uuids(servers: tuple[Server, ...]) -> list[str]:
    return [one.uuid for one in servers]


@pytest.fixture
def cloud() -> Snapshot:
    return Snapshot.of(
        [host(2), host(1), host(3)],
        [server(1), server(2, 2), server(3), server(4, None), server(5, 99)],
        zones={"host-1": "az1"},
    )
