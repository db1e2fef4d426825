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

The answer of ``GET /v1/data_model`` (an object with the list ``context``) is read as well, so
that a copy of a real cloud can be simulated. It has no zones and no flavor names: a flavor is
made for each size, a zone for each availability zone that servers are pinned to.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import math
import pathlib
import uuid
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from oslo_utils import uuidutils

from watcher.simulator import json_file
from watcher.simulator.records import (
    ADMIN_PROJECT_ID,
    Aggregate,
    Flavor,
    Host,
    Inventory,
    Project,
    Server,
)

VERSION = 1
_NAMESPACE = uuid.UUID("77617463-6865-4000-8000-000000000000")
_TIMES = ("created", "updated", "launched")
_NAMES = ("name", "hostname", "hypervisor_hostname")
_UUIDS = ("uuid", "service_uuid")
_AT_REST = {"building": "active", "resized": "active"}
_JSON_NAMES = {
    Mapping: "an object",
    list: "a list",
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number",
}
_EXPECTED: Mapping[str, tuple[tuple[type, ...], str]] = MappingProxyType(
    {
        "str": ((str,), "a string"),
        "str | None": ((str, type(None)), "a string or null"),
        "bool": ((bool,), "true or false"),
        "int": ((int,), "a whole number >= 0"),
        "float": ((int, float), "a number >= 0"),
        "Mapping[str, str]": ((Mapping,), "an object"),
    }
)
"""What a field may hold, by its type as :mod:`watcher.simulator.records` writes it."""
R = TypeVar("R")


def read(path: str | pathlib.Path) -> Inventory:
    """Return the cloud that a file describes, in either form.

    :raises ValueError: when the file is neither form, or a value of it is wrong
    """
    document = json_file.read(path)
    try:
        return parse(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise ValueError(f"{path}: not a snapshot of a cloud: {reason}") from error


def write(cloud: Inventory, path: str | pathlib.Path) -> None:
    """Write the cloud to a file that :func:`read` takes."""
    text = json.dumps(document(cloud), indent=1) + "\n"
    pathlib.Path(path).write_text(text, encoding="utf-8")


def parse(document: Any) -> Inventory:
    """Return the cloud that a decoded document describes; raises what a wrong one leads to."""
    if isinstance(document, Mapping) and "watcher_simulator" in document:
        if document["watcher_simulator"] != VERSION:
            found = document["watcher_simulator"]
            raise ValueError(f"expected version {VERSION}, found {found!r}")
        return _checked(_own_form(document))
    if not isinstance(document, Mapping) or "context" not in document:
        raise TypeError(
            "expected an object with the key 'watcher_simulator' or a data model's 'context', "
            f"found {_kind_of(document)}"
        )
    rows = _objects(document, "context")
    return _checked(_data_model(rows))


def document(cloud: Inventory) -> dict[str, Any]:
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
    plain["vm_state"] = _AT_REST.get(server.vm_state, server.vm_state)
    for name in _TIMES:
        plain[name] = plain[name].isoformat() if plain[name] else None
    return plain


def _id(kind: str, name: str) -> str:
    """Return the same id for the same name, every time."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}:{name}"))


def _kind_of(value: object) -> str:
    """Return what JSON calls a decoded value."""
    for kind, name in _JSON_NAMES.items():
        if isinstance(value, kind):
            return name
    return "null"


def _objects(document: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return a list of objects by its key."""
    rows = document[name]
    if not isinstance(rows, list):
        raise TypeError(f"{name}: expected a list of objects, found {_kind_of(rows)}")
    for row in rows:
        if not isinstance(row, Mapping):
            raise TypeError(f"{name}: expected a list of objects, found {_kind_of(row)} in it")
    return rows


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
        _check(f"{name} of a {word}", str(fields[name].type), value)
    return kind(**values)


def _has_no_default(field: dataclasses.Field[Any]) -> bool:
    return field.default is field.default_factory is dataclasses.MISSING


def _check(what: str, kind: str, value: object) -> None:
    """Check a value by the type of its field, as the record's class writes it."""
    if kind not in _EXPECTED:
        return
    types, expected = _EXPECTED[kind]
    is_fine = isinstance(value, types) and (kind == "bool" or not isinstance(value, bool))
    if is_fine and isinstance(value, int | float):
        is_fine = 0 <= value < math.inf
    if not is_fine:
        raise ValueError(f"{what}: expected {expected}, found {_found(value)}")


def _found(value: object) -> str:
    """Return how a message shows a wrong value: short ones as they are."""
    return repr(value) if isinstance(value, int | float | str) else _kind_of(value)


def _time(name: str, value: object) -> datetime.datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.datetime.fromisoformat(value)  # type: ignore[arg-type] # see except
    except (TypeError, ValueError) as error:
        expected = "expected a time by ISO 8601"
        raise ValueError(f"{name} of a server: {expected}, found {_found(value)}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def _own_form(document: Mapping[str, Any]) -> Inventory:
    flavors = tuple(
        _record(Flavor, plain, id=plain["name"]) for plain in _objects(document, "flavors")
    )
    by_id = {flavor.id: flavor for flavor in flavors}
    hosts = tuple(
        _record(
            Host,
            plain,
            uuid=_id("host", plain["hostname"]),
            service_uuid=_id("service", plain["hostname"]),
            number=number,
            hypervisor_hostname=plain["hostname"],
        )
        for number, plain in enumerate(_objects(document, "hosts"), 1)
    )
    servers = tuple(
        _server(number, plain, by_id)
        for number, plain in enumerate(_objects(document, "servers"), 1)
    )
    aggregates = tuple(
        _record(
            Aggregate,
            {**plain, "hosts": tuple(plain["hosts"])},
            id=number,
            uuid=_id("aggregate", plain["name"]),
        )
        for number, plain in enumerate(_objects({"aggregates": [], **document}, "aggregates"), 1)
    )
    projects = tuple(
        _record(Project, plain) for plain in _objects({"projects": [], **document}, "projects")
    )
    return Inventory(hosts, servers, flavors, aggregates, _with_admin(projects))


def _server(number: int, plain: Mapping[str, Any], flavors: Mapping[str, Flavor]) -> Server:
    values = dict(plain)
    if values["flavor"] not in flavors:
        raise ValueError(f"server {values['name']!r} has the unknown flavor {values['flavor']!r}")
    values["flavor"] = flavors[values["flavor"]]
    created = _time("created", values.pop("created", None)) or datetime.datetime.now(datetime.UTC)
    for name in ("updated", "launched"):
        values[name] = _time(name, values.get(name)) or created
    return _record(
        Server, values, uuid=_id("server", values["name"]), number=number, created=created
    )


def _data_model(rows: Iterable[Mapping[str, Any]]) -> Inventory:
    hosts: dict[str, Host] = {}
    flavors: dict[tuple[Any, ...], Flavor] = {}
    servers: dict[str, Server] = {}
    zones: dict[str, list[str]] = {}
    for row in rows:
        name = row["node_hostname"]
        _check("node_hostname", "str", name)
        if name not in hosts:
            hosts[name] = _model_host(len(hosts) + 1, row)
        if row.get("server_uuid") is None:
            continue
        flavor = _model_flavor(flavors, row)
        servers[row["server_uuid"]] = _model_server(len(servers) + 1, row, flavor)
        pinned = row.get("server_pinned_az")
        if pinned and name not in zones.setdefault(pinned, []):
            zones[pinned].append(name)
    aggregates = tuple(
        Aggregate(
            number, _id("aggregate", zone), zone, tuple(names), zone, {"availability_zone": zone}
        )
        for number, (zone, names) in enumerate(sorted(zones.items()), 1)
    )
    ids = sorted({server.project_id for server in servers.values()})
    projects = tuple(Project(each, f"project-{each[:8]}") for each in ids)
    return Inventory(
        tuple(hosts.values()),
        tuple(servers.values()),
        tuple(flavors.values()),
        aggregates,
        _with_admin(projects),
    )


def _number(row: Mapping[str, Any], name: str, default: float | None = None) -> float:
    """Return a number of a data model, which may be written as text."""
    value = row[name] if default is None else row.get(name, default)
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{name}: expected a number, found {_found(value)}")
    return number


def _mapping(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = row.get(name) or {}
    _check(name, "Mapping[str, str]", value)
    return dict(value)


def _model_host(number: int, row: Mapping[str, Any]) -> Host:
    return Host(
        uuid=row["node_uuid"],
        service_uuid=_id("service", row["node_hostname"]),
        number=number,
        hostname=row["node_hostname"],
        hypervisor_hostname=row["node_hostname"],
        vcpus=int(_number(row, "node_vcpus")),
        memory_mib=int(_number(row, "node_memory")),
        disk_gib=int(_number(row, "node_disk")),
        vcpus_reserved=int(_number(row, "node_vcpu_reserved", 0)),
        memory_mib_reserved=int(_number(row, "node_memory_mb_reserved", 0)),
        disk_gib_reserved=int(_number(row, "node_disk_gb_reserved", 0)),
        vcpu_ratio=_number(row, "node_vcpu_ratio", 1),
        memory_ratio=_number(row, "node_memory_ratio", 1),
        disk_ratio=_number(row, "node_disk_ratio", 1),
        status=row.get("node_status", "enabled"),
        state=row.get("node_state", "up"),
        disabled_reason=row.get("node_disabled_reason"),
    )


def _model_flavor(flavors: dict[tuple[Any, ...], Flavor], row: Mapping[str, Any]) -> Flavor:
    vcpus, memory_mib, disk_gib = (
        int(_number(row, name)) for name in ("server_vcpus", "server_memory", "server_disk")
    )
    size = (vcpus, memory_mib, disk_gib)
    specs = _mapping(row, "server_flavor_extra_specs")
    key = (*size, *sorted(specs.items()))
    if key not in flavors:
        number = str(len(flavors) + 1)
        name = "c{}.m{}.d{}".format(*size) + (f".{number}" if specs else "")
        flavors[key] = Flavor(number, name, *size, extra_specs=specs)
    return flavors[key]


def _model_server(number: int, row: Mapping[str, Any], flavor: Flavor) -> Server:
    created = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    created += datetime.timedelta(minutes=number)
    state = row.get("server_state", "active")
    return Server(
        uuid=row["server_uuid"],
        number=number,
        name=row["server_name"],
        flavor=flavor,
        host=row["node_hostname"],
        created=created,
        updated=created,
        launched=created,
        project_id=row.get("server_project_id") or ADMIN_PROJECT_ID,
        vm_state=_AT_REST.get(state, state),
        metadata=_mapping(row, "server_metadata"),
        locked=bool(row.get("server_locked", False)),
        pinned_zone=row.get("server_pinned_az") or None,
    )


def _check_record(record: Host | Flavor | Server) -> None:
    word = type(record).__name__.lower()
    for field in dataclasses.fields(record):
        what, value = f"{field.name} of a {word}", getattr(record, field.name)
        _check(what, str(field.type), value)
        if field.name in _NAMES and not value:
            raise ValueError(f"{what}: expected a name, found {value!r}")
        if field.name in _UUIDS and not uuidutils.is_uuid_like(value):
            raise ValueError(f"{what}: expected a UUID, found {value!r}")


def _with_admin(projects: tuple[Project, ...]) -> tuple[Project, ...]:
    if any(project.name == "admin" for project in projects):
        return projects
    others = tuple(each for each in projects if each.id != ADMIN_PROJECT_ID)
    return (Project(ADMIN_PROJECT_ID, "admin"), *others)


def _checked(cloud: Inventory) -> Inventory:
    """Return the cloud if its values are what clients of Nova expect, and fit together."""
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
