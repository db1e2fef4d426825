# SPDX-License-Identifier: Apache-2.0
"""Read and write a cloud as a JSON file.

The file is one object::

    {"watcher_simulator": 1,
     "hosts": [{"hostname": "compute-001", "vcpus": 32, "memory_mib": 131072, ...}],
     "flavors": [{"id": "2", "name": "m1.small", "vcpus": 1, "memory_mib": 2048, ...}],
     "servers": [{"uuid": "...", "name": "web-0001", "flavor": "2", "host": "compute-001", ...}],
     "aggregates": [{"id": 1, "name": "zone-1", "hosts": [...], "availability_zone": "zone-1"}],
     "projects": [{"id": "...", "name": "admin"}]}

Keys are the fields of :mod:`watcher.simulator.records`; those with a default, and every id, may
be left out; ``flavor`` is a flavor's id; times are ISO 8601. Order is kept. Moves that run while
a file is written are not in it: such a server is where Nova would show it, at rest.

The answer of ``GET /v1/data_model`` (an object with the list ``context``) is read as well, by
:mod:`watcher.simulator.data_model_file`.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import pathlib
from collections.abc import Mapping
from typing import Any, TypeVar

from oslo_utils import uuidutils

from watcher.simulator import data_model_file, file_values, json_file
from watcher.simulator.records import (
    Aggregate,
    Contents,
    Flavor,
    Host,
    Project,
    Server,
)

VERSION = 1
_TIMES = ("created", "updated", "launched")
_NAMES = ("name", "hostname", "hypervisor_hostname")
_UUIDS = ("uuid", "service_uuid")
R = TypeVar("R")


def read(path: str | pathlib.Path) -> Contents:
    """Return the cloud that a file describes, in either form.

    :raises ValueError: when the file has neither form, or one of its values is wrong
    """
    document = json_file.read(path)
    try:
        return parse(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise ValueError(f"{path}: not a snapshot of a cloud: {reason}") from error


def write(cloud: Contents, path: str | pathlib.Path) -> None:
    """Write the cloud to a file that :func:`read` takes."""
    text = json.dumps(document(cloud), indent=1) + "\n"
    pathlib.Path(path).write_text(text, encoding="utf-8")


def parse(document: Any) -> Contents:
    """Return the cloud that a decoded document describes; a wrong one raises various errors."""
    if isinstance(document, Mapping) and "watcher_simulator" in document:
        if document["watcher_simulator"] != VERSION:
            found = document["watcher_simulator"]
            raise ValueError(f"expected version {VERSION}, found {found!r}")
        return _checked(_own_form(document))
    if not isinstance(document, Mapping) or "context" not in document:
        raise TypeError(
            "expected an object with the key 'watcher_simulator' or a data model's 'context', "
            f"found {file_values.kind_of(document)}"
        )
    rows = file_values.objects(document, "context")
    return _checked(data_model_file.parse(rows))


def document(cloud: Contents) -> dict[str, Any]:
    """Return the cloud as plain data."""
    return {
        "watcher_simulator": VERSION,
        "hosts": [_plain(host) for host in cloud.hosts],
        "flavors": [_plain(flavor) for flavor in cloud.flavors],
        "servers": [_server_document(server) for server in cloud.servers],
        "aggregates": [_plain(aggregate) for aggregate in cloud.aggregates],
        "projects": [_plain(project) for project in cloud.projects],
    }


def _plain(record: Any) -> dict[str, Any]:
    """Return the fields of a record; ``dataclasses.asdict`` would copy each server's flavor."""
    names = (field.name for field in dataclasses.fields(record))
    return {name: getattr(record, name) for name in names}


def _server_document(server: Server) -> dict[str, Any]:
    plain = _plain(server)
    plain["flavor"] = server.flavor.id
    plain["task_state"] = None
    del plain["state_before"]
    plain["vm_state"] = file_values.AT_REST.get(server.vm_state, server.vm_state)
    for name in _TIMES:
        plain[name] = plain[name].isoformat() if plain[name] else None
    return plain


def _record(kind: type[R], plain: Mapping[str, Any], **defaults: Any) -> R:
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type] # dataclasses only
    word = kind.__name__.lower()
    if unknown := set(plain) - set(fields):
        raise ValueError(f"a {word} has no {', '.join(sorted(unknown))}")
    values = {**defaults, **plain}
    needed = [name for name, field in fields.items() if _has_no_default(field)]
    if missing := [name for name in needed if name not in values]:
        raise ValueError(f"a {word} needs {', '.join(missing)}")
    for name, value in plain.items():
        file_values.check(f"{name} of a {word}", str(fields[name].type), value)
    return kind(**values)


def _has_no_default(field: dataclasses.Field[Any]) -> bool:
    return field.default is field.default_factory is dataclasses.MISSING


def _time(name: str, value: object) -> datetime.datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.datetime.fromisoformat(value)  # type: ignore[arg-type] # see except
    except (TypeError, ValueError) as error:
        expected = "expected a time by ISO 8601"
        raise ValueError(
            f"{name} of a server: {expected}, found {file_values.found(value)}"
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def _own_form(document: Mapping[str, Any]) -> Contents:
    flavors = tuple(
        _record(Flavor, plain, id=plain["name"])
        for plain in file_values.objects(document, "flavors")
    )
    by_id = {flavor.id: flavor for flavor in flavors}
    hosts = tuple(
        _record(
            Host,
            plain,
            uuid=file_values.make_id("host", plain["hostname"]),
            service_uuid=file_values.make_id("service", plain["hostname"]),
            number=number,
            hypervisor_hostname=plain["hostname"],
        )
        for number, plain in enumerate(file_values.objects(document, "hosts"), 1)
    )
    servers = tuple(
        _server(number, plain, by_id)
        for number, plain in enumerate(file_values.objects(document, "servers"), 1)
    )
    aggregates = tuple(
        _record(
            Aggregate,
            {**plain, "hosts": tuple(plain["hosts"])},
            id=number,
            uuid=file_values.make_id("aggregate", plain["name"]),
        )
        for number, plain in enumerate(
            file_values.objects({"aggregates": [], **document}, "aggregates"), 1
        )
    )
    projects = tuple(
        _record(Project, plain)
        for plain in file_values.objects({"projects": [], **document}, "projects")
    )
    return Contents(hosts, servers, flavors, aggregates, file_values.with_admin(projects))


def _server(number: int, plain: Mapping[str, Any], flavors: Mapping[str, Flavor]) -> Server:
    values = dict(plain)
    if values["flavor"] not in flavors:
        raise ValueError(f"server {values['name']!r} has the unknown flavor {values['flavor']!r}")
    values["flavor"] = flavors[values["flavor"]]
    created = _time("created", values.pop("created", None)) or datetime.datetime.now(datetime.UTC)
    for name in ("updated", "launched"):
        values[name] = _time(name, values.get(name)) or created
    return _record(
        Server,
        values,
        uuid=file_values.make_id("server", values["name"]),
        number=number,
        created=created,
    )


def _check_record(record: Host | Flavor | Server) -> None:
    word = type(record).__name__.lower()
    for field in dataclasses.fields(record):
        what, value = f"{field.name} of a {word}", getattr(record, field.name)
        file_values.check(what, str(field.type), value)
        if field.name in _NAMES and not value:
            raise ValueError(f"{what}: expected a name, found {value!r}")
        if field.name in _UUIDS and not uuidutils.is_uuid_like(value):
            raise ValueError(f"{what}: expected a UUID, found {value!r}")


def _checked(cloud: Contents) -> Contents:
    """Return the cloud if its values are what Nova's clients expect, and are consistent."""
    records: tuple[Host | Flavor | Server, ...] = (*cloud.hosts, *cloud.flavors, *cloud.servers)
    for record in records:
        _check_record(record)
    hosts = [host.hostname for host in cloud.hosts]
    if not hosts:
        raise ValueError("expected at least one host, found none")
    if len(set(hosts)) != len(hosts):
        raise ValueError("two hosts have the same hostname")
    ids = [ident for host in cloud.hosts for ident in {host.uuid, host.service_uuid}]
    if len(set(ids)) != len(ids):
        raise ValueError("two hosts have the same uuid or service_uuid")
    if len({server.uuid for server in cloud.servers}) != len(cloud.servers):
        raise ValueError("two servers have the same uuid")
    known = set(hosts)
    for server in cloud.servers:
        if server.host is not None and server.host not in known:
            raise ValueError(f"server {server.name!r} is on the unknown host {server.host!r}")
    for aggregate in cloud.aggregates:
        if not known.issuperset(aggregate.hosts):
            raise ValueError(f"aggregate {aggregate.name!r} names an unknown host")
    return cloud
