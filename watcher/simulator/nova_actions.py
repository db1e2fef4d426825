# SPDX-License-Identifier: Apache-2.0
"""Nova's record of what was asked of a server: here, its moves and why they failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from webob import Response

from watcher.simulator import nova_views as views
from watcher.simulator.cloud import Cloud
from watcher.simulator.errors import NotFound
from watcher.simulator.http import Call, Handler, Version, answer
from watcher.simulator.records import Migration, Server

NAMES: Mapping[str, str] = MappingProxyType(
    {"live-migration": "live-migration", "migration": "migrate", "resize": "resize"}
)
"""The action that starts each kind of migration."""
EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "live-migration": "conductor_live_migrate_instance",
        "migration": "conductor_migrate_server",
        "resize": "conductor_migrate_server",
    }
)
FAILED = ("error", "failed")
RESULTS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(FAILED, "Error")
    | dict.fromkeys(
        ("completed", "finished", "confirming", "confirmed", "cancelled", "reverting", "reverted"),
        "Success",
    )
)
"""How the event of a migration ended; one that is not here is running."""


class InstanceActions:
    """The handlers of ``/servers/{id}/os-instance-actions``."""

    def __init__(self, cloud: Cloud, find: Callable[[Call], Server]) -> None:
        """Take the cloud, and what returns a path's server if the token may see it."""
        self._cloud = cloud
        self._find = find

    def routes(self) -> tuple[tuple[str, str, Handler], ...]:
        """Return the part of Nova's route table that is here."""
        path = "/v2.1/servers/{id}/os-instance-actions"
        return (("GET", path, self.index), ("GET", f"{path}/{{request}}", self.show))

    def index(self, call: Call) -> Response:
        """Answer with all actions, the newest first."""
        found = reversed(self._cloud.migrations(self._find(call).uuid))
        return answer({"instanceActions": [_brief(each, call.version) for each in found]})

    def show(self, call: Call) -> Response:
        """Answer with one action and its events."""
        server = self._find(call)
        for each in self._cloud.migrations(server.uuid):
            if call.args["request"] == _request_id(each):
                events = [_event(each, call.version)]
                return answer({"instanceAction": {**_brief(each, call.version), "events": events}})
        raise NotFound(f"Action for request_id {call.args['request']} could not be found.")


def _request_id(record: Migration) -> str:
    return f"req-{record.uuid}"


def _brief(record: Migration, version: Version) -> dict[str, Any]:
    body: dict[str, Any] = {
        "action": NAMES[record.kind],
        "instance_uuid": record.server_uuid,
        "request_id": _request_id(record),
        "user_id": record.user_id,
        "project_id": record.project_id,
        "start_time": views.micros(record.created),
        "message": "Error" if record.status in FAILED else None,
    }
    if version >= (2, 58):
        body["updated_at"] = views.micros(record.updated or record.created)
    return body


def _event(record: Migration, version: Version) -> dict[str, Any]:
    result = RESULTS.get(record.status)
    body: dict[str, Any] = {
        "event": EVENTS[record.kind],
        "start_time": views.micros(record.created),
        "finish_time": views.micros(record.updated) if result else None,
        "result": result,
        "traceback": None,
    }
    if version >= (2, 51):
        body |= {"host": record.source, "hostId": ""}
    if version >= (2, 84):
        body["details"] = record.reason
    return body
