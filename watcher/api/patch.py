# SPDX-License-Identifier: Apache-2.0
"""JSON patch (RFC 6902) as published: three operations, on the attributes a resource names.

Nothing is stored unless every operation is good; the patch is applied to a copy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jsonpatch

from watcher.api import errors
from watcher.api.microversion import Version
from watcher.api.resource import Resource
from watcher.common import exception

_OPERATIONS = ("add", "replace", "remove")
_MEMBERS = {"op", "path", "value"}
_PATH = re.compile(r"(/[\w-]+)+", re.ASCII)

#: Never to be patched, whatever the resource.
INTERNAL = frozenset({"created_at", "updated_at", "deleted_at", "id", "uuid", "links"})


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; ``attribute`` is the first element of its path."""

    op: str
    path: str
    value: Any = None

    @property
    def attribute(self) -> str:
        """The attribute of the resource that is touched."""
        return self.path.split("/")[1]

    @property
    def whole(self) -> bool:
        """Whether the attribute itself is touched, not something inside it."""
        return self.path.count("/") == 1

    def as_json(self) -> dict[str, Any]:
        """Return the operation as jsonpatch takes it."""
        plain: dict[str, Any] = {"op": self.op, "path": self.path}
        return plain if self.op == "remove" else {**plain, "value": self.value}


Operations = Sequence[Operation]


def read(data: Any) -> list[Operation]:
    """Check the form of a patch.

    :raises BadRequest: when it is not a list of operations.
    """
    if not isinstance(data, list):
        raise errors.BadRequest(f"Expected a list of patch operations, got {data!r}")
    return [_read_operation(item) for item in data]


def _read_operation(item: Any) -> Operation:
    if not isinstance(item, dict):
        raise errors.BadRequest(f"Expected a patch operation, got {item!r}")
    unknown = sorted(item.keys() - _MEMBERS)
    if unknown:
        raise errors.BadRequest(f"Unknown attribute of a patch operation: {', '.join(unknown)}")
    op, path = item.get("op"), item.get("path")
    if op not in _OPERATIONS:
        raise errors.BadRequest(
            f"Expected one of {', '.join(_OPERATIONS)} as op of a patch operation, got {op!r}"
        )
    if not isinstance(path, str) or not _PATH.fullmatch(path):
        raise errors.BadRequest(f"Expected a path like /name in a patch operation, got {path!r}")
    if op != "remove" and "value" not in item:
        raise errors.BadRequest(f"'add' and 'replace' operations need a value, for {path}")
    return Operation(op, path, item.get("value"))


def check_paths(
    operations: Operations,
    known: Mapping[str, Any],
    *,
    protected: frozenset[str] = frozenset(),
) -> None:
    """Refuse operations on attributes that are internal, protected or unknown.

    :raises PatchError: (400) naming the operation.
    """
    for operation in operations:
        attribute = operation.attribute
        if attribute in INTERNAL or operation.path.lstrip("/") in protected:
            raise exception.PatchError(
                patch=operation.as_json(), reason=f"'{operation.path}' is an internal attribute"
            )
        if attribute not in known:
            raise exception.PatchError(
                patch=operation.as_json(), reason=f"'{operation.path}' is not an attribute"
            )


def apply(
    resource: Resource, version: Version, operations: Operations, current: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the attributes that a patch touches, with their new values, typed.

    :param current: attributes as they are, JSON-like; its keys are what may be patched.
    :raises PatchError: (400) for an operation that does not fit.
    :raises NotAcceptable: (406) for a field that is newer than the request.
    """
    check_paths(operations, current)
    touched = {operation.attribute for operation in operations}
    for name in touched & resource.patchable.keys():
        if resource.patchable[name].given_too_early(version):
            since = resource.patchable[name].since
            raise exception.NotAcceptable(
                message=f"Attribute {name} needs API version {since} or later"
            )
    patched = _apply(operations, current)
    return {
        name: _typed(resource, name, patched.get(name)) for name in sorted(touched & current.keys())
    }


def _apply(operations: Operations, current: Mapping[str, Any]) -> dict[str, Any]:
    plain = [operation.as_json() for operation in operations]
    try:
        changed: dict[str, Any] = jsonpatch.apply_patch(dict(current), jsonpatch.JsonPatch(plain))
    except (
        jsonpatch.JsonPatchException,
        jsonpatch.JsonPointerException,
        KeyError,
        TypeError,
        ValueError,
        IndexError,
        RecursionError,
    ) as error:
        raise exception.PatchError(patch=plain, reason=str(error)) from error
    return changed


def _typed(resource: Resource, name: str, value: Any) -> Any:
    declared = resource.patchable.get(name)
    if declared is None:
        return value
    if value is None:
        if not declared.nullable:
            raise exception.PatchError(patch=name, reason=f"'{name}' must not be null")
        return declared.kind.empty()
    datatype = declared.kind.wsme
    if datatype is bool:
        if isinstance(value, bool):
            return value
        raise errors.BadRequest(f"Expected true or false for attribute {name}, got {value!r}")
    try:
        return datatype.validate(value)
    except ValueError as error:
        raise errors.BadRequest(f"Invalid input for field/attribute {name}: {error}") from error
