# SPDX-License-Identifier: Apache-2.0
"""Placement: resource providers with their inventories, allocations and usages."""

from __future__ import annotations

import re
import uuid
from typing import Any

import microversion_parse
from webob import Request, Response

from watcher.simulator.cloud import Cloud
from watcher.simulator.errors import CloudError, Forbidden, NotAcceptable, NotFound, Unauthorized
from watcher.simulator.http import Call, Routes, Version, answer, last_values, unauthorized
from watcher.simulator.records import Host, Resources
from watcher.simulator.tokens import TokenStore

PREFIX = "/placement"
MINIMUM: Version = (1, 0)
MAXIMUM: Version = (1, 39)
CLASSES = ("VCPU", "MEMORY_MB", "DISK_GB")
TITLES = {
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    406: "Not Acceptable",
}


def version_of(request: Request) -> Version:
    """Return the microversion that a request asks for.

    :raises NotAcceptable: when it is not served
    """
    wanted = microversion_parse.get_version(request.headers, "placement")
    if wanted is None:
        return MINIMUM
    if wanted == "latest":
        return MAXIMUM
    if not re.fullmatch(r"[1-9]\d*\.(0|[1-9]\d*)", wanted):
        raise NotAcceptable(f"Invalid microversion: {wanted}")
    major, minor = wanted.split(".")
    version = (int(major), int(minor))
    if not MINIMUM <= version <= MAXIMUM:
        raise NotAcceptable(f"Unacceptable version header: {wanted}")
    return version


class Placement:
    """The placement service."""

    def __init__(self, cloud: Cloud, tokens: TokenStore) -> None:
        self._cloud = cloud
        self._tokens = tokens
        one = "/resource_providers/{id}"
        self._open = Routes((("GET", "", self.versions),))
        self._routes = Routes(
            (
                ("GET", "/resource_providers", self.providers),
                ("GET", one, self.provider),
                ("GET", f"{one}/inventories", self.inventories),
                ("GET", f"{one}/inventories/{{class}}", self.inventory),
                ("GET", f"{one}/allocations", self.provider_allocations),
                ("GET", f"{one}/usages", self.usages),
                ("GET", "/allocations/{id}", self.allocations),
            )
        )

    def __call__(self, request: Request) -> Response:
        """Answer a request whose path has lost the prefix."""
        version = MINIMUM
        try:
            version = version_of(request)
            response = self._answer(request, version)
        except Unauthorized as error:
            return unauthorized(request, error)
        except CloudError as error:
            response = answer({"errors": [_error(error, version)]}, error.status)
        response.headers["openstack-api-version"] = "placement {}.{}".format(*version)
        response.headers["vary"] = "openstack-api-version"
        return response

    def _answer(self, request: Request, version: Version) -> Response:
        found = self._open.find(request.method, request.path_info)
        token = None
        if found is None:
            token = self._tokens.check(request.headers.get("X-Auth-Token"))
            if not token.is_admin:
                raise Forbidden("placement requires the role admin")
            found = self._routes.find(request.method, request.path_info)
        if found is None:
            raise NotFound("")
        handler, args = found
        return handler(Call(request, args, last_values(request), version, token))

    def versions(self, _call: Call) -> Response:
        """Answer ``GET /``."""
        body = {
            "id": "v1.0",
            "max_version": "{}.{}".format(*MAXIMUM),
            "min_version": "{}.{}".format(*MINIMUM),
            "status": "CURRENT",
            "links": [{"rel": "self", "href": ""}],
        }
        return answer({"versions": [body]})

    def _host(self, call: Call) -> Host:
        host = self._cloud.host_by_id(call.args["id"])
        if host is None or host.uuid != call.args["id"]:
            raise NotFound(f"No resource provider with uuid {call.args['id']} found")
        return host

    def providers(self, call: Call) -> Response:
        """Answer ``GET /resource_providers``; filters: name and uuid."""
        name, ident = call.query.get("name"), call.query.get("uuid")
        found = [
            self._show(call, host)
            for host in self._candidates(ident)
            if name in (None, host.hypervisor_hostname) and ident in (None, host.uuid)
        ]
        return answer({"resource_providers": found})

    def _candidates(self, ident: str | None) -> list[Host]:
        if ident is None:
            return self._cloud.hosts()
        host = self._cloud.host_by_id(ident)
        return [] if host is None else [host]

    def provider(self, call: Call) -> Response:
        """Answer ``GET /resource_providers/{id}``."""
        return answer(self._show(call, self._host(call)))

    def _show(self, call: Call, host: Host) -> dict[str, Any]:
        path = f"{PREFIX}/resource_providers/{host.uuid}"
        names = ["inventories", "usages"]
        if call.version >= (1, 11):
            names.append("allocations")
        links = [{"rel": "self", "href": path}]
        links += [{"rel": name, "href": f"{path}/{name}"} for name in names]
        body: dict[str, Any] = {
            "uuid": host.uuid,
            "name": host.hypervisor_hostname,
            "generation": self._cloud.generation(host.hostname),
            "links": links,
        }
        if call.version >= (1, 14):
            body |= {"parent_provider_uuid": None, "root_provider_uuid": host.uuid}
        return body

    def inventories(self, call: Call) -> Response:
        """Answer ``GET /resource_providers/{id}/inventories``."""
        host = self._host(call)
        generation = self._cloud.generation(host.hostname)
        body = {"resource_provider_generation": generation, "inventories": _inventories(host)}
        return answer(body)

    def inventory(self, call: Call) -> Response:
        """Answer ``GET /resource_providers/{id}/inventories/{class}``."""
        host = self._host(call)
        found = _inventories(host).get(call.args["class"])
        if found is None:
            raise NotFound(f"No inventory of class {call.args['class']} for {host.uuid}")
        generation = self._cloud.generation(host.hostname)
        return answer({**found, "resource_provider_generation": generation})

    def provider_allocations(self, call: Call) -> Response:
        """Answer ``GET /resource_providers/{id}/allocations``."""
        host = self._host(call)
        held = self._cloud.held(host.hostname)
        generation = self._cloud.generation(host.hostname)
        extra = {"consumer_generation": 1} if call.version >= (1, 28) else {}
        found = {
            consumer: {"resources": _amounts(amount), **extra} for consumer, amount in held.items()
        }
        return answer({"allocations": found, "resource_provider_generation": generation})

    def usages(self, call: Call) -> Response:
        """Answer ``GET /resource_providers/{id}/usages``."""
        host = self._host(call)
        used = self._cloud.used(host.hostname)
        generation = self._cloud.generation(host.hostname)
        usages = dict(zip(CLASSES, map(int, used), strict=True))
        return answer({"resource_provider_generation": generation, "usages": usages})

    def allocations(self, call: Call) -> Response:
        """Answer ``GET /allocations/{consumer}``, a server or a migration."""
        found = {}
        for hostname, amount in self._cloud.held_by(call.args["id"]).items():
            host = self._cloud.host(hostname)
            generation = self._cloud.generation(hostname)
            found[host.uuid] = {"resources": _amounts(amount), "generation": generation}
        return answer({"allocations": found})


def _amounts(resources: Resources) -> dict[str, int]:
    """Return the classes of which something is held."""
    amounts = zip(CLASSES, map(int, resources), strict=True)
    return {name: amount for name, amount in amounts if amount}


def _inventories(host: Host) -> dict[str, dict[str, int | float]]:
    rows = (
        (host.vcpus, host.vcpus_reserved, host.vcpu_ratio),
        (host.memory_mib, host.memory_mib_reserved, host.memory_ratio),
        (host.disk_gib, host.disk_gib_reserved, host.disk_ratio),
    )
    return {
        name: {
            "total": total,
            "reserved": reserved,
            "min_unit": 1,
            "max_unit": total,
            "step_size": 1,
            "allocation_ratio": ratio,
        }
        for name, (total, reserved, ratio) in zip(CLASSES, rows, strict=True)
    }


def _error(error: CloudError, version: Version) -> dict[str, Any]:
    title = TITLES.get(error.status, "Error")
    body: dict[str, Any] = {
        "status": error.status,
        "title": title,
        "detail": f"The request could not be served.\n\n {error}  ",
        "request_id": f"req-{uuid.uuid4()}",
    }
    if error.status == NotAcceptable.status:
        body |= {
            "max_version": "{}.{}".format(*MAXIMUM),
            "min_version": "{}.{}".format(*MINIMUM),
        }
    elif version >= (1, 23):
        body["code"] = "placement.undefined_code"
    return body
