# SPDX-License-Identifier: Apache-2.0
"""Nova 2.1: discovery, microversions, and what belongs to the cloud rather than to a server."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Any

import microversion_parse
from webob import Request, Response

from watcher.simulator import nova_views as views
from watcher.simulator.cloud import Cloud
from watcher.simulator.errors import (
    BadRequest,
    CloudError,
    Forbidden,
    NotAcceptable,
    NotFound,
    Unauthorized,
)
from watcher.simulator.generator import EPOCH
from watcher.simulator.http import (
    Call,
    Handler,
    Routes,
    Version,
    answer,
    last_values,
    unauthorized,
    wants,
)
from watcher.simulator.nova_servers import Servers
from watcher.simulator.nova_views import PREFIX
from watcher.simulator.paging import page
from watcher.simulator.records import Host
from watcher.simulator.tokens import TokenStore

MINIMUM: Version = (2, 1)
MAXIMUM: Version = (2, 96)
_UUID = re.compile(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")


def text_of(version: Version) -> str:
    """Return a version as headers write it."""
    return "{}.{}".format(*version)


def version_of(request: Request) -> Version:
    """Return the microversion that a request asks for.

    :raises BadRequest: when it is not a version
    :raises NotAcceptable: when it is not served
    """
    wanted = microversion_parse.get_version(
        request.headers, "compute", legacy_headers=["X-OpenStack-Nova-API-Version"]
    )
    if wanted is None:
        return MINIMUM
    if wanted == "latest":
        return MAXIMUM
    if not re.fullmatch(r"[1-9]\d*\.(0|[1-9]\d*)", wanted):
        raise BadRequest(
            f"API Version String {wanted} is of invalid format. "
            "Must be of format MajorNum.MinorNum."
        )
    major, minor = wanted.split(".")
    version = (int(major), int(minor))
    if not MINIMUM <= version <= MAXIMUM:
        raise NotAcceptable(
            f"Version {wanted} is not supported by the API. "
            f"Minimum is {text_of(MINIMUM)} and maximum is {text_of(MAXIMUM)}."
        )
    return version


class Nova:
    """The compute service."""

    def __init__(self, cloud: Cloud, tokens: TokenStore) -> None:
        self._cloud = cloud
        self._tokens = tokens
        self._servers = Servers(cloud)
        self._open = Routes((("GET", "", self.versions), ("GET", "/v2.1", self.version)))
        admin = self._admin
        self._routes = Routes(
            (
                *self._servers.routes(),
                ("GET", "/v2.1/os-hypervisors", admin("os-hypervisors", self.hypervisors)),
                (
                    "GET",
                    "/v2.1/os-hypervisors/detail",
                    admin("os-hypervisors", functools.partial(self.hypervisors, detail=True)),
                ),
                ("GET", "/v2.1/os-hypervisors/{id}", admin("os-hypervisors", self.hypervisor)),
                ("GET", "/v2.1/os-services", admin("os-services", self.services)),
                ("PUT", "/v2.1/os-services/{id}", admin("os-services", self.change_service)),
                ("GET", "/v2.1/os-aggregates", admin("os-aggregates", self.aggregates)),
                ("GET", "/v2.1/os-aggregates/{id}", admin("os-aggregates", self.aggregate)),
                ("GET", "/v2.1/os-migrations", admin("os-migrations", self.migrations)),
                ("GET", "/v2.1/os-availability-zone", self.zones),
                (
                    "GET",
                    "/v2.1/os-availability-zone/detail",
                    admin("os-availability-zone", functools.partial(self.zones, detail=True)),
                ),
                ("GET", "/v2.1/flavors", self.flavors),
                ("GET", "/v2.1/flavors/detail", functools.partial(self.flavors, detail=True)),
                ("GET", "/v2.1/flavors/{id}", self.flavor),
                ("GET", "/v2.1/flavors/{id}/os-extra_specs", self.extra_specs),
            )
        )

    def __call__(self, request: Request) -> Response:
        """Answer a request whose path has lost the prefix."""
        version: Version | None = None
        try:
            version, response = self._answer(request)
        except Unauthorized as error:
            return unauthorized(request, error)
        except CloudError as error:
            response = answer(
                {error.fault: {"code": error.status, "message": str(error)}}, error.status
            )
            if not isinstance(error, NotAcceptable) and request.path_info.startswith("/v2.1/"):
                version = _version_or_none(request)
        if version is not None:
            response.headers["OpenStack-API-Version"] = f"compute {text_of(version)}"
            response.headers["X-OpenStack-Nova-API-Version"] = text_of(version)
            response.headers["Vary"] = "OpenStack-API-Version, X-OpenStack-Nova-API-Version"
        return response

    def _answer(self, request: Request) -> tuple[Version | None, Response]:
        found = self._open.find(request.method, request.path_info)
        if found is not None:
            handler, args = found
            return None, handler(Call(request, args, last_values(request)))
        token = self._tokens.check(request.headers.get("X-Auth-Token"))
        version = version_of(request)
        found = self._routes.find(request.method, request.path_info)
        if found is None:
            text = "404 Not Found\n\nThe resource could not be found.\n\n   "
            return None, Response(status=404, text=text, content_type="text/plain")
        handler, args = found
        return version, handler(Call(request, args, last_values(request), version, token))

    @staticmethod
    def _admin(resource: str, handler: Handler) -> Handler:
        """Return the handler, closed to tokens without the role admin."""

        def guarded(call: Call) -> Response:
            if not (call.token and call.token.is_admin):
                raise Forbidden(f"Policy doesn't allow os_compute_api:{resource} to be performed.")
            return handler(call)

        return guarded

    # Discovery

    @staticmethod
    def _version(base_url: str) -> dict[str, Any]:
        return {
            "id": "v2.1",
            "status": "CURRENT",
            "version": text_of(MAXIMUM),
            "min_version": text_of(MINIMUM),
            "updated": "2013-07-23T11:33:21Z",
            "links": [{"rel": "self", "href": f"{base_url}{PREFIX}/v2.1/"}],
        }

    def versions(self, call: Call) -> Response:
        """Answer ``GET /``."""
        return answer({"versions": [self._version(call.base_url)]})

    def version(self, call: Call) -> Response:
        """Answer ``GET /v2.1``."""
        media = {
            "base": "application/json",
            "type": "application/vnd.openstack.compute+json;version=2.1",
        }
        return answer({"version": {**self._version(call.base_url), "media-types": [media]}})

    # Hypervisors

    def hypervisors(self, call: Call, *, detail: bool = False) -> Response:
        """Answer ``GET /os-hypervisors`` and ``/os-hypervisors/detail``."""
        known = {"hypervisor_hostname_pattern", "with_servers", "limit", "marker"}
        _only_known(call, known, since=(2, 53))
        pattern = call.query.get("hypervisor_hostname_pattern")
        hosts = [
            host for host in self._cloud.hosts() if (pattern or "") in host.hypervisor_hostname
        ]
        if pattern is not None and not hosts:
            raise NotFound(f"No hypervisor matching '{pattern}' could be found.")
        found, links = page(
            call, hosts, lambda host: host.uuid, missing="Marker {} could not be found."
        )
        body: dict[str, Any] = {
            "hypervisors": [self._show_hypervisor(call, host, detail=detail) for host in found]
        }
        if links:
            body["hypervisors_links"] = links
        return answer(body)

    def hypervisor(self, call: Call) -> Response:
        """Answer ``GET /os-hypervisors/{id}``."""
        ident = call.args["id"]
        if call.version >= (2, 53) and not _UUID.fullmatch(ident):
            raise BadRequest(f"Invalid uuid {ident}")
        host = self._cloud.host_by_id(ident)
        if host is None or ident not in (host.uuid, str(host.number)):
            raise NotFound(f"Hypervisor with ID '{ident}' could not be found.")
        return answer({"hypervisor": self._show_hypervisor(call, host, detail=True)})

    def _show_hypervisor(self, call: Call, host: Host, *, detail: bool) -> dict[str, Any]:
        with_servers = call.version >= (2, 53) and wants(call.query.get("with_servers"))
        return views.hypervisor(
            self._cloud, host, call.version, detail=detail, with_servers=with_servers
        )

    # Services, aggregates, zones

    def services(self, call: Call) -> Response:
        """Answer ``GET /os-services``."""
        _only_known(call, {"binary", "host"}, since=(2, 75))
        wanted = call.query.get("host")
        is_compute = call.query.get("binary", "nova-compute") == "nova-compute"
        hosts = self._cloud.hosts(wanted) if is_compute else []
        return answer({"services": [self._show_service(call, host) for host in hosts]})

    def _show_service(self, call: Call, host: Host) -> dict[str, Any]:
        zone = self._cloud.zone_of(host.hostname)
        return views.service(host, zone, self._cloud.now(), call.version)

    def change_service(self, call: Call) -> Response:
        """Answer ``PUT /os-services/{id}``: status with a reason, and forced_down."""
        wanted = call.document()
        status, down = wanted.get("status"), wanted.get("forced_down")
        reason = wanted.get("disabled_reason")
        if status is None and down is None:
            raise BadRequest(
                "No updates were requested. Fields 'status' or 'forced_down' should be specified."
            )
        if status not in (None, "enabled", "disabled"):
            raise BadRequest(
                f"Invalid input for field/attribute status. Value: {status}. "
                f"'{status}' is not one of ['enabled', 'disabled']"
            )
        if reason is not None and status != "disabled":
            raise BadRequest("Specifying 'disabled_reason' with status 'enabled' is invalid.")
        host = self._cloud.change_service(
            call.args["id"],
            status=status,
            disabled_reason=reason,
            forced_down=None if down is None else wants(str(down)),
        )
        return answer({"service": self._show_service(call, host)})

    def aggregates(self, call: Call) -> Response:
        """Answer ``GET /os-aggregates``."""
        found = [views.aggregate(each, EPOCH, call.version) for each in self._cloud.aggregates()]
        return answer({"aggregates": found})

    def aggregate(self, call: Call) -> Response:
        """Answer ``GET /os-aggregates/{id}``."""
        for each in self._cloud.aggregates():
            if call.args["id"] == str(each.id):
                return answer({"aggregate": views.aggregate(each, EPOCH, call.version)})
        raise NotFound(f"Aggregate {call.args['id']} could not be found.")

    def zones(self, _call: Call, *, detail: bool = False) -> Response:
        """Answer ``GET /os-availability-zone`` and its detail."""
        zones: dict[str, list[Host]] = {}
        for host in self._cloud.hosts():
            zones.setdefault(self._cloud.zone_of(host.hostname), []).append(host)
        date = self._cloud.now()
        found = [
            views.zone(name, hosts, date, detail=detail) for name, hosts in sorted(zones.items())
        ]
        return answer({"availabilityZoneInfo": found})

    # Flavors, migrations

    def flavors(self, call: Call, *, detail: bool = False) -> Response:
        """Answer ``GET /flavors`` and ``/flavors/detail``."""
        wanted = call.query.get("is_public", "True").lower()
        is_admin = bool(call.token and call.token.is_admin)
        flavors = [
            each
            for each in self._cloud.flavors()
            if (wanted == "none" and is_admin) or each.public == (wanted != "false" or not is_admin)
        ]
        found, links = page(call, flavors, lambda each: each.id, missing="marker [{}] not found")
        body: dict[str, Any] = {
            "flavors": [
                views.flavor(each, call.base_url, call.version, detail=detail) for each in found
            ]
        }
        if links:
            body["flavors_links"] = links
        return answer(body)

    def flavor(self, call: Call) -> Response:
        """Answer ``GET /flavors/{id}``."""
        record = self._cloud.flavor(call.args["id"])
        return answer({"flavor": views.flavor(record, call.base_url, call.version, detail=True)})

    def extra_specs(self, call: Call) -> Response:
        """Answer ``GET /flavors/{id}/os-extra_specs``."""
        return answer({"extra_specs": dict(self._cloud.flavor(call.args["id"]).extra_specs)})

    def migrations(self, call: Call) -> Response:
        """Answer ``GET /os-migrations``; the latest first."""
        query = call.query
        wanted = {
            "status": query.get("status"),
            "kind": query.get("migration_type"),
            "source": query.get("source_compute"),
        }
        rows = [
            each
            for each in reversed(self._cloud.migrations(query.get("instance_uuid")))
            if all(value in (None, getattr(each, name)) for name, value in wanted.items())
            and query.get("host") in (None, each.source, each.dest)
        ]
        found, links = page(
            call, rows, lambda each: each.uuid, missing="Marker {} could not be found."
        )
        body: dict[str, Any] = {
            "migrations": [views.migration(each, call.version) for each in found]
        }
        if links and call.version >= (2, 59):
            body["migrations_links"] = links
        return answer(body)


def _version_or_none(request: Request) -> Version | None:
    try:
        return version_of(request)
    except CloudError:
        return None


def _only_known(call: Call, known: Iterable[str], *, since: Version) -> None:
    """Refuse other query names from a microversion on, in which Nova became strict."""
    for name in call.query:
        if call.version >= since and name not in known:
            raise BadRequest(f"Additional properties are not allowed ('{name}' was unexpected)")
