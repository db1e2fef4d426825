# SPDX-License-Identifier: Apache-2.0
"""The simulator's own paths, ``/simulator/...``: look inside, and make things go wrong.

- ``GET /simulator/state``: hosts, servers, migrations and faults in numbers and names
- ``GET /simulator/snapshot``: the cloud as a file that ``--load`` takes
- ``GET /simulator/faults``, ``POST`` one, ``DELETE`` all or ``/simulator/faults/{id}``

Fields of a fault: see :class:`watcher.simulator.faults.Fault`. They need no token.
"""

from __future__ import annotations

import collections
from typing import Any

from webob import Request, Response

from watcher.simulator import snapshot_file
from watcher.simulator.cloud import Cloud
from watcher.simulator.errors import BadRequest, CloudError, NotFound
from watcher.simulator.faults import Fault
from watcher.simulator.http import Call, Routes, answer, last_values
from watcher.simulator.nova_views import status_of
from watcher.simulator.tokens import TokenStore

PREFIX = "/simulator"


def arm(cloud: Cloud, tokens: TokenStore, fault: Fault) -> int | None:
    """Put a fault in force; returns its id, or None if it happens once and is over.

    :raises NotFound: for a host that does not exist
    """
    if fault.host is not None:
        cloud.host(fault.host)
    if fault.kind in ("host_down", "host_up"):
        is_up = fault.kind == "host_up"
        cloud.set_host_state(str(fault.host), up=is_up, after_s=fault.after_s)
        return None
    if fault.kind == "expire_tokens":
        tokens.expire_all()
        return None
    return cloud.faults.add(fault)


class Control:
    """The handlers of ``/simulator``."""

    def __init__(self, cloud: Cloud, tokens: TokenStore) -> None:
        self._cloud = cloud
        self._tokens = tokens
        self._routes = Routes(
            (
                ("GET", "/state", self.state),
                ("GET", "/snapshot", self.snapshot),
                ("GET", "/faults", self.faults),
                ("POST", "/faults", self.add),
                ("DELETE", "/faults", self.clear),
                ("DELETE", "/faults/{id}", self.remove),
            )
        )

    def __call__(self, request: Request) -> Response:
        """Answer a request whose path has lost the prefix."""
        try:
            found = self._routes.find(request.method, request.path_info)
            if found is None:
                raise NotFound(f"no such path or method: {request.method} {request.path_info}")
            handler, args = found
            return handler(Call(request, args, last_values(request)))
        except CloudError as error:
            return answer({"error": str(error)}, error.status)

    def state(self, _call: Call) -> Response:
        """Answer ``GET /simulator/state``."""
        counts = self._cloud.server_counts()
        servers = self._cloud.servers()
        migrations = self._cloud.migrations()
        hosts: list[dict[str, Any]] = [
            {
                "hostname": host.hostname,
                "status": host.status,
                "state": "up" if host.is_up else "down",
                "disabled_reason": host.disabled_reason,
                "servers": counts[host.hostname],
                "used": self._cloud.used(host.hostname)._asdict(),
                "capacity": host.capacity._asdict(),
            }
            for host in self._cloud.hosts()
        ]
        body = {
            "hosts": hosts,
            "servers": dict(collections.Counter(status_of(server) for server in servers)),
            "migrations": dict(collections.Counter(each.status for each in migrations)),
            "faults": self._cloud.faults.documents(),
        }
        return answer(body)

    def snapshot(self, _call: Call) -> Response:
        """Answer ``GET /simulator/snapshot``."""
        return answer(snapshot_file.document(self._cloud.contents()))

    def faults(self, _call: Call) -> Response:
        """Answer ``GET /simulator/faults``."""
        return answer({"faults": self._cloud.faults.documents()})

    def add(self, call: Call) -> Response:
        """Answer ``POST /simulator/faults``."""
        try:
            fault = Fault.from_document(call.document())
        except (TypeError, ValueError) as error:
            raise BadRequest(str(error)) from error
        return answer({"id": arm(self._cloud, self._tokens, fault)}, 201)

    def clear(self, _call: Call) -> Response:
        """Answer ``DELETE /simulator/faults``."""
        return answer({"removed": self._cloud.faults.remove()})

    def remove(self, call: Call) -> Response:
        """Answer ``DELETE /simulator/faults/{id}``."""
        ident = call.args["id"]
        if not ident.isdigit() or not self._cloud.faults.remove(int(ident)):
            raise NotFound(f"no fault has the id {ident}")
        return answer(status=204)
