# SPDX-License-Identifier: Apache-2.0
"""The values in a cloud's file: what they may be, and the message when they are not."""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from watcher.simulator.records import ADMIN_PROJECT_ID, Project

AT_REST: Final = MappingProxyType({"building": "active", "resized": "active"})
"""What servers come to rest as that a file shows in the middle of something."""

_NAMESPACE = uuid.UUID("77617463-6865-4000-8000-000000000000")
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


def check(what: str, kind: str, value: object) -> None:
    """Check a value against the type of its field, as the record's class writes it."""
    if kind not in _EXPECTED:
        return
    types, expected = _EXPECTED[kind]
    is_fine = isinstance(value, types) and (kind == "bool" or not isinstance(value, bool))
    if is_fine and isinstance(value, int | float):
        is_fine = 0 <= value < math.inf
    if not is_fine:
        raise ValueError(f"{what}: expected {expected}, found {found(value)}")


def found(value: object) -> str:
    """Return a wrong value as a message shows it: short ones in full."""
    return repr(value) if isinstance(value, int | float | str) else kind_of(value)


def kind_of(value: object) -> str:
    """Return what JSON calls a decoded value."""
    for kind, name in _JSON_NAMES.items():
        if isinstance(value, kind):
            return name
    return "null"


def objects(document: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return a list of objects by its key."""
    rows = document[name]
    if not isinstance(rows, list):
        raise TypeError(f"{name}: expected a list of objects, found {kind_of(rows)}")
    for row in rows:
        if not isinstance(row, Mapping):
            raise TypeError(f"{name}: expected a list of objects, found {kind_of(row)} in it")
    return rows


def make_id(kind: str, name: str) -> str:
    """Return the same id for the same name, every time."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}:{name}"))


def with_admin(projects: tuple[Project, ...]) -> tuple[Project, ...]:
    """Return projects with the one that administrators work in."""
    if any(project.name == "admin" for project in projects):
        return projects
    others = tuple(each for each in projects if each.id != ADMIN_PROJECT_ID)
    return (Project(ADMIN_PROJECT_ID, "admin"), *others)
