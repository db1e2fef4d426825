# SPDX-License-Identifier: Apache-2.0
"""JSON schemas (2020-12) of what resources show and take at a microversion."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from watcher.api import kinds
from watcher.api.microversion import Version
from watcher.api.resource import MUST, REJECT, Field, Resource
from watcher.domain.scope import COMPUTE_SCHEMA

Schema = dict[str, Any]

_TEXTS = {
    "uuid": "0f3e1c5a-7b0d-4c8e-9a53-6d1b2f4e8a70",
    "date-time": "2026-01-15T09:30:00+00:00",
    kinds.MOMENT: "2026-01-15T09:30:00",
}

#: An attribute inside one that is an object or a list.
_BELOW = r"(/[A-Za-z0-9_-]+)+$"

LINK: Schema = {
    "type": "object",
    "required": ["href", "rel"],
    "properties": {"href": {"type": "string", "format": "uri"}, "rel": {"type": "string"}},
    "additionalProperties": False,
}
ERROR: Schema = {
    "description": "Every error but 401. The text of an error that a handler raised is a JSON "
    "document again: an object with faultcode (Client or Server), faultstring and debuginfo.",
    "type": "object",
    "required": ["error_message"],
    "properties": {"error_message": {"type": "string"}},
    "additionalProperties": False,
}
UNAUTHORIZED: Schema = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "title", "message"],
            "properties": {
                "code": {"type": "integer", "const": 401},
                "title": {"type": "string"},
                "message": {"type": "string"},
            },
        }
    },
}


def ref(name: str, section: str = "schemas") -> Schema:
    """Return a reference to a component."""
    return {"$ref": f"#/components/{section}/{name}"}


def scope() -> dict[str, Schema]:
    """Return the components that describe the scope of a template.

    The published schema has references that only work inside its own composite document; here
    they become references to components.
    """
    compute = json.loads(json.dumps(COMPUTE_SCHEMA))
    definitions = compute["host_aggregates"]
    rule = json.dumps(compute["items"])
    for name in definitions:
        published = f"#/items/properties/compute/host_aggregates/{name}"
        rule = rule.replace(published, ref(f"scope_{name}")["$ref"])
    rules = {"type": "array", "items": ref("scope_rule")}
    level = {"type": "object", "properties": {"compute": rules}, "additionalProperties": False}
    return {
        **{f"scope_{name}": definition for name, definition in definitions.items()},
        "scope_rule": json.loads(rule),
        "scope": {
            "description": "The part of the cloud that is audited: rules for compute, or the "
            "same in an object under that key. Aggregates cannot be included and excluded at "
            "the same time.",
            "anyOf": [{"type": "array", "items": level}, rules],
        },
    }


def example_of(each: Field) -> Any:
    """Return a value as it could be shown."""
    if each.example is not None:
        return each.example
    schema = each.kind.answer or each.kind.schema
    if schema.get("type") != "string":
        return {"object": {}, "array": [], "boolean": False, "integer": 1}.get(schema["type"])
    return _TEXTS.get(schema.get("format") or schema.get("pattern", ""), "")


def view(resource: Resource, version: Version, *, full: bool) -> Schema:
    """Describe an item as it is shown in full, or in short lists."""
    shown = {name: each for name, each in resource.fields.items() if each.shown(version, full=full)}
    properties = {name: _shown(resource, name, each) for name, each in shown.items()}
    properties["links"] = {
        "description": "Where the item is found: self, and a bookmark without the version.",
        "type": "array",
        "items": ref("link"),
    }
    for name, each in shown.items():
        if each.masked and (version < each.masked.since or not full):
            properties[name] = {**properties[name], "const": each.masked.value}
    return {
        "description": resource.doc,
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "additionalProperties": False,
    }


def collection(resource: Resource, *, full: bool) -> Schema:
    """Describe a page of a list."""
    suffix = "full" if full else "short"
    return {
        "type": "object",
        "required": [resource.plural],
        "properties": {
            resource.plural: {"type": "array", "items": ref(f"{resource.name}_{suffix}")},
            "next": {
                "description": "The address of the next page; absent after the last one.",
                "type": "string",
                "format": "uri",
            },
        },
        "additionalProperties": False,
    }


def taken_at(resource: Resource, version: Version) -> dict[str, Field]:
    """Return the fields that a POST may give at a version."""
    return {
        name: each
        for name, each in resource.creatable.items()
        if version >= each.since or each.late is not REJECT
    }


def create(resource: Resource, version: Version) -> Schema:
    """Describe the body of a POST."""
    taken = taken_at(resource, version)
    schema: Schema = {
        "type": "object",
        "required": [name for name, each in taken.items() if each.create is MUST],
        "properties": {name: _taken(each) for name, each in taken.items()},
        "additionalProperties": False,
    }
    if resource.variants:
        schema["anyOf"] = [_variant(each, taken) for each in resource.variants]
    return schema


def _variant(variant: Mapping[str, Any], taken: Mapping[str, Field]) -> Schema:
    properties = {name: each for name, each in variant["properties"].items() if name in taken}
    return {**variant, "properties": properties}


def patch(resource: Resource, version: Version) -> Schema:
    """Describe the body of a PATCH: which operations, on which attributes, with which values."""
    schema: Schema = {
        "type": "array",
        "items": {"anyOf": list(_operations(resource, version))},
    }
    if resource.patch_must:
        touched = {"const": f"/{resource.patch_must}"}
        schema["contains"] = {"properties": {"path": touched}, "required": ["path"]}
        schema["minItems"] = 1
    return schema


def _operations(resource: Resource, version: Version) -> Iterator[Schema]:
    for name, each in resource.patchable.items():
        if each.given_too_early(version):
            continue
        yield _operation(each.operations, {"const": f"/{name}"}, _patched(each))
        if each.nullable and "remove" in each.operations:
            yield _removal({"const": f"/{name}"})
        if each.kind.schema.get("type") in ("object", "array"):
            path = {"type": "string", "pattern": f"^/{name}{_BELOW}"}
            yield _operation(each.operations, path, {})
            yield _removal(path)


def _operation(operations: Any, path: Schema, value: Schema) -> Schema:
    return {
        "type": "object",
        "required": ["op", "path", "value"],
        "properties": {
            "op": {"enum": [each for each in operations if each != "remove"]},
            "path": path,
            "value": value,
        },
        "additionalProperties": False,
    }


def _removal(path: Schema) -> Schema:
    return {
        "type": "object",
        "required": ["op", "path"],
        "properties": {"op": {"const": "remove"}, "path": path, "value": {}},
        "additionalProperties": False,
    }


def _shown(resource: Resource, name: str, each: Field) -> Schema:
    schema = {**(each.kind.answer or each.kind.schema), "description": each.doc}
    if is_null(resource, name, each):
        schema = _or_null(schema)
    return schema


def is_null(resource: Resource, name: str, each: Field) -> bool:
    """Tell whether an answer may show null: the column, or the way to it, allows it."""
    if not each.nullable or name == resource.key or each.masked:
        return False
    if each.source is None:
        return each.nullable
    if each.kind.schema.get("type") in ("object", "array", "boolean"):
        return False
    model = resource.model
    *way, last = (each.source or name).split(".")
    for step in way:
        relation = model.__mapper__.relationships[step]
        if any(column.nullable for column in relation.local_columns):
            return True
        model = relation.mapper.class_
    return bool(model.__table__.c[last].nullable) and last not in ("uuid", "name")


def _taken(each: Field) -> Schema:
    if each.taken is not None:
        return {**each.taken, "description": each.doc}
    schema = {**each.kind.schema, "description": each.doc}
    return schema if each.create is MUST or not each.nullable else _or_null(schema)


def _patched(each: Field) -> Schema:
    if each.patched is not None:
        return dict(each.patched)
    return _or_null(dict(each.kind.schema)) if each.nullable else dict(each.kind.schema)


def _or_null(schema: Schema) -> Schema:
    if "$ref" in schema or "anyOf" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    if "type" not in schema:
        return schema
    allowed = {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        allowed["enum"] = [*schema["enum"], None]
    return allowed
