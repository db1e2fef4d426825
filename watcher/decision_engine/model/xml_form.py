# SPDX-License-Identifier: Apache-2.0
"""The model as XML (published form), for people who read the report of a running process."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from watcher.domain.snapshot import Host, Server, Snapshot


def to_xml(snapshot: Snapshot) -> str:
    """Return hosts with their servers, then servers without a host; each sorted by uuid."""
    root = ET.Element("ModelRoot")
    for uuid in sorted(snapshot.hosts):
        node = ET.SubElement(root, "ComputeNode", _texts(_of_host(snapshot.hosts[uuid])))
        _add_servers(node, snapshot.servers_of(uuid))
    _add_servers(root, (s for s in snapshot.servers.values() if s.uuid not in snapshot.placement))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode")


def _add_servers(parent: ET.Element, servers: Iterable[Server]) -> None:
    for server in sorted(servers, key=lambda each: each.uuid):
        ET.SubElement(parent, "Instance", _texts(_of_server(server)))


def _texts(values: dict[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}


def _of_host(host: Host) -> dict[str, object]:
    return {
        "hostname": host.hostname,
        "status": host.status,
        "disabled_reason": host.disabled_reason,
        "state": host.state,
        "memory": host.memory_mib,
        "memory_mb_reserved": host.memory_mib_reserved,
        "disk": host.disk_gib,
        "disk_gb_reserved": host.disk_gib_reserved,
        "vcpus": host.vcpus,
        "vcpu_reserved": host.vcpu_reserved,
        "memory_ratio": host.memory_ratio,
        "vcpu_ratio": host.vcpu_ratio,
        "disk_ratio": host.disk_ratio,
        "uuid": host.uuid,
    }


def _of_server(server: Server) -> dict[str, object]:
    values = {
        "watcher_exclude": server.excluded,
        "name": server.name,
        "state": server.state,
        "memory": server.memory_mib,
        "disk": server.disk_gib,
        "vcpus": server.vcpus,
        "metadata": dict(server.metadata),
        "project_id": server.project_id,
        "locked": server.locked,
        "host": server.host,
        "hypervisor_hostname": server.hypervisor_hostname,
        "created": server.created and server.created.astimezone(datetime.UTC),
        "pinned_az": server.pinned_az,
        "flavor_extra_specs": dict(server.flavor_extra_specs),
        "uuid": server.uuid,
    }
    unset = {"host", "hypervisor_hostname", "created"}
    return {k: value for k, value in values.items() if value is not None or k not in unset}
