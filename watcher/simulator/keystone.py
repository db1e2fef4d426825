# SPDX-License-Identifier: Apache-2.0
"""Keystone v3: discovery, tokens with a catalog, and the lists that clients read."""

from __future__ import annotations

import dataclasses
import datetime
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from webob import Request, Response

from watcher.simulator.errors import BadRequest, CloudError, Forbidden, NotFound, Unauthorized
from watcher.simulator.http import Call, Handler, Routes, answer, last_values, wants
from watcher.simulator.records import Project
from watcher.simulator.tokens import DENIED, DOMAIN, USERS, Token, TokenStore, User

PREFIX = "/identity"
REGION = "RegionOne"
INTERFACES = ("admin", "internal", "public")
TITLES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}
_NAMESPACE = uuid.UUID("6b657973-746f-4e65-8000-000000000000")


@dataclasses.dataclass(frozen=True, slots=True)
class CatalogEntry:
    """An entry of the catalog; the URL is a path of the simulator or absolute."""

    type: str
    name: str
    url: str

    @property
    def id(self) -> str:
        """Return an id that is the same in each run."""
        return _id("service", self.name)

    def endpoints(self, base_url: str) -> list[dict[str, Any]]:
        """Return its three endpoints."""
        url = self.url if "://" in self.url else base_url + self.url
        return [
            {
                "id": _id("endpoint", f"{self.name}/{interface}"),
                "interface": interface,
                "region_id": REGION,
                "url": url,
                "region": REGION,
            }
            for interface in INTERFACES
        ]


def _id(kind: str, name: str) -> str:
    return uuid.uuid5(_NAMESPACE, f"{kind}:{name}").hex


def _date(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Keystone:
    """The identity service.

    :param infra_optim_url: where the catalog says that the optimisation service is
    """

    def __init__(self, tokens: TokenStore, *, infra_optim_url: str) -> None:
        self._tokens = tokens
        self.services = (
            CatalogEntry("identity", "keystone", f"{PREFIX}/v3"),
            CatalogEntry("compute", "nova", "/compute/v2.1"),
            CatalogEntry("placement", "placement", "/placement"),
            CatalogEntry("infra-optim", "watcher", infra_optim_url),
        )
        self._open = Routes(
            (
                ("GET", "", self.versions),
                ("GET", "/v3", self.version),
                ("POST", "/v3/auth/tokens", self.issue),
            )
        )
        self._routes = Routes(
            (
                ("GET", "/v3/auth/tokens", self.validate),
                ("DELETE", "/v3/auth/tokens", self.revoke),
                ("GET", "/v3/auth/catalog", self.catalog),
                ("GET", "/v3/auth/projects", self.lister("projects", "project")),
                *self._lists(),
            )
        )

    def _lists(self) -> Iterable[tuple[str, str, Handler]]:
        for plural in ("services", "endpoints", "projects", "users", "domains", "regions", "roles"):
            singular = plural[:-1]
            yield "GET", f"/v3/{plural}", self.lister(plural, singular)
            yield "GET", f"/v3/{plural}/{{id}}", self.shower(plural, singular)

    def __call__(self, request: Request) -> Response:
        """Answer a request whose path has lost the prefix."""
        try:
            response = self._answer(request)
        except CloudError as error:
            body = {"code": error.status, "message": str(error), "title": TITLES[error.status]}
            response = answer({"error": body}, error.status)
            if error.status == 401:
                uri = f"{request.host_url}{PREFIX}/v3"
                response.headers["WWW-Authenticate"] = f'Keystone uri="{uri}"'
        response.headers["Vary"] = "X-Auth-Token"
        return response

    def _answer(self, request: Request) -> Response:
        found = self._open.find(request.method, request.path_info)
        token = None
        if found is None:
            token = self._tokens.check(request.headers.get("X-Auth-Token"))
            found = self._routes.find(request.method, request.path_info)
        if found is None:
            raise NotFound("The resource could not be found.")
        handler, args = found
        return handler(Call(request, args, last_values(request), token=token))

    # Discovery

    @staticmethod
    def _version(base_url: str) -> dict[str, Any]:
        media = {"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}
        return {
            "id": "v3.14",
            "status": "stable",
            "updated": "2020-04-07T00:00:00Z",
            "links": [{"rel": "self", "href": f"{base_url}{PREFIX}/v3/"}],
            "media-types": [media],
        }

    def versions(self, call: Call) -> Response:
        """Answer ``GET /``: 300 and the list of versions."""
        location = {"Location": f"{call.base_url}{PREFIX}/v3/"}
        return answer({"versions": {"values": [self._version(call.base_url)]}}, 300, location)

    def version(self, call: Call) -> Response:
        """Answer ``GET /v3``."""
        return answer({"version": self._version(call.base_url)})

    # Tokens

    def issue(self, call: Call) -> Response:
        """Answer ``POST /v3/auth/tokens`` for a password or a token."""
        auth = _part(call.document(), "auth")
        identity = _part(auth, "identity")
        methods = identity.get("methods")
        if not isinstance(methods, list) or not methods:
            raise BadRequest("'methods' is a required property")
        if not set(methods) <= {"password", "token"}:
            raise Unauthorized(DENIED)
        user = None
        for method in methods:
            user = self._identify(method, _part(identity, method))
        scope = auth.get("scope")
        project = self._project(scope) if isinstance(scope, dict) else None
        if user is None:
            raise Unauthorized(DENIED)
        token = self._tokens.issue(user, project, tuple(methods))
        return self._show(call, token, 201)

    def _identify(self, method: str, part: Mapping[str, Any]) -> User:
        if method == "token":
            return self._tokens.check(str(part.get("id"))).user
        user = _part(part, "user")
        name = user.get("id") or user.get("name")
        if not name or not isinstance(user.get("password"), str):
            raise BadRequest("Expecting to find id or name in user, and password")
        return self._tokens.log_in(str(name), user["password"])

    def _project(self, scope: Mapping[str, Any]) -> Project:
        if "project" not in scope:
            raise Unauthorized(DENIED)
        project = _part(scope, "project")
        return self._tokens.find_project(str(project.get("id") or project.get("name")))

    def validate(self, call: Call) -> Response:
        """Answer ``GET`` and ``HEAD /v3/auth/tokens``."""
        expired = wants(call.query.get("allow_expired"))
        token = self._tokens.look_up(_subject(call), allow_expired=expired)
        return self._show(call, token, 200)

    def revoke(self, call: Call) -> Response:
        """Answer ``DELETE /v3/auth/tokens``."""
        self._tokens.revoke(_subject(call))
        return answer(status=204)

    def _show(self, call: Call, token: Token, status: int) -> Response:
        body: dict[str, Any] = {
            "methods": list(token.methods),
            "user": {
                "domain": dict(DOMAIN),
                "id": token.user.id,
                "name": token.user.name,
                "password_expires_at": None,
            },
            "audit_ids": [token.audit_id],
            "expires_at": _date(token.expires),
            "issued_at": _date(token.issued),
        }
        if token.project is not None:
            body |= {
                "project": {
                    "domain": dict(DOMAIN),
                    "id": token.project.id,
                    "name": token.project.name,
                },
                "is_domain": False,
                "roles": [{"id": _id("role", name), "name": name} for name in token.roles],
            }
            if "nocatalog" not in call.query:
                body["catalog"] = self._catalog(call.base_url)
        return answer({"token": body}, status, {"X-Subject-Token": token.id})

    def _catalog(self, base_url: str) -> list[dict[str, Any]]:
        return [
            {
                "endpoints": service.endpoints(base_url),
                "id": service.id,
                "type": service.type,
                "name": service.name,
            }
            for service in self.services
        ]

    def catalog(self, call: Call) -> Response:
        """Answer ``GET /v3/auth/catalog``."""
        links = {"next": None, "self": f"{call.base_url}{PREFIX}/v3/auth/catalog", "previous": None}
        return answer({"catalog": self._catalog(call.base_url), "links": links})

    # Lists

    def _rows(self, plural: str, base_url: str) -> list[dict[str, Any]]:
        rows: dict[str, Callable[[], list[dict[str, Any]]]] = {
            "services": lambda: [
                {"name": each.name, "id": each.id, "type": each.type, "enabled": True}
                for each in self.services
            ],
            "endpoints": lambda: [
                {**endpoint, "service_id": each.id, "enabled": True}
                for each in self.services
                for endpoint in each.endpoints(base_url)
            ],
            "projects": lambda: [_project(project) for project in self._tokens.projects],
            "users": lambda: [_user(user) for user in USERS],
            "domains": lambda: [
                {**DOMAIN, "description": "", "enabled": True, "tags": [], "options": {}}
            ],
            "regions": lambda: [{"id": REGION, "description": "", "parent_region_id": None}],
            "roles": lambda: [
                {"id": _id("role", name), "name": name, "domain_id": None, "options": {}}
                for name in ("admin", "manager", "member", "reader", "service")
            ],
        }
        made = rows[plural]()
        for row in made:
            row["links"] = {"self": f"{base_url}{PREFIX}/v3/{plural}/{row['id']}"}
        return made

    def lister(self, plural: str, singular: str) -> Handler:
        """Return the handler of a collection; any field can be filtered."""

        def handle(call: Call) -> Response:
            self._may_list(call, singular)
            rows = [
                row
                for row in self._rows(plural, call.base_url)
                if all(str(row.get(name, value)) == value for name, value in call.query.items())
            ]
            links = {"next": None, "self": call.request.url, "previous": None}
            return answer({plural: rows, "links": links})

        return handle

    def shower(self, plural: str, singular: str) -> Handler:
        """Return the handler of one member of a collection."""

        def handle(call: Call) -> Response:
            self._may_list(call, singular)
            for row in self._rows(plural, call.base_url):
                if row["id"] == call.args["id"]:
                    return answer({singular: row})
            raise NotFound(f"Could not find {singular}: {call.args['id']}.")

        return handle

    @staticmethod
    def _may_list(call: Call, singular: str) -> None:
        is_own = call.request.path_info.startswith("/v3/auth/")
        if not is_own and not (call.token and call.token.is_admin):
            action = f"identity:list_{singular}s"
            raise Forbidden(f"You are not authorized to perform the requested action: {action}.")


def _part(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = document.get(name)
    if not isinstance(part, dict):
        raise BadRequest(f"'{name}' is a required property")
    return part


def _subject(call: Call) -> str:
    subject = call.request.headers.get("X-Subject-Token")
    if not subject:
        raise NotFound("No token in the request")
    return str(subject)


def _project(project: Project) -> dict[str, Any]:
    return {
        "id": project.id,
        "name": project.name,
        "domain_id": DOMAIN["id"],
        "description": "",
        "enabled": True,
        "parent_id": DOMAIN["id"],
        "is_domain": False,
        "tags": [],
        "options": {},
    }


def _user(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.name,
        "domain_id": DOMAIN["id"],
        "enabled": True,
        "password_expires_at": None,
        "options": {},
    }
