# SPDX-License-Identifier: Apache-2.0
"""Which part of the cloud an audit is about.

An audit's scope is JSON; :func:`parse` turns its ``compute`` part into typed predicates
once, and :func:`apply` restricts a snapshot by them. The scopes of storage and bare
metal come with their models.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from watcher.common import exception

if TYPE_CHECKING:
    from watcher.domain.snapshot import Server, Snapshot

EVERY = "*"

#: What an audit template's ``compute`` scope may hold (published, JSON schema Draft 4).
_AGGREGATES: dict[str, object] = {
    "type": "array",
    "items": {
        "anyOf": [
            {"$ref": "#/items/properties/compute/host_aggregates/host_aggr_id"},
            {"$ref": "#/items/properties/compute/host_aggregates/name"},
        ]
    },
}


def _named(key: str) -> dict[str, object]:
    return {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {key: {"type": "string"}},
            "additionalProperties": False,
        },
    }


#: The published references start at the root of the *composite* schema, in which this one is
#: the value of ``items.properties.compute``.
COMPUTE_SCHEMA: dict[str, object] = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "host_aggregates": _AGGREGATES,
            "availability_zones": _named("name"),
            "exclude": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "instances": _named("uuid"),
                        "compute_nodes": _named("name"),
                        "host_aggregates": _AGGREGATES,
                        "instance_metadata": {"type": "array", "items": {"type": "object"}},
                        "projects": _named("uuid"),
                    },
                    "additionalProperties": False,
                },
            },
        },
        "additionalProperties": False,
    },
    "host_aggregates": {
        "host_aggr_id": {
            "properties": {"id": {"oneOf": [{"type": "integer"}, {"enum": [EVERY]}]}},
            "additionalProperties": False,
        },
        "name": {"properties": {"name": {"type": "string"}}, "additionalProperties": False},
    },
    "additionalProperties": False,
}


@dataclasses.dataclass(frozen=True, slots=True)
class InAggregates:
    """Hosts in any of these aggregates; ``every`` means in any aggregate at all."""

    ids: frozenset[int] = frozenset()
    names: frozenset[str] = frozenset()
    every: bool = False

    def hosts(self, snapshot: Snapshot) -> set[str]:
        """Return the host names that match."""
        return {
            hostname
            for aggregate in snapshot.aggregates
            if self.every or aggregate.id in self.ids or aggregate.name in self.names
            for hostname in aggregate.hosts
        }


@dataclasses.dataclass(frozen=True, slots=True)
class InZones:
    """Hosts whose compute service is in any of these zones; ``every`` means in any at all."""

    names: frozenset[str] = frozenset()
    every: bool = False

    def hosts(self, snapshot: Snapshot) -> set[str]:
        """Return the host names that match."""
        return {
            hostname
            for hostname, zone in snapshot.zones.items()
            if self.every or zone in self.names
        }


@dataclasses.dataclass(frozen=True, slots=True)
class Exclusions:
    """What is excluded: hosts disappear, servers must stay but still count."""

    hostnames: frozenset[str] = frozenset()
    aggregates: tuple[InAggregates, ...] = ()
    server_uuids: frozenset[str] = frozenset()
    project_ids: frozenset[str] = frozenset()
    metadata: tuple[Mapping[str, str], ...] = ()

    def hosts(self, snapshot: Snapshot) -> set[str]:
        """Return the names of excluded hosts; they need not exist."""
        return set(self.hostnames).union(*(rule.hosts(snapshot) for rule in self.aggregates))

    def covers(self, server: Server) -> bool:
        """Tell whether the server must not be moved."""
        return (
            server.uuid in self.server_uuids
            or server.project_id in self.project_ids
            or any(_has_all(server.metadata, wanted) for wanted in self.metadata)
        )


@dataclasses.dataclass(frozen=True, slots=True)
class ComputeScope:
    """The typed form of a scope's compute part; ``inclusions`` keep their order."""

    inclusions: tuple[InAggregates | InZones, ...] = ()
    exclusions: Exclusions = Exclusions()


def parse(audit_scope: object) -> ComputeScope:
    """Read the compute part of an audit's scope: that of its first element with one.

    :param audit_scope: decoded JSON; None is the same as an empty list
    :raises WildcardCharacterIsUsed: ``*`` appears together with other values.
    :raises Invalid: it does not have the published form.
    """
    for element in _mappings(audit_scope, "audit scope"):
        rules = element.get("compute")
        if rules:
            return _parse_rules(_mappings(rules, "compute"))
    return ComputeScope()


def apply(snapshot: Snapshot, audit_scope: object) -> Snapshot:
    """Return the part of a snapshot that an audit may work on.

    Hosts that no inclusion rule allows, and excluded ones, are removed with their servers.
    Excluded servers stay, marked as such. Names that match nothing are ignored (see
    :func:`unknown_names`). Linear in the number of hosts and servers.

    Published behaviour, kept: a rule that leaves nothing allowed so far empties the
    snapshot, whatever the rules after it allow.

    :param audit_scope: decoded JSON, or the result of :func:`parse`
    :raises WildcardCharacterIsUsed: ``*`` appears together with other values.
    :raises Invalid: it does not have the published form.
    """
    scope = audit_scope if isinstance(audit_scope, ComputeScope) else parse(audit_scope)
    if scope == ComputeScope():
        return snapshot
    allowed = _allowed_hosts(snapshot, scope.inclusions)
    refused = scope.exclusions.hosts(snapshot)
    kept = [
        host.uuid
        for host in snapshot.hosts.values()
        if (allowed is None or host.hostname in allowed) and host.hostname not in refused
    ]
    excluded = [one.uuid for one in snapshot.servers.values() if scope.exclusions.covers(one)]
    return snapshot.restricted(kept, excluded=excluded)


def unknown_names(snapshot: Snapshot, audit_scope: object) -> tuple[str, ...]:
    """Return excluded hosts and servers that the snapshot does not have, for a warning."""
    exclusions = parse(audit_scope).exclusions
    hostnames = {host.hostname for host in snapshot.hosts.values()}
    return (
        *sorted(exclusions.hostnames - hostnames),
        *sorted(exclusions.server_uuids - snapshot.servers.keys()),
    )


def _allowed_hosts(
    snapshot: Snapshot, inclusions: Iterable[InAggregates | InZones]
) -> set[str] | None:
    allowed: set[str] | None = None
    for rule in inclusions:
        allowed = (allowed or set()) | rule.hosts(snapshot)
        if not allowed:
            return allowed
    return allowed


def _parse_rules(rules: Iterable[Mapping[str, object]]) -> ComputeScope:
    inclusions: list[InAggregates | InZones] = []
    exclusions = Exclusions()
    for rule in rules:
        # One key per rule: where there are more, this order decides and the rest are ignored.
        if "host_aggregates" in rule:
            inclusions.append(_parse_aggregates(rule["host_aggregates"]))
        elif "availability_zones" in rule:
            inclusions.append(_parse_zones(rule["availability_zones"]))
        elif "exclude" in rule:
            for part in _mappings(rule["exclude"], "exclude"):
                exclusions = _with(exclusions, part)
    return ComputeScope(tuple(inclusions), exclusions)


def _with(found: Exclusions, part: Mapping[str, object]) -> Exclusions:
    if "instances" in part:
        uuids = found.server_uuids | _values(part["instances"], "uuid")
        return dataclasses.replace(found, server_uuids=uuids)
    if "compute_nodes" in part:
        names = found.hostnames | _values(part["compute_nodes"], "name")
        return dataclasses.replace(found, hostnames=names)
    if "host_aggregates" in part:
        rules = (*found.aggregates, _parse_aggregates(part["host_aggregates"]))
        return dataclasses.replace(found, aggregates=rules)
    if "instance_metadata" in part:
        given = _mappings(part["instance_metadata"], "instance_metadata")
        wanted = tuple({key: _folded(value) for key, value in one.items()} for one in given if one)
        return dataclasses.replace(found, metadata=found.metadata + wanted)
    if "projects" in part:
        projects = found.project_ids | _values(part["projects"], "uuid")
        return dataclasses.replace(found, project_ids=projects)
    return found


def _parse_aggregates(given: object) -> InAggregates:
    ids: set[int] = set()
    names: set[str] = set()
    entries = [pair for one in _mappings(given, "host_aggregates") for pair in one.items()]
    if any(value == EVERY for _key, value in entries):
        if len(entries) > 1:
            raise exception.WildcardCharacterIsUsed(resource="host_aggregates")
        return InAggregates(every=True)
    for key, value in entries:
        if key == "id":
            ids.add(_integer(value))
        elif key == "name":
            names.add(str(value))
    return InAggregates(frozenset(ids), frozenset(names))


def _parse_zones(given: object) -> InZones:
    names = _values(given, "name")
    if EVERY in names:
        if len(names) > 1:
            raise exception.WildcardCharacterIsUsed(resource="availability_zones")
        return InZones(every=True)
    return InZones(names)


def _mappings(given: object, what: str) -> list[Mapping[str, object]]:
    if given is None:
        return []
    if not isinstance(given, Sequence) or not all(isinstance(one, Mapping) for one in given):
        raise exception.Invalid(f"A list of objects was expected in {what}, found {given!r}")
    return list(given)


def _values(given: object, key: str) -> frozenset[str]:
    return frozenset(str(one[key]) for one in _mappings(given, key) if key in one)


def _integer(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise exception.Invalid(f"The id of an aggregate is a number, found {value!r}") from None


def _has_all(metadata: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return all(key in metadata and _folded(metadata[key]) == value for key, value in wanted.items())


def _folded(value: object) -> str:
    return str(value).lower()
