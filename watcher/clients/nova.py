# SPDX-License-Identifier: Apache-2.0
"""What is asked of Nova: hosts, servers, services, and moving servers between hosts.

Every request names the microversion that its record was written for, so that an
upgrade of Nova changes nothing here; 2.56 is the lowest that works.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from keystoneauth1 import exceptions
from keystoneauth1.adapter import Adapter
from oslo_config import cfg

from watcher.clients import nova_records as records
from watcher.clients import rest, retry
from watcher.common import exception

T = TypeVar("T")

Aggregate = records.Aggregate
ComputeService = records.ComputeService
Hypervisor = records.Hypervisor
Migration = records.Migration
Server = records.Server

#: The lowest that works. Hypervisors are always read with it: later versions (2.88) leave out
#: the sizes that stand in for a missing inventory.
MINIMUM = (2, 56)
#: Servers show their pinned availability zone from here on; nothing later is read.
PINNED_AZ = (2, 96)
#: With a destination the scheduler checks it, and answers before the migration starts.
LIVE_MIGRATION = (2, 30)
#: Migrations come newest first and with a uuid.
MIGRATIONS = (2, 59)
#: A migration that has not begun to copy can be aborted, too.
ABORT = (2, 65)
#: The record of an action says why it failed.
ACTION_DETAILS = (2, 84)
MIGRATING_ACTIONS = ("live-migration", "migrate")

COMPUTE_BINARY = "nova-compute"


class NovaUnreachable(exception.NovaClientError):
    """Nova, or the connection to it, is down: a later attempt may work."""


class NovaUnanswered(NovaUnreachable):
    """A change was requested, and no answer came: it may have been made or not."""


class NovaConflict(exception.NovaClientError):
    """Nova refuses because of the current state of the server or host."""


class NovaClient:
    """Verbs on Nova. One object serves all threads.

    All methods raise :class:`ComputeResourceNotFound` when Nova does not know the id,
    :class:`NovaConflict` when it refuses because of a state, :class:`NovaUnreachable` when it
    cannot be reached within ``[nova] http_retries``, and :class:`NovaClientError` for any
    other refusal, with Nova's own reason in the text.

    :raises ValueError: ``[nova] api_version`` is below 2.56.
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        make_adapter: Callable[[], Adapter],
        *,
        sleep: retry.Sleep = time.sleep,
        clock: retry.Clock = time.monotonic,
    ) -> None:
        if parse_version(conf.nova.api_version) < MINIMUM:
            raise ValueError(
                f"[nova] api_version is {conf.nova.api_version}, but 2.56 is the lowest that works"
            )
        self._rest = rest.Rest(
            make_adapter,
            retries=conf.nova.http_retries,
            interval_s=conf.nova.http_retry_interval,
            sleep=sleep,
            clock=clock,
        )
        self._highest: rest.Version | None = None

    # Reading

    def list_hosts(self) -> list[Hypervisor]:
        """Return every hypervisor of the cloud; one request for each thousand."""
        return self._pages("/os-hypervisors/detail", "hypervisors", records.hypervisor_from)

    def list_servers(self, host: str | None = None) -> list[Server]:
        """Return the servers of all projects, newest first; one request for each thousand.

        :param host: name of a compute service, to see only its servers
        """
        params: dict[str, str | int] = {"all_tenants": "True"}
        if host is not None:
            params["host"] = host
        version = self._up_to(PINNED_AZ)
        return self._pages(
            "/servers/detail", "servers", records.server_from, params, version=version
        )

    def get_server(self, server_id: str) -> Server:
        """Return one server as it is now."""
        return self._call(
            "GET",
            _server_path(server_id),
            server_id,
            version=self._up_to(PINNED_AZ),
            read=lambda answer: records.server_from(answer["server"]),
        )

    def list_services(self, host: str | None = None) -> list[ComputeService]:
        """Return the nova-compute services of all hosts or of one."""
        params: dict[str, str | int] = {"binary": COMPUTE_BINARY}
        if host is not None:
            params["host"] = host
        return self._call(
            "GET",
            "/os-services",
            None,
            params=params,
            read=lambda answer: [records.service_from(one) for one in answer["services"]],
        )

    def get_service(self, host: str) -> ComputeService:
        """Return the nova-compute service of the host with exactly this name.

        :raises ComputeNodeNotFound: there is none.
        """
        for service in self.list_services(host):
            if service.host == host:
                return service
        raise exception.ComputeNodeNotFound(name=host)

    def list_aggregates(self) -> list[Aggregate]:
        """Return all host aggregates."""
        return self._call(
            "GET",
            "/os-aggregates",
            None,
            read=lambda answer: [records.aggregate_from(one) for one in answer["aggregates"]],
        )

    def migrations_of(self, server_id: str) -> list[Migration]:
        """Return a server's migrations of every kind, running and finished, newest first."""
        found = self._pages(
            "/os-migrations",
            "migrations",
            records.migration_from,
            {"instance_uuid": records.checked_uuid(server_id)},
            version=self._up_to(MIGRATIONS),
            key="uuid",
        )
        return sorted(found, key=lambda one: one.id, reverse=True)

    def migration_fault(self, server_id: str) -> str | None:
        """Return Nova's reason why a server's newest migration failed; None if it has none."""
        path = _server_path(server_id) + "/os-instance-actions"
        version = self._up_to(ACTION_DETAILS)
        request = self._call(
            "GET",
            path,
            server_id,
            version=version,
            read=lambda answer: next(
                (
                    str(one["request_id"])
                    for one in answer["instanceActions"]
                    if one["action"] in MIGRATING_ACTIONS
                ),
                None,
            ),
        )
        if request is None:
            return None
        return self._call(
            "GET",
            f"{path}/{quote(request)}",
            server_id,
            version=version,
            read=lambda answer: next(
                (
                    str(event["details"])
                    for event in answer["instanceAction"].get("events") or ()
                    if event.get("result") == "Error" and event.get("details")
                ),
                None,
            ),
        )

    # Changing

    def live_migrate(self, server_id: str, host: str | None = None) -> None:
        """Request a live migration, to the given host or to one that Nova chooses."""
        body = {"os-migrateLive": {"host": host, "block_migration": "auto"}}
        self._act(server_id, body, LIVE_MIGRATION)

    def cold_migrate(self, server_id: str, host: str | None = None) -> None:
        """Request a cold migration; when done, it waits for :meth:`confirm_resize`."""
        self._act(server_id, {"migrate": None if host is None else {"host": host}}, MINIMUM)

    def confirm_resize(self, server_id: str) -> None:
        """Accept a finished cold migration or resize."""
        self._act(server_id, {"confirmResize": None}, MINIMUM)

    def abort_live_migration(self, server_id: str, migration_id: int) -> None:
        """Ask Nova to abort a running live migration."""
        path = f"{_server_path(server_id)}/migrations/{migration_id}"
        self._call(
            "DELETE",
            path,
            str(migration_id),
            kind="Migration",
            version=self._up_to(ABORT),
            read=_nothing,
        )

    def stop_server(self, server_id: str) -> None:
        """Ask Nova to power a server off."""
        self._act(server_id, {"os-stop": None}, MINIMUM)

    def start_server(self, server_id: str) -> None:
        """Ask Nova to power a server on."""
        self._act(server_id, {"os-start": None}, MINIMUM)

    def enable_service(self, host: str) -> ComputeService:
        """Let the scheduler use a host again; return the service as Nova now shows it."""
        return self._set_service(host, {"status": "enabled"})

    def disable_service(self, host: str, reason: str | None = None) -> ComputeService:
        """Keep the scheduler off a host; return the service as Nova now shows it."""
        body = {"status": "disabled"}
        if reason:
            body["disabled_reason"] = reason
        return self._set_service(host, body)

    # Requests

    def _set_service(self, host: str, body: dict[str, str]) -> ComputeService:
        service = self.get_service(host)
        return self._call(
            "PUT",
            f"/os-services/{quote(service.uuid)}",
            host,
            kind="Service",
            body=body,
            read=lambda answer: records.service_from(answer["service"]),
        )

    def _act(self, server_id: str, body: object, version: rest.Version) -> None:
        path = _server_path(server_id) + "/action"
        try:
            self._call("POST", path, server_id, version=version, body=body, read=_nothing)
        except NovaUnreachable as error:
            cause = error.__cause__
            if isinstance(cause, Exception) and _may_be_done(cause):
                raise NovaUnanswered(reason=rest.reason_of(cause)) from error
            raise

    def _up_to(self, wanted: rest.Version) -> rest.Version:
        """Return ``wanted`` or the highest version Nova has, never less than the minimum."""
        if self._highest is None:
            self._highest = _translated(self._rest.highest_version)
        return min(wanted, max(self._highest or MINIMUM, MINIMUM))

    def _pages(
        self,
        path: str,
        name: str,
        record: Callable[[dict[str, Any]], T],
        params: Mapping[str, str | int] | None = None,
        *,
        version: rest.Version = MINIMUM,
        key: str = "id",
    ) -> list[T]:
        """Return all rows of a list; Nova returns a thousand at a time and a link to more."""
        query = dict(params or {})
        found: list[T] = []

        def read(answer: Any) -> str | None:
            rows = answer[name]
            found.extend(map(record, rows))
            links = answer.get(f"{name}_links") or ()
            has_more = bool(rows) and any(link.get("rel") == "next" for link in links)
            return str(rows[-1][key]) if has_more else None

        while True:
            marker = self._call("GET", path, None, params=query, version=version, read=read)
            if marker is None:
                return found
            query["marker"] = marker

    def _call(
        self,
        method: str,
        path: str,
        ident: str | None,
        *,
        read: Callable[[Any], T],
        kind: str = "Server",
        version: rest.Version = MINIMUM,
        params: Mapping[str, str | int] | None = None,
        body: object = None,
    ) -> T:
        """Send a request and make a record of the answer; raise only the errors of this class."""
        try:
            return _translated(
                lambda: read(
                    self._rest.call(method, path, version=version, params=params, body=body)
                )
            )
        except _NotThere as error:
            if ident is None or path not in str(error.url):
                # A list, or a step such as the login, is missing: it says nothing of the id.
                raise
            raise exception.ComputeResourceNotFound(name=f"{ident} of type {kind}") from error


def parse_version(text: str) -> rest.Version:
    """Read a microversion such as ``2.56``.

    :raises ValueError: it is not one.
    """
    major, _dot, minor = str(text).partition(".")
    return int(major), int(minor)


def default_interface(conf: cfg.ConfigOpts) -> str:
    """Return the interface that the deprecated group names, without its old ``URL`` ending."""
    return str(conf.nova_client.endpoint_type).removesuffix("URL")


class _NotThere(exception.NovaClientError):
    """A URL does not exist; it need not be that of the requested item."""

    def __init__(self, error: exceptions.NotFound) -> None:
        super().__init__(reason=f"{rest.reason_of(error)} {error.url or ''}".rstrip())
        self.url = error.url


def _translated(call: Callable[[], T]) -> T:
    try:
        return call()
    except exceptions.NotFound as error:
        raise _NotThere(error) from error
    except exceptions.Conflict as error:
        raise NovaConflict(reason=rest.reason_of(error)) from error
    except rest.UNREACHABLE as error:
        raise NovaUnreachable(reason=rest.reason_of(error)) from error
    except exceptions.ClientException as error:
        raise exception.NovaClientError(reason=rest.reason_of(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise exception.NovaClientError(reason=f"unexpected answer: {error!r}") from error


def _may_be_done(error: Exception) -> bool:
    """Tell whether Nova may have received a request in spite of this error."""
    if isinstance(error, exceptions.ConnectionError):
        return not rest.was_never_sent(error)
    return isinstance(error, exceptions.BadGateway | exceptions.GatewayTimeout)


def _nothing(_answer: object) -> None:
    return None


def _server_path(server_id: str) -> str:
    return f"/servers/{records.checked_uuid(server_id)}"
