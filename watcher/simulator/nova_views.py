# SPDX-License-Identifier: Apache-2.0
"""Nova's JSON of each record at a microversion; key sets were compared with a real Nova."""

from __future__ import annotations

import datetime
import functools
import hashlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from watcher.simulator.cloud import Cloud
from watcher.simulator.http import Version
from watcher.simulator.records import IMAGE_ID, Aggregate, Flavor, Host, Migration, Server

PREFIX = "/compute"

STATUS_OF_TASK: Mapping[str, str] = MappingProxyType(
    {
        "migrating": "MIGRATING",
        "resize_prep": "RESIZE",
        "resize_migrating": "RESIZE",
        "resize_migrated": "RESIZE",
        "resize_finish": "RESIZE",
        "resize_reverting": "REVERT_RESIZE",
    }
)
STATUS_OF_VM: Mapping[str, str] = MappingProxyType(
    {
        "active": "ACTIVE",
        "building": "BUILD",
        "paused": "PAUSED",
        "suspended": "SUSPENDED",
        "stopped": "SHUTOFF",
        "rescued": "RESCUE",
        "resized": "VERIFY_RESIZE",
        "shelved": "SHELVED",
        "shelved_offloaded": "SHELVED_OFFLOADED",
        "soft-delete": "SOFT_DELETED",
        "deleted": "DELETED",
        "error": "ERROR",
    }
)
POWER_OF_VM: Mapping[str, int] = MappingProxyType(
    {"active": 1, "resized": 1, "rescued": 1, "paused": 3, "stopped": 4, "suspended": 4}
)


def status_of(server: Server) -> str:
    """Return the API's status, which Nova derives from vm_state and task_state."""
    return STATUS_OF_TASK.get(server.task_state or "") or STATUS_OF_VM.get(
        server.vm_state, "UNKNOWN"
    )


def seconds(moment: datetime.datetime | None) -> str | None:
    """Return a date as servers show it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def micros(moment: datetime.datetime | None) -> str | None:
    """Return a date as services and migrations show it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000000") if moment else None


def links(base_url: str, kind: str, ident: str) -> list[dict[str, str]]:
    """Return the two links of a resource."""
    return [
        {"rel": "self", "href": f"{base_url}{PREFIX}/v2.1/{kind}/{ident}"},
        {"rel": "bookmark", "href": f"{base_url}{PREFIX}/{kind}/{ident}"},
    ]


def server_brief(server: Server, base_url: str) -> dict[str, Any]:
    """Return a server as in the short list."""
    return {
        "id": server.uuid,
        "name": server.name,
        "links": links(base_url, "servers", server.uuid),
    }


class ServerView:
    """Shows servers; made for one request, so that each host is looked up once."""

    def __init__(self, cloud: Cloud, base_url: str, version: Version, *, is_admin: bool) -> None:
        self._cloud = cloud
        self._base_url = base_url
        self._version = version
        self._is_admin = is_admin
        self._host = functools.cache(cloud.host)

    def show(self, server: Server, *, alone: bool) -> dict[str, Any]:
        """Return a server in detail.

        :param alone: as ``GET /servers/{id}`` shows it, not as an item of a list
        """
        host = self._host(server.host) if server.host else None
        body = self._common(server, host)
        if self._is_admin:
            body |= self._for_admins(server, host)
        if self._version >= (2, 9):
            body["locked"] = server.locked
        if self._version >= (2, 16) and self._is_admin:
            body["host_status"] = _host_status(host)
        if self._version >= (2, 19):
            body["description"] = server.description
        if self._version >= (2, 26):
            body["tags"] = []
        if self._version >= (2, 63):
            body["trusted_image_certificates"] = None
        if self._version >= (2, 71) and alone:
            body["server_groups"] = []
        if self._version >= (2, 73):
            body["locked_reason"] = server.locked_reason
        if self._version >= (2, 96):
            body["pinned_availability_zone"] = server.pinned_zone
        return body

    def _common(self, server: Server, host: Host | None) -> dict[str, Any]:
        body: dict[str, Any] = {
            "accessIPv4": "",
            "accessIPv6": "",
            "addresses": {},
            "created": seconds(server.created),
            "flavor": self._flavor(server.flavor),
            "hostId": _host_id(server),
            "id": server.uuid,
            "image": self._image(server),
            "links": links(self._base_url, "servers", server.uuid),
            "metadata": dict(server.metadata),
            "name": server.name,
            "status": status_of(server),
            "tenant_id": server.project_id,
            "user_id": server.user_id,
            "updated": seconds(server.updated or server.created),
            "OS-DCF:diskConfig": "MANUAL",
            "OS-EXT-AZ:availability_zone": self._cloud.zone_of(host.hostname) if host else "",
            "config_drive": "",
            "key_name": None,
            "OS-SRV-USG:launched_at": micros(server.launched),
            "OS-SRV-USG:terminated_at": None,
            "OS-EXT-STS:task_state": server.task_state,
            "OS-EXT-STS:vm_state": server.vm_state,
            "OS-EXT-STS:power_state": POWER_OF_VM.get(server.vm_state, 0),
            "os-extended-volumes:volumes_attached": [],
        }
        if body["status"] in ("ACTIVE", "BUILD", "MIGRATING", "RESIZE", "VERIFY_RESIZE"):
            body["progress"] = 0
        if server.fault is not None and server.vm_state == "error":
            body["fault"] = {
                "code": 500,
                "created": seconds(server.updated),
                "message": server.fault,
            }
        return body

    def _for_admins(self, server: Server, host: Host | None) -> dict[str, Any]:
        body: dict[str, Any] = {
            "OS-EXT-SRV-ATTR:host": server.host,
            "OS-EXT-SRV-ATTR:instance_name": f"instance-{server.number:08x}",
            "OS-EXT-SRV-ATTR:hypervisor_hostname": host.hypervisor_hostname if host else None,
        }
        if self._version >= (2, 3):
            body |= {
                "OS-EXT-SRV-ATTR:hostname": server.name,
                "OS-EXT-SRV-ATTR:kernel_id": "",
                "OS-EXT-SRV-ATTR:launch_index": 0,
                "OS-EXT-SRV-ATTR:ramdisk_id": "",
                "OS-EXT-SRV-ATTR:reservation_id": f"r-{server.number:08x}",
                "OS-EXT-SRV-ATTR:root_device_name": "/dev/vda",
                "OS-EXT-SRV-ATTR:user_data": None,
            }
        return body

    def _flavor(self, flavor: Flavor) -> dict[str, Any]:
        if self._version < (2, 47):
            return {"id": flavor.id, "links": links(self._base_url, "flavors", flavor.id)[1:]}
        return {
            "vcpus": flavor.vcpus,
            "ram": flavor.memory_mib,
            "disk": flavor.disk_gib,
            "ephemeral": flavor.ephemeral_gib,
            "swap": flavor.swap_mib,
            "original_name": flavor.name,
            "extra_specs": dict(flavor.extra_specs),
        }

    def _image(self, server: Server) -> str | dict[str, Any]:
        if server.boot_from_volume:
            return ""
        return {"id": IMAGE_ID, "links": links(self._base_url, "images", IMAGE_ID)[1:]}


def _host_id(server: Server) -> str:
    if server.host is None:
        return ""
    return hashlib.sha224(f"{server.project_id}{server.host}".encode()).hexdigest()


def _host_status(host: Host | None) -> str:
    if host is None:
        return ""
    if not host.is_up:
        return "DOWN"
    return "UP" if host.status == "enabled" else "MAINTENANCE"


def flavor(record: Flavor, base_url: str, version: Version, *, detail: bool) -> dict[str, Any]:
    """Return a flavor."""
    body: dict[str, Any] = {
        "id": record.id,
        "name": record.name,
        "links": links(base_url, "flavors", record.id),
    }
    if detail:
        body |= {
            "ram": record.memory_mib,
            "disk": record.disk_gib,
            "swap": record.swap_mib or ("" if version < (2, 75) else 0),
            "OS-FLV-EXT-DATA:ephemeral": record.ephemeral_gib,
            "OS-FLV-DISABLED:disabled": False,
            "vcpus": record.vcpus,
            "os-flavor-access:is_public": record.public,
            "rxtx_factor": 1.0,
        }
    if version >= (2, 55):
        body["description"] = None
    if version >= (2, 61) and detail:
        body["extra_specs"] = dict(record.extra_specs)
    return body


def hypervisor(
    cloud: Cloud, host: Host, version: Version, *, detail: bool, with_servers: bool
) -> dict[str, Any]:
    """Return a hypervisor; its resources only below 2.88, as in Nova."""
    by_uuid = version >= (2, 53)
    body: dict[str, Any] = {
        "id": host.uuid if by_uuid else host.number,
        "hypervisor_hostname": host.hypervisor_hostname,
        "state": "up" if host.is_up else "down",
        "status": host.status,
    }
    if detail:
        body |= {
            "hypervisor_type": "QEMU",
            "hypervisor_version": 8002002,
            "host_ip": "127.0.0.1",
            "service": {
                "id": host.service_uuid if by_uuid else host.number,
                "host": host.hostname,
                "disabled_reason": host.disabled_reason,
            },
        }
        body |= {"uptime": None} if version >= (2, 88) else _resources(cloud, host, version)
    if with_servers:
        body["servers"] = [
            {"name": f"instance-{server.number:08x}", "uuid": server.uuid}
            for server in cloud.servers(host.hostname)
        ]
    return body


def _resources(cloud: Cloud, host: Host, version: Version) -> dict[str, Any]:
    used = cloud.used(host.hostname)
    memory_used = int(used.memory_mib) + host.memory_mib_reserved
    disk_used = int(used.disk_gib)
    cpu_info = {"arch": "x86_64", "model": "Nehalem", "vendor": "Intel", "features": []}
    return {
        "vcpus": host.vcpus,
        "memory_mb": host.memory_mib,
        "local_gb": host.disk_gib,
        "vcpus_used": int(used.vcpus),
        "memory_mb_used": memory_used,
        "local_gb_used": disk_used,
        "free_ram_mb": host.memory_mib - memory_used,
        "free_disk_gb": host.disk_gib - disk_used,
        "current_workload": 0,
        "running_vms": len(cloud.servers(host.hostname)),
        "disk_available_least": host.disk_gib - disk_used,
        "cpu_info": cpu_info if version >= (2, 28) else str(cpu_info).replace("'", '"'),
    }


def service(host: Host, zone: str, date: datetime.datetime, version: Version) -> dict[str, Any]:
    """Return the nova-compute service of a host."""
    body: dict[str, Any] = {
        "binary": "nova-compute",
        "host": host.hostname,
        "id": host.service_uuid if version >= (2, 53) else host.number,
        "zone": zone,
        "status": host.status,
        "state": "up" if host.is_up else "down",
        "updated_at": micros(date),
        "disabled_reason": host.disabled_reason,
    }
    if version >= (2, 11):
        body["forced_down"] = host.forced_down
    return body


def aggregate(record: Aggregate, date: datetime.datetime, version: Version) -> dict[str, Any]:
    """Return an aggregate."""
    body: dict[str, Any] = {
        "id": record.id,
        "name": record.name,
        "hosts": list(record.hosts),
        "metadata": dict(record.metadata),
        "created_at": micros(date),
        "updated_at": None,
        "deleted_at": None,
        "deleted": False,
        "availability_zone": record.availability_zone,
    }
    if version >= (2, 41):
        body["uuid"] = record.uuid
    return body


def zone(
    name: str, hosts: Sequence[Host], date: datetime.datetime, *, detail: bool
) -> dict[str, Any]:
    """Return an availability zone."""
    names = {
        host.hostname: {
            "nova-compute": {
                "available": host.is_up,
                "active": host.status == "enabled",
                "updated_at": micros(date),
            }
        }
        for host in hosts
    }
    return {
        "zoneName": name,
        "zoneState": {"available": any(each.status == "enabled" for each in hosts)},
        "hosts": names if detail else None,
    }


def migration(record: Migration, version: Version) -> dict[str, Any]:
    """Return a migration of ``/os-migrations``."""
    body: dict[str, Any] = {
        "id": record.id,
        "instance_uuid": record.server_uuid,
        "status": record.status,
        "source_compute": record.source,
        "source_node": record.source,
        "dest_compute": record.dest,
        "dest_node": record.dest,
        "dest_host": "127.0.0.1" if record.dest else None,
        "old_instance_type_id": _number(record.old_flavor),
        "new_instance_type_id": _number(record.new_flavor),
        "created_at": micros(record.created),
        "updated_at": micros(record.updated),
    }
    if version >= (2, 23):
        body["migration_type"] = record.kind
    return body | _identity(record, version)


def server_migration(record: Migration, progress: float, version: Version) -> dict[str, Any]:
    """Return a migration of ``/servers/{id}/migrations``: a running live one."""
    memory = record.old_flavor.memory_mib * 2**20
    done = int(memory * progress)
    body: dict[str, Any] = {
        "created_at": micros(record.created),
        "dest_compute": record.dest,
        "dest_host": "127.0.0.1",
        "dest_node": record.dest,
        "disk_processed_bytes": 0,
        "disk_remaining_bytes": 0,
        "disk_total_bytes": 0,
        "id": record.id,
        "memory_processed_bytes": done,
        "memory_remaining_bytes": memory - done,
        "memory_total_bytes": memory,
        "server_uuid": record.server_uuid,
        "source_compute": record.source,
        "source_node": record.source,
        "status": record.status,
        "updated_at": micros(record.updated),
    }
    return body | _identity(record, version)


def _number(record: Flavor) -> int:
    return int(record.id) if record.id.isdigit() else 0


def _identity(record: Migration, version: Version) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if version >= (2, 59):
        body["uuid"] = record.uuid
    if version >= (2, 80):
        body |= {"user_id": record.user_id, "project_id": record.project_id}
    return body
