# SPDX-License-Identifier: Apache-2.0
"""Read a cloud from the answer of ``GET /v1/data_model``: a copy of a real one to simulate.

It has no zones and no flavor names: a flavor is made for each size, a zone for each availability
zone that servers are pinned to.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Mapping
from typing import Any

from watcher.simulator import file_values
from watcher.simulator.records import (
    ADMIN_PROJECT_ID,
    Aggregate,
    Contents,
    Flavor,
    Host,
    Project,
    Server,
)


def parse(rows: Iterable[Mapping[str, Any]]) -> Contents:
    """Return the cloud of the rows under ``context``; wrong ones raise various errors."""
    hosts: dict[str, Host] = {}
    flavors: dict[tuple[Any, ...], Flavor] = {}
    servers: dict[str, Server] = {}
    zones: dict[str, list[str]] = {}
    for row in rows:
        name = row["node_hostname"]
        file_values.check("node_hostname", "str", name)
        if name not in hosts:
            hosts[name] = _host(len(hosts) + 1, row)
        if row.get("server_uuid") is None:
            continue
        flavor = _flavor(flavors, row)
        servers[row["server_uuid"]] = _server(len(servers) + 1, row, flavor)
        pinned = row.get("server_pinned_az")
        if pinned and name not in zones.setdefault(pinned, []):
            zones[pinned].append(name)
    aggregates = tuple(
        Aggregate(
            number,
            file_values.make_id("aggregate", zone),
            zone,
            tuple(names),
            zone,
            {"availability_zone": zone},
        )
        for number, (zone, names) in enumerate(sorted(zones.items()), 1)
    )
    ids = sorted({server.project_id for server in servers.values()})
    projects = tuple(Project(each, f"project-{each[:8]}") for each in ids)
    return Contents(
        tuple(hosts.values()),
        tuple(servers.values()),
        tuple(flavors.values()),
        aggregates,
        file_values.with_admin(projects),
    )


def _number(row: Mapping[str, Any], name: str, default: float | None = None) -> float:
    """Return a number of a data model, which may be written as a string."""
    value = row[name] if default is None else row.get(name, default)
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{name}: expected a number, found {file_values.found(value)}")
    return number


def _mapping(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = row.get(name) or {}
    file_values.check(name, "Mapping[str, str]", value)
    return dict(value)


def _host(number: int, row: Mapping[str, Any]) -> Host:
    return Host(
        uuid=row["node_uuid"],
        service_uuid=file_values.make_id("service", row["node_hostname"]),
        number=number,
        hostname=row["node_hostname"],
        hypervisor_hostname=row["node_hostname"],
        vcpus=int(_number(row, "node_vcpus")),
        memory_mib=int(_number(row, "node_memory")),
        disk_gib=int(_number(row, "node_disk")),
        vcpus_reserved=int(_number(row, "node_vcpu_reserved", 0)),
        memory_mib_reserved=int(_number(row, "node_memory_mb_reserved", 0)),
        disk_gib_reserved=int(_number(row, "node_disk_gb_reserved", 0)),
        vcpu_ratio=_number(row, "node_vcpu_ratio", 1),
        memory_ratio=_number(row, "node_memory_ratio", 1),
        disk_ratio=_number(row, "node_disk_ratio", 1),
        status=row.get("node_status", "enabled"),
        state=row.get("node_state", "up"),
        disabled_reason=row.get("node_disabled_reason"),
    )


def _flavor(flavors: dict[tuple[Any, ...], Flavor], row: Mapping[str, Any]) -> Flavor:
    vcpus, memory_mib, disk_gib = (
        int(_number(row, name)) for name in ("server_vcpus", "server_memory", "server_disk")
    )
    size = (vcpus, memory_mib, disk_gib)
    specs = _mapping(row, "server_flavor_extra_specs")
    key = (*size, *sorted(specs.items()))
    if key not in flavors:
        number = str(len(flavors) + 1)
        name = "c{}.m{}.d{}".format(*size) + (f".{number}" if specs else "")
        flavors[key] = Flavor(number, name, *size, extra_specs=specs)
    return flavors[key]


def _server(number: int, row: Mapping[str, Any], flavor: Flavor) -> Server:
    created = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    created += datetime.timedelta(minutes=number)
    state = row.get("server_state", "active")
    return Server(
        uuid=row["server_uuid"],
        number=number,
        name=row["server_name"],
        flavor=flavor,
        host=row["node_hostname"],
        created=created,
        updated=created,
        launched=created,
        project_id=row.get("server_project_id") or ADMIN_PROJECT_ID,
        vm_state=file_values.AT_REST.get(state, state),
        metadata=_mapping(row, "server_metadata"),
        locked=bool(row.get("server_locked", False)),
        pinned_zone=row.get("server_pinned_az") or None,
    )
