# SPDX-License-Identifier: Apache-2.0
"""Frozen records of the simulated cloud: what exists, without what happens to it."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from typing import NamedTuple

ADMIN_PROJECT_ID = "0a0b0c0d0e0f40008000000000000001"
ADMIN_USER_ID = "0a0b0c0d0e0f400080000000000000a1"
IMAGE_ID = "5c000000-0000-4000-8000-000000000001"
DEFAULT_ZONE = "nova"


class Resources(NamedTuple):
    """An amount of the three resource classes a scheduler counts."""

    vcpus: float
    memory_mib: float
    disk_gib: float

    def plus(self, other: Resources) -> Resources:
        """Return the sum, class by class."""
        return Resources(
            self.vcpus + other.vcpus,
            self.memory_mib + other.memory_mib,
            self.disk_gib + other.disk_gib,
        )

    def minus(self, other: Resources) -> Resources:
        """Return the difference, class by class; it may be negative."""
        return Resources(
            self.vcpus - other.vcpus,
            self.memory_mib - other.memory_mib,
            self.disk_gib - other.disk_gib,
        )

    def fits(self, room: Resources) -> bool:
        """Tell whether this amount is within the room, in every class."""
        return (
            self.vcpus <= room.vcpus
            and self.memory_mib <= room.memory_mib
            and self.disk_gib <= room.disk_gib
        )


NOTHING = Resources(0, 0, 0)


@dataclasses.dataclass(frozen=True, slots=True)
class Project:
    """A Keystone project of the default domain."""

    id: str
    name: str


@dataclasses.dataclass(frozen=True, slots=True)
class Flavor:
    """A size of server."""

    id: str
    name: str
    vcpus: int
    memory_mib: int
    disk_gib: int
    ephemeral_gib: int = 0
    swap_mib: int = 0
    public: bool = True
    extra_specs: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Host:
    """A compute host: its nova-compute service, its hypervisor and its inventory."""

    uuid: str
    service_uuid: str
    number: int
    hostname: str
    hypervisor_hostname: str
    vcpus: int
    memory_mib: int
    disk_gib: int
    vcpus_reserved: int = 0
    memory_mib_reserved: int = 512
    disk_gib_reserved: int = 0
    vcpu_ratio: float = 4.0
    memory_ratio: float = 1.0
    disk_ratio: float = 1.0
    status: str = "enabled"
    disabled_reason: str | None = None
    state: str = "up"
    forced_down: bool = False

    @property
    def is_up(self) -> bool:
        """Tell whether its service reports and is not forced down."""
        return self.state == "up" and not self.forced_down

    @property
    def capacity(self) -> Resources:
        """Return what servers may use: (total - reserved) x ratio, as Placement counts."""
        return Resources(
            (self.vcpus - self.vcpus_reserved) * self.vcpu_ratio,
            (self.memory_mib - self.memory_mib_reserved) * self.memory_ratio,
            (self.disk_gib - self.disk_gib_reserved) * self.disk_ratio,
        )

    @property
    def largest(self) -> Resources:
        """Return the most that one server may request: Placement's max_unit."""
        return Resources(self.vcpus, self.memory_mib, self.disk_gib)


@dataclasses.dataclass(frozen=True, slots=True)
class Aggregate:
    """A group of hosts; one with a zone makes an availability zone."""

    id: int
    uuid: str
    name: str
    hosts: tuple[str, ...]
    availability_zone: str | None = None
    metadata: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Server:
    """A virtual machine; ``host`` is None only if no host was found for it."""

    uuid: str
    number: int
    name: str
    flavor: Flavor
    host: str | None
    created: datetime.datetime
    project_id: str = ADMIN_PROJECT_ID
    user_id: str = ADMIN_USER_ID
    vm_state: str = "active"
    task_state: str | None = None
    updated: datetime.datetime | None = None
    launched: datetime.datetime | None = None
    metadata: Mapping[str, str] = dataclasses.field(default_factory=dict)
    locked: bool = False
    locked_reason: str | None = None
    pinned_zone: str | None = None
    boot_from_volume: bool = False
    description: str | None = None
    fault: str | None = None
    state_before: str = "active"
    """The vm_state that a server gets back when its resize is confirmed or reverted."""

    def size(self, flavor: Flavor | None = None) -> Resources:
        """Return what it occupies on a host, with another flavor if one is given."""
        wanted = flavor or self.flavor
        disk_gib = 0 if self.boot_from_volume else wanted.disk_gib
        swap_gib = -(-wanted.swap_mib // 1024)
        return Resources(
            wanted.vcpus, wanted.memory_mib, disk_gib + wanted.ephemeral_gib + swap_gib
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Migration:
    """Nova's record of a move; ``kind`` is live-migration, migration or resize."""

    id: int
    uuid: str
    server_uuid: str
    kind: str
    source: str
    dest: str | None
    old_flavor: Flavor
    new_flavor: Flavor
    status: str
    created: datetime.datetime
    updated: datetime.datetime | None = None
    project_id: str = ADMIN_PROJECT_ID
    user_id: str = ADMIN_USER_ID
    reason: str | None = None
    """Why it failed."""


@dataclasses.dataclass(frozen=True, slots=True)
class Contents:
    """Everything a cloud is made of at one moment; what files hold and generators make."""

    hosts: tuple[Host, ...]
    servers: tuple[Server, ...]
    flavors: tuple[Flavor, ...]
    aggregates: tuple[Aggregate, ...] = ()
    projects: tuple[Project, ...] = (Project(ADMIN_PROJECT_ID, "admin"),)

    def zones(self) -> dict[str, str]:
        """Return the availability zone of each host name."""
        zones = {host.hostname: DEFAULT_ZONE for host in self.hosts}
        for aggregate in self.aggregates:
            if aggregate.availability_zone:
                zones.update(dict.fromkeys(aggregate.hosts, aggregate.availability_zone))
        return zones
