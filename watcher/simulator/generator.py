# SPDX-License-Identifier: Apache-2.0
"""Generate a cloud from three numbers: the same numbers give the same cloud on every machine."""

from __future__ import annotations

import dataclasses
import datetime
import random
import uuid

from watcher.simulator.lottery import Room
from watcher.simulator.records import (
    ADMIN_PROJECT_ID,
    Aggregate,
    Contents,
    Flavor,
    Host,
    Project,
    Resources,
    Server,
)

EPOCH = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
FLAVORS = (
    Flavor("1", "m1.tiny", 1, 512, 1),
    Flavor("2", "m1.small", 1, 2048, 20),
    Flavor("3", "m1.medium", 2, 4096, 40),
    Flavor("4", "m1.large", 4, 8192, 80),
    Flavor("5", "m1.xlarge", 8, 16384, 160, ephemeral_gib=20, swap_mib=2048),
)
FLAVOR_WEIGHTS = (2, 5, 4, 2, 1)
HOST_SIZES = ((32, 131072, 2000), (32, 131072, 2000), (48, 196608, 3000))
"""vCPUs, memory in MiB, disk in GiB; drawn with equal chances."""

ROLES = ("web", "db", "cache", "batch", "ci")
STOPPED_SHARE = 0.03
LOCKED_SHARE = 0.01
MAX_HOSTS = 10_000
MAX_SERVERS = 200_000
"""The bounds of what is made; a cloud of this size takes seconds to make, not minutes."""


def generate(hosts: int, servers: int, seed: int, *, pinned_ratio: float = 0.0) -> Contents:
    """Return a cloud with these numbers of hosts and servers, unevenly filled.

    While the numbers allow it, each host is filled only so far that the others can take all of
    its servers; beyond that, up to its capacity. Cost: O((hosts + servers) log hosts).

    :param pinned_ratio: share of the servers that may not leave their availability zone, 0..1
    :raises ValueError: when the numbers are out of range or the servers do not fit
    """
    if not (1 <= hosts <= MAX_HOSTS and 0 <= servers <= MAX_SERVERS):
        raise ValueError(
            f"expected 1 to {MAX_HOSTS} hosts and 0 to {MAX_SERVERS} servers, "
            f"found {hosts} hosts and {servers} servers"
        )
    if not 0 <= pinned_ratio <= 1:
        raise ValueError(f"pinned_ratio: expected 0 to 1, found {pinned_ratio}")
    chance = random.Random(seed)  # noqa: S311 - makes examples, not secrets
    projects = (
        Project(ADMIN_PROJECT_ID, "admin"),
        *(Project(_uuid(chance).replace("-", ""), f"team-{name}") for name in "abc"),
    )
    made_hosts = tuple(_host(chance, number, hosts) for number in range(1, hosts + 1))
    aggregates = _aggregates(chance, made_hosts)
    empty = Contents(made_hosts, (), FLAVORS, aggregates, projects)
    return dataclasses.replace(empty, servers=_servers(chance, empty, servers, pinned_ratio))


def _uuid(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def _host(chance: random.Random, number: int, total: int) -> Host:
    width = max(3, len(str(total)))
    name = f"compute-{number:0{width}}"
    vcpus, memory_mib, disk_gib = chance.choice(HOST_SIZES)
    return Host(
        uuid=_uuid(chance),
        service_uuid=_uuid(chance),
        number=number,
        hostname=name,
        hypervisor_hostname=name,
        vcpus=vcpus,
        memory_mib=memory_mib,
        disk_gib=disk_gib,
        memory_mib_reserved=4096,
        disk_gib_reserved=50,
    )


def _aggregates(chance: random.Random, hosts: tuple[Host, ...]) -> tuple[Aggregate, ...]:
    """Return up to three zones of at least three hosts each, and one aggregate without a zone."""
    names = [host.hostname for host in hosts]
    zones = min(3, len(names) // 3)
    made = [
        Aggregate(
            id=number + 1,
            uuid=_uuid(chance),
            name=f"zone-{number + 1}",
            hosts=tuple(names[number::zones]),
            availability_zone=f"zone-{number + 1}",
            metadata={"availability_zone": f"zone-{number + 1}"},
        )
        for number in range(zones)
    ]
    ssd = tuple(sorted(chance.sample(names, max(1, len(names) // 4))))
    made.append(Aggregate(zones + 1, _uuid(chance), "ssd", ssd, metadata={"ssd": "true"}))
    return tuple(made)


def _limits(hosts: tuple[Host, ...]) -> list[Resources]:
    """Return how far each host may be filled so that the others can take everything from it."""
    largest = Server("", 0, "", FLAVORS[-1], None, EPOCH).size()
    smallest = Resources(
        *(min(amount) for amount in zip(*(h.capacity for h in hosts), strict=True))
    )
    kept = Resources(*(amount / len(hosts) for amount in smallest)).plus(largest)
    return [host.capacity.minus(kept) for host in hosts]


def _servers(
    chance: random.Random, cloud: Contents, count: int, pinned_ratio: float
) -> tuple[Server, ...]:
    liking = [chance.uniform(0.3, 1.0) for _host in cloud.hosts]
    room = Room(liking, (_limits(cloud.hosts), [host.capacity for host in cloud.hosts]))
    zones = cloud.zones()
    made: list[Server] = []
    for number in range(1, count + 1):
        server = _server(chance, cloud, number)
        place = room.take(server.size(), chance.random)
        if place is None:
            raise ValueError(
                f"{len(cloud.hosts)} hosts take {number - 1} servers of this seed, not {count}: "
                "ask for more hosts or fewer servers"
            )
        name = cloud.hosts[place].hostname
        pinned = zones[name] if _happens(chance, pinned_ratio) else None
        made.append(dataclasses.replace(server, host=name, pinned_zone=pinned))
    return tuple(made)


def _server(chance: random.Random, cloud: Contents, number: int) -> Server:
    created = EPOCH + datetime.timedelta(minutes=number)
    role = chance.choice(ROLES)
    return Server(
        uuid=_uuid(chance),
        number=number,
        name=f"{role}-{number:04}",
        flavor=chance.choices(FLAVORS, FLAVOR_WEIGHTS)[0],
        host=None,
        created=created,
        updated=created,
        launched=created,
        project_id=chance.choice(cloud.projects).id,
        metadata={"role": role},
        vm_state="stopped" if _happens(chance, STOPPED_SHARE) else "active",
        locked=_happens(chance, LOCKED_SHARE),
    )


def _happens(chance: random.Random, probability: float) -> bool:
    return chance.random() < probability
