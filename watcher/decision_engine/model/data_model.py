# SPDX-License-Identifier: Apache-2.0
"""The model as the flat list behind ``GET /v1/data_model`` (published form)."""

from __future__ import annotations

from watcher.domain.snapshot import Host, Server, Snapshot

Row = dict[str, object]


def flat_list(snapshot: Snapshot) -> list[Row]:
    """Return a row for each server with its host's fields, and one for each empty host.

    Hosts are sorted by uuid, and so are their servers. Servers that run nowhere are left out.
    The rows hold more than the API shows; it keeps the published fields.
    """
    rows: list[Row] = []
    for host_uuid in sorted(snapshot.hosts):
        node = _node_fields(snapshot.hosts[host_uuid])
        residents = sorted(snapshot.servers_of(host_uuid), key=lambda one: one.uuid)
        rows.extend({**node, **_server_fields(one)} for one in residents)
        if not residents:
            rows.append(node)
    return rows


def _node_fields(host: Host) -> Row:
    return {
        "node_hostname": host.hostname,
        "node_status": host.status,
        "node_disabled_reason": host.disabled_reason,
        "node_state": host.state,
        "node_memory": host.memory_mib,
        "node_memory_mb_reserved": host.memory_mib_reserved,
        "node_disk": host.disk_gib,
        "node_disk_gb_reserved": host.disk_gib_reserved,
        "node_vcpus": host.vcpus,
        "node_vcpu_reserved": host.vcpu_reserved,
        "node_memory_ratio": host.memory_ratio,
        "node_vcpu_ratio": host.vcpu_ratio,
        "node_disk_ratio": host.disk_ratio,
        "node_uuid": host.uuid,
    }


def _server_fields(server: Server) -> Row:
    return {
        "server_watcher_exclude": server.excluded,
        "server_name": server.name,
        "server_state": server.state,
        "server_memory": server.memory_mib,
        "server_disk": server.disk_gib,
        "server_vcpus": server.vcpus,
        "server_metadata": dict(server.metadata),
        "server_project_id": server.project_id,
        "server_locked": server.locked,
        "server_host": server.host,
        "server_hypervisor_hostname": server.hypervisor_hostname,
        "server_created": None if server.created is None else str(server.created),
        "server_pinned_az": server.pinned_az,
        "server_flavor_extra_specs": dict(server.flavor_extra_specs),
        "server_uuid": server.uuid,
    }
