# SPDX-License-Identifier: Apache-2.0
"""Parameters of strategies: one dataclass gives the schema, the defaults and the check.

The schemas are a published contract (JSON schema draft 4, stored and served), so a dataclass
field carries its schema keywords, and the schema is derived from the class.
"""

from __future__ import annotations

import copy
import dataclasses
import difflib
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, cast

from watcher.common import exception
from watcher.domain import safe_schema

T = TypeVar("T")
Schema = Mapping[str, Any]

_KEYWORDS = "schema"

#: The most characters of a name that are compared; the cost grows with their square.
_LONGEST_COMPARED = 64


def parameter(
    type_: str, description: str, *, required: bool = False, default: object = None, **keywords: Any
) -> Any:
    """Declare a field of a parameters dataclass.

    :param type_: the JSON schema type.
    :param description: for people; empty where the published schema has none.
    :param default: inserted where the user gave none; None: the parameter stays unset.
    :param keywords: further schema keywords, such as ``minimum``.
    """
    schema: dict[str, Any] = {"type": type_, **keywords}
    if description:
        schema = {"description": description, **schema}
    metadata = {_KEYWORDS: schema, "required": required}
    if required:
        return dataclasses.field(metadata=metadata)
    if default is not None:
        schema["default"] = default
    if isinstance(default, dict | list):
        return dataclasses.field(default_factory=lambda: copy.deepcopy(default), metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def schema_of(parameters: type[Any], **keywords: Any) -> dict[str, Any]:
    """Return the JSON schema of a parameters dataclass.

    :param keywords: further keywords of the top level, such as ``$schema``.
    """
    fields = dataclasses.fields(parameters)
    schema: dict[str, Any] = dict(keywords)
    schema["properties"] = {field.name: dict(field.metadata[_KEYWORDS]) for field in fields}
    required = [field.name for field in fields if field.metadata["required"]]
    if required:
        schema["required"] = required
    return schema


def read(parameters: type[T], given: Mapping[str, Any]) -> T:
    """Make the dataclass from *given* values, filling in defaults.

    :raises InvalidParameter: a value does not match the schema or a required one is missing.
    """
    values = with_defaults(schema_of(parameters), given)
    names = {field.name for field in dataclasses.fields(cast(Any, parameters))}
    return parameters(**{name: value for name, value in values.items() if name in names})


def with_defaults(
    schema: Schema, given: Mapping[str, Any], strategy: str | None = None
) -> dict[str, Any]:
    """Return *given* with the defaults of *schema* filled in, and check the result.

    Unknown names pass: an audit may be older than the schema of today's strategy.

    :param strategy: the name of their strategy, for the error.
    :raises InvalidParameter: with the place and the reason.
    """
    values = copy.deepcopy(dict(given))
    _fill(schema, values)
    try:
        complaint = safe_schema.complaint(schema, values)
    except safe_schema.UnusableSchemaError as error:
        raise exception.InvalidParameter(str(error)) from error
    if complaint is not None:
        where = f"Parameter {complaint.place}" if complaint.place else "Parameters"
        whose = f" (strategy {strategy})" if strategy else ""
        raise exception.InvalidParameter(f"{where}: {complaint.text}{whose}")
    return values


@dataclasses.dataclass(frozen=True, slots=True)
class Unknown:
    """A name that a schema does not list.

    :ivar place: the path of the object that has it; empty at the top.
    :ivar known: the names that the schema lists there.
    """

    place: str
    name: str
    known: tuple[str, ...]


def unknown(schema: Schema, given: Mapping[str, Any], place: str = "") -> list[Unknown]:
    """Return the names in *given* that *schema* does not list, at every level.

    An object takes any name if its schema lists no properties at all, or says what further
    properties may be.
    """
    properties = schema.get("properties")
    if not isinstance(properties, Mapping) or not properties:
        return []
    found = []
    for name, value in given.items():
        if name in properties:
            found.extend(_unknown_below(properties[name], value, f"{place}/{name}".lstrip("/")))
        elif not safe_schema.takes(schema, name):
            found.append(Unknown(place, name, tuple(properties)))
    return found


def _unknown_below(schema: Any, value: Any, place: str) -> list[Unknown]:
    if isinstance(value, list):
        schema = schema.get("items") if isinstance(schema, Mapping) else None
    items = value if isinstance(value, list) else [value]
    return [
        each
        for item in items
        if isinstance(item, Mapping) and isinstance(schema, Mapping)
        for each in unknown(schema, item, place)
    ]


def nearest_first(name: str, known: Iterable[str]) -> list[str]:
    """Sort names by how closely they resemble another one; ties keep their order.

    >>> nearest_first("maintenance_nod", ["disable", "backup_node", "maintenance_node"])
    ['maintenance_node', 'backup_node', 'disable']
    """
    sought = name[:_LONGEST_COMPARED].casefold()

    def likeness(other: str) -> float:
        return difflib.SequenceMatcher(None, sought, other[:_LONGEST_COMPARED].casefold()).ratio()

    return sorted(known, key=likeness, reverse=True)


def _fill(schema: Schema, values: dict[str, Any]) -> None:
    for name, sub in schema.get("properties", {}).items():
        if name not in values and "default" in sub:
            values[name] = copy.deepcopy(sub["default"])
        elif isinstance(values.get(name), dict):
            _fill(sub, values[name])
