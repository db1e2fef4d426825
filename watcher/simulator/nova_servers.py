# SPDX-License-Identifier: Apache-2.0
"""Nova's servers: lists, one, new ones, their actions and their live migrations."""

from __future__ import annotations

import functools
import re
import secrets
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from webob import Response

from watcher.simulator import nova_views as views
from watcher.simulator.cloud import Cloud
from watcher.simulator.errors import BadRequest, Conflict, Forbidden, NotFound
from watcher.simulator.http import Call, Handler, answer, wants
from watcher.simulator.ledger import RUNNING_LIVE
from watcher.simulator.nova_actions import InstanceActions
from watcher.simulator.paging import page
from watcher.simulator.records import Server
from watcher.simulator.tokens import Token

Action = Callable[[Call, Server, Any], Response]

FILTERS: Mapping[str, Callable[[Server, str], bool]] = MappingProxyType(
    {
        "name": lambda server, value: re.search(value, server.name) is not None,
        "status": lambda server, value: views.status_of(server) == value.upper(),
        "vm_state": lambda server, value: server.vm_state == value,
        "task_state": lambda server, value: (server.task_state or "") == value,
        "host": lambda server, value: server.host == value,
        "node": lambda server, value: server.host == value,
        "uuid": lambda server, value: server.uuid == value,
        "project_id": lambda server, value: server.project_id == value,
        "tenant_id": lambda server, value: server.project_id == value,
        "user_id": lambda server, value: server.user_id == value,
        "flavor": lambda server, value: server.flavor.id == value,
        "locked": lambda server, value: server.locked == wants(value),
        "deleted": lambda server, value: (server.vm_state == "deleted") == wants(value),
    }
)
"""Possible filters; a deleted server is gone at once."""

SORTS: Mapping[str, Callable[[Server], Any]] = MappingProxyType(
    {
        "created_at": lambda server: server.created,
        "updated_at": lambda server: server.updated or server.created,
        "display_name": lambda server: server.name,
        "uuid": lambda server: server.uuid,
        "host": lambda server: server.host or "",
        "vm_state": lambda server: server.vm_state,
        "project_id": lambda server: server.project_id,
    }
)
OTHER_QUERY = frozenset({"all_tenants", "limit", "marker", "sort_key", "sort_dir"})


def _is_admin(token: Token | None) -> bool:
    return token is not None and token.is_admin


class Servers:
    """The handlers of ``/servers``."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._actions: Mapping[str, Action] = {
            "os-migrateLive": self._live_migrate,
            "migrate": self._migrate,
            "resize": self._resize,
            "confirmResize": self._confirm_resize,
            "revertResize": self._revert_resize,
            "os-stop": self._stop,
            "os-start": self._start,
            "lock": self._lock,
            "unlock": self._unlock,
        }
        self._recorded = InstanceActions(cloud, self._server)

    def routes(self) -> tuple[tuple[str, str, Handler], ...]:
        """Return the part of Nova's route table that is here."""
        one = "/v2.1/servers/{id}"
        return (
            ("GET", "/v2.1/servers", self.index),
            ("GET", "/v2.1/servers/detail", functools.partial(self.index, detail=True)),
            ("POST", "/v2.1/servers", self.create),
            ("GET", one, self.show),
            ("DELETE", one, self.delete),
            ("POST", f"{one}/action", self.act),
            ("GET", f"{one}/migrations", self.migrations),
            ("GET", f"{one}/migrations/{{migration}}", self.migration),
            ("DELETE", f"{one}/migrations/{{migration}}", self.abort),
            *self._recorded.routes(),
        )

    # Reading

    def index(self, call: Call, *, detail: bool = False) -> Response:
        """Answer ``GET /servers`` and ``/servers/detail``; the newest first."""
        servers = self._filtered(call)
        key, direction = call.query.get("sort_key", "created_at"), call.query.get("sort_dir")
        if key not in SORTS:
            raise BadRequest(f"Invalid input for query parameters sort_key. Value: {key}.")
        servers.sort(key=SORTS[key])
        if direction != "asc":
            servers.reverse()
        found, links = page(
            call, servers, lambda server: server.uuid, missing="marker [{}] not found"
        )
        if detail:
            view = self._view(call)
            shown = [view.show(server, alone=False) for server in found]
        else:
            shown = [views.server_brief(server, call.base_url) for server in found]
        body: dict[str, Any] = {"servers": shown}
        if links:
            body["servers_links"] = links
        return answer(body)

    def _filtered(self, call: Call) -> list[Server]:
        everywhere = wants(call.query.get("all_tenants"))
        if everywhere and not _is_admin(call.token):
            raise Forbidden(
                "Policy doesn't allow os_compute_api:servers:detail:get_all_tenants "
                "to be performed."
            )
        servers = self._candidates(call)
        if not everywhere:
            own = call.token.project.id if call.token and call.token.project else None
            servers = [server for server in servers if server.project_id == own]
        for name, value in call.query.items():
            if name in OTHER_QUERY:
                continue
            if name in FILTERS:
                servers = [server for server in servers if _matches(name, server, value)]
            elif call.version >= (2, 75) and not name.startswith("_"):
                raise BadRequest(f"'{name}' does not match any of the regexes: '^_'")
        return servers

    def _candidates(self, call: Call) -> list[Server]:
        """Return the candidates for the query, using an index if there is one."""
        ident = call.query.get("uuid")
        if ident is None:
            return self._cloud.servers(call.query.get("host"))
        try:
            return [self._cloud.server(ident)]
        except NotFound:
            return []

    def _view(self, call: Call) -> views.ServerView:
        is_admin = _is_admin(call.token)
        return views.ServerView(self._cloud, call.base_url, call.version, is_admin=is_admin)

    def _server(self, call: Call) -> Server:
        """Return the server of the path, if the token may see it."""
        server = self._cloud.server(call.args["id"])
        project = call.token.project if call.token else None
        if not _is_admin(call.token) and (project is None or project.id != server.project_id):
            raise NotFound(f"Instance {server.uuid} could not be found.")
        return server

    def show(self, call: Call) -> Response:
        """Answer ``GET /servers/{id}``."""
        return answer({"server": self._view(call).show(self._server(call), alone=True)})

    # Making and deleting

    def create(self, call: Call) -> Response:
        """Answer ``POST /servers``."""
        wanted = call.document().get("server")
        if not isinstance(wanted, dict):
            raise BadRequest("Invalid input: 'server' is a required property")
        required = ["name", "flavorRef"] + (["networks"] if call.version >= (2, 37) else [])
        for name in required:
            if name not in wanted:
                raise BadRequest(
                    f"Invalid input for field/attribute server. Value: {wanted}. "
                    f"'{name}' is a required property"
                )
        host = wanted.get("host") if call.version >= (2, 74) else None
        if host is not None and not _is_admin(call.token):
            raise Forbidden("Policy doesn't allow compute:servers:create:requested_destination.")
        token = call.token
        owner = {"project_id": token.project.id} if token and token.project else {}
        server = self._cloud.create_server(
            str(wanted["name"]),
            str(wanted["flavorRef"]).rsplit("/", 1)[-1],
            host=host,
            zone=wanted.get("availability_zone"),
            metadata=dict(wanted.get("metadata") or {}),
            description=wanted.get("description"),
            boot_from_volume=not wanted.get("imageRef"),
            user_id=token.user.id if token else "",
            **owner,
        )
        links = views.links(call.base_url, "servers", server.uuid)
        body = {
            "id": server.uuid,
            "links": links,
            "OS-DCF:diskConfig": "MANUAL",
            "security_groups": [{"name": "default"}],
            "adminPass": secrets.token_urlsafe(9),
        }
        location = {"Location": links[0]["href"]}
        return answer({"server": body}, 202, location)

    def delete(self, call: Call) -> Response:
        """Answer ``DELETE /servers/{id}``."""
        server = self._server(call)
        self._check_lock(call, server)
        self._cloud.delete_server(server.uuid)
        return answer(status=204)

    # Actions

    def act(self, call: Call) -> Response:
        """Answer ``POST /servers/{id}/action``."""
        document = call.document()
        if len(document) != 1:
            raise BadRequest("Malformed request body")
        ((name, arguments),) = document.items()
        if name not in self._actions:
            raise BadRequest(f"There is no such action: {name}")
        server = self._server(call)
        if name not in ("lock", "unlock"):
            self._check_lock(call, server)
        return self._actions[name](call, server, arguments)

    @staticmethod
    def _check_lock(call: Call, server: Server) -> None:
        if server.locked and not _is_admin(call.token):
            raise Conflict(f"Instance {server.uuid} is locked")

    @staticmethod
    def _need_admin(call: Call, rule: str) -> None:
        if not _is_admin(call.token):
            raise Forbidden(f"Policy doesn't allow os_compute_api:{rule} to be performed.")

    def _live_migrate(self, call: Call, server: Server, arguments: Any) -> Response:
        self._need_admin(call, "os-migrate-server:migrate_live")
        if not isinstance(arguments, dict):
            raise BadRequest("Malformed request body")
        for name in ("block_migration", "host"):
            if name not in arguments:
                raise BadRequest(
                    f"Invalid input for field/attribute os-migrateLive. Value: {arguments}. "
                    f"'{name}' is a required property"
                )
        host = arguments["host"]
        # Before 2.30 a named host was never checked; from 2.68 on it always is.
        force = call.version < (2, 30) or (
            call.version < (2, 68) and wants(str(arguments.get("force", False)))
        )
        self._cloud.live_migrate(server.uuid, host, force=force, wait=call.version < (2, 34))
        return answer(status=202)

    def _migrate(self, call: Call, server: Server, arguments: Any) -> Response:
        self._need_admin(call, "os-migrate-server:migrate")
        host = arguments.get("host") if isinstance(arguments, dict) else None
        if host is not None and call.version < (2, 56):
            raise BadRequest("Invalid input for field/attribute migrate: 'host' needs 2.56")
        self._cloud.cold_migrate(server.uuid, host)
        return answer(status=202)

    def _resize(self, _call: Call, server: Server, arguments: Any) -> Response:
        if not isinstance(arguments, dict) or "flavorRef" not in arguments:
            raise BadRequest(
                f"Invalid input for field/attribute resize. Value: {arguments}. "
                "'flavorRef' is a required property"
            )
        self._cloud.resize(server.uuid, str(arguments["flavorRef"]).rsplit("/", 1)[-1])
        return answer(status=202)

    def _confirm_resize(self, _call: Call, server: Server, _arguments: Any) -> Response:
        self._cloud.confirm_resize(server.uuid)
        return answer(status=204)

    def _revert_resize(self, _call: Call, server: Server, _arguments: Any) -> Response:
        self._cloud.revert_resize(server.uuid)
        return answer(status=202)

    def _stop(self, _call: Call, server: Server, _arguments: Any) -> Response:
        self._cloud.stop(server.uuid)
        return answer(status=202)

    def _start(self, _call: Call, server: Server, _arguments: Any) -> Response:
        self._cloud.start(server.uuid)
        return answer(status=202)

    def _lock(self, call: Call, server: Server, arguments: Any) -> Response:
        has_reason = isinstance(arguments, dict) and call.version >= (2, 73)
        self._cloud.lock(server.uuid, arguments.get("locked_reason") if has_reason else None)
        return answer(status=202)

    def _unlock(self, _call: Call, server: Server, _arguments: Any) -> Response:
        self._cloud.unlock(server.uuid)
        return answer(status=202)

    # Running live migrations

    def migrations(self, call: Call) -> Response:
        """Answer ``GET /servers/{id}/migrations``."""
        server = self._running_server(call)
        found = [
            views.server_migration(each, self._cloud.progress(each), call.version)
            for each in self._cloud.migrations(server.uuid)
            if each.kind == "live-migration" and each.status in RUNNING_LIVE
        ]
        return answer({"migrations": found})

    def migration(self, call: Call) -> Response:
        """Answer ``GET /servers/{id}/migrations/{migration}``."""
        server = self._running_server(call)
        wanted = call.args["migration"]
        for each in self._cloud.migrations(server.uuid):
            if wanted == str(each.id) and each.status in RUNNING_LIVE:
                progress = self._cloud.progress(each)
                return answer({"migration": views.server_migration(each, progress, call.version)})
        raise NotFound(f"Live migration {wanted} for server {server.uuid} is not in progress.")

    def abort(self, call: Call) -> Response:
        """Answer ``DELETE /servers/{id}/migrations/{migration}``."""
        server = self._running_server(call)
        wanted = call.args["migration"]
        if not wanted.isdigit():
            raise NotFound(f"Migration {wanted} not found for instance {server.uuid}")
        self._cloud.abort_live_migration(server.uuid, int(wanted))
        return answer(status=202)

    def _running_server(self, call: Call) -> Server:
        self._need_admin(call, "servers:migrations:index")
        return self._server(call)


def _matches(name: str, server: Server, value: str) -> bool:
    try:
        return FILTERS[name](server, value)
    except re.error as error:
        raise BadRequest(f"Invalid regular expression for {name}: {error}") from error
