# SPDX-License-Identifier: Apache-2.0
"""The records made from Nova's answers, and how each is read from JSON.

Each reader takes one row of an answer and raises ``KeyError`` or the like if the row
lacks what the record requires; the client turns that into its own error.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from oslo_utils import uuidutils

from watcher.common import exception


@dataclass(frozen=True, slots=True)
class Hypervisor:
    """A compute host as Nova shows it; ``host`` is the name of its compute service."""

    uuid: str
    hostname: str
    type: str
    host: str
    service_uuid: str
    state: str
    status: str
    disabled_reason: str | None
    vcpus: int
    memory_mib: int
    disk_gib: int


@dataclass(frozen=True, slots=True)
class Server:
    """A virtual machine as Nova shows it, with the sizes of its own flavor."""

    uuid: str
    name: str
    status: str
    vm_state: str
    task_state: str | None
    host: str | None
    hypervisor_hostname: str | None
    project_id: str
    locked: bool
    created: datetime.datetime | None
    has_image: bool
    vcpus: int
    memory_mib: int
    disk_gib: int
    ephemeral_gib: int
    swap_mib: int
    availability_zone: str
    pinned_az: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    extra_specs: Mapping[str, str] = field(default_factory=dict)
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class ComputeService:
    """A nova-compute service: whether it is up and whether the scheduler may use it."""

    uuid: str
    host: str
    zone: str
    status: str
    state: str
    disabled_reason: str | None
    forced_down: bool


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A host aggregate; ``hosts`` are names of compute services."""

    id: int
    name: str
    hosts: tuple[str, ...]
    availability_zone: str | None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Migration:
    """One migration of a server, running or finished."""

    id: int
    uuid: str | None
    server_uuid: str
    type: str
    status: str
    source: str | None
    destination: str | None
    created: datetime.datetime | None


def checked_uuid(ident: str) -> str:
    """Return the id if it is a uuid.

    :raises InvalidUUID: it is not.
    """
    if not uuidutils.is_uuid_like(ident):
        raise exception.InvalidUUID(uuid=ident)
    return ident


def _time(text: str | None) -> datetime.datetime | None:
    """Read one of Nova's times, which is UTC whether it says so or not."""
    if not text:
        return None
    found = datetime.datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)


def hypervisor_from(row: dict[str, Any]) -> Hypervisor:
    """Read one of ``hypervisors``."""
    service = row.get("service") or {}
    return Hypervisor(
        uuid=checked_uuid(str(row["id"])),
        hostname=row["hypervisor_hostname"],
        type=row.get("hypervisor_type") or "",
        host=service.get("host") or row["hypervisor_hostname"],
        service_uuid=str(service.get("id") or ""),
        state=row["state"],
        status=row["status"],
        disabled_reason=service.get("disabled_reason"),
        vcpus=int(row.get("vcpus") or 0),
        memory_mib=int(row.get("memory_mb") or 0),
        disk_gib=int(row.get("local_gb") or 0),
    )


def server_from(row: dict[str, Any]) -> Server:
    """Read one of ``servers``."""
    flavor = row.get("flavor") or {}
    return Server(
        uuid=checked_uuid(str(row["id"])),
        name=row.get("name") or "",
        status=row.get("status") or "UNKNOWN",
        vm_state=row.get("OS-EXT-STS:vm_state") or "",
        task_state=row.get("OS-EXT-STS:task_state"),
        host=row.get("OS-EXT-SRV-ATTR:host"),
        hypervisor_hostname=row.get("OS-EXT-SRV-ATTR:hypervisor_hostname"),
        project_id=row.get("tenant_id") or "",
        locked=bool(row.get("locked")),
        created=_time(row.get("created")),
        has_image=bool(row.get("image")),
        vcpus=int(flavor.get("vcpus") or 0),
        memory_mib=int(flavor.get("ram") or 0),
        disk_gib=int(flavor.get("disk") or 0),
        ephemeral_gib=int(flavor.get("ephemeral") or 0),
        swap_mib=int(flavor.get("swap") or 0),
        availability_zone=row.get("OS-EXT-AZ:availability_zone") or "",
        pinned_az=row.get("pinned_availability_zone") or "",
        metadata=row.get("metadata") or {},
        extra_specs=flavor.get("extra_specs") or {},
        fault=(row.get("fault") or {}).get("message"),
    )


def service_from(row: dict[str, Any]) -> ComputeService:
    """Read one of ``services``."""
    return ComputeService(
        uuid=str(row["id"]),
        host=row.get("host") or "",
        zone=row.get("zone") or "",
        status=row.get("status") or "",
        state=row.get("state") or "",
        disabled_reason=row.get("disabled_reason"),
        forced_down=bool(row.get("forced_down")),
    )


def aggregate_from(row: dict[str, Any]) -> Aggregate:
    """Read one of ``aggregates``."""
    return Aggregate(
        id=int(row["id"]),
        name=row["name"],
        hosts=tuple(row.get("hosts") or ()),
        availability_zone=row.get("availability_zone"),
        metadata=row.get("metadata") or {},
    )


def migration_from(row: dict[str, Any]) -> Migration:
    """Read one of ``migrations``, from a server's own list or the list of all."""
    return Migration(
        id=int(row["id"]),
        uuid=row.get("uuid"),
        server_uuid=row.get("instance_uuid") or row.get("server_uuid") or "",
        type=row.get("migration_type") or "live-migration",
        status=row.get("status") or "",
        source=row.get("source_compute"),
        destination=row.get("dest_compute"),
        created=_time(row.get("created_at")),
    )
