# SPDX-License-Identifier: Apache-2.0
"""Described by hand: the calls that no resource declares (roots, health, these documents)."""

from __future__ import annotations

from typing import Any

from watcher.api.controllers import v1
from watcher.api.microversion import HEADER, MINIMUM, SUPPORTED, Version
from watcher.api.schemas import Schema, ref

_LINKS: Schema = {"type": "array", "items": ref("link")}
_NUMBER = r"^1\.\d+$"
_VERSION: Schema = {
    "type": "object",
    "required": ["id", "status", "min_version", "max_version", "links"],
    "properties": {
        "id": {"const": "v1"},
        "status": {"const": "CURRENT"},
        "min_version": {"const": str(MINIMUM)},
        "max_version": {"type": "string", "pattern": _NUMBER},
        "links": _LINKS,
    },
    "additionalProperties": False,
}
_ROOT: Schema = {
    "type": "object",
    "required": ["name", "description", "versions", "default_version"],
    "properties": {
        "name": {"type": "string"},
        "description": {"type": "string"},
        "versions": {"type": "array", "items": _VERSION},
        "default_version": _VERSION,
    },
    "additionalProperties": False,
}
_INDEX: Schema = {
    "type": "object",
    "required": ["documents"],
    "properties": {
        "documents": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["version", "summary", "href"],
                "properties": {
                    "version": {"type": "string", "pattern": _NUMBER},
                    "summary": {"type": "string"},
                    "href": {"type": "string", "format": "uri-reference"},
                },
                "additionalProperties": False,
            },
        }
    },
    "additionalProperties": False,
}


def _v1(version: Version) -> Schema:
    linked = [name for name, since in v1.LINKED.items() if version >= since]
    typed = {
        "type": "object",
        "required": ["href", "rel"],
        "properties": {
            "href": {"type": "string", "format": "uri"},
            "rel": {"type": "string"},
            "type": {"type": "string"},
        },
        "additionalProperties": False,
    }
    media = {
        "type": "object",
        "required": ["base", "type"],
        "properties": {"base": {"type": "string"}, "type": {"type": "string"}},
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "required": ["id", "media_types", "links", *linked],
        "properties": {
            "id": {"const": "v1"},
            "media_types": {"type": "array", "items": media},
            "links": {"type": "array", "items": typed},
            **dict.fromkeys(linked, _LINKS),
        },
        "additionalProperties": False,
    }


#: Errors that even these calls have: status -> name of the response, or a sentence.
_BAD_ARGUMENT = {400: "An argument is given; there are no arguments."}


def paths(version: Version) -> dict[str, Schema]:
    """Return the path items of these calls, as the document of a version shows them."""
    versioned = {
        name: ref(component, "headers")
        for name, component in (
            (HEADER, "version"),
            ("OpenStack-API-Minimum-Version", "minimum_version"),
            ("OpenStack-API-Maximum-Version", "maximum_version"),
            ("Vary", "vary"),
        )
    }
    v1_call = _call("v1", "Show the addresses of the resources.", _v1(version), versioned)
    v1_call["parameters"] = [ref("version", "parameters"), ref("request_id", "parameters")]
    v1_call["responses"]["401"] = ref("status_401", "responses")
    v1_call["security"] = [{"token": []}]
    return {
        "/": {"get": _call("root", "Show which versions of the API there are.", _ROOT)},
        "/v1/": {"get": v1_call},
        "/healthcheck": {"get": _health()},
        "/openapi": {"get": _plain(_call("openapi_index", "List the OpenAPI documents.", _INDEX))},
        "/openapi/{version}.json": {"get": _document()},
    }


def _call(name: str, summary: str, schema: Schema, headers: dict[str, Any] | None = None) -> Schema:
    """Describe a GET that needs no role."""
    own = {"x-openstack-request-id": ref("request_id", "headers"), **(headers or {})}
    failures = {str(status): _failure(text) for status, text in _BAD_ARGUMENT.items()}
    return {
        "operationId": name,
        "summary": summary,
        "tags": ["versions"],
        "security": [],
        "parameters": [ref("request_id", "parameters")],
        "responses": {
            "200": {
                "description": summary,
                "headers": own,
                "content": {"application/json": {"schema": schema}, "application/xml": {}},
            },
            **failures,
            "406": ref("status_406", "responses"),
            "500": ref("status_500", "responses"),
        },
    }


def _failure(text: str) -> Schema:
    return {"description": text, "content": {"application/json": {"schema": ref("error")}}}


def _plain(call: Schema) -> Schema:
    """Leave only what a file that is handed out can answer."""
    content = call["responses"]["200"]["content"]
    call["responses"]["200"]["content"] = {"application/json": content["application/json"]}
    call["responses"] = {"200": call["responses"]["200"]}
    call["responses"]["304"] = {"description": "The client has it already (If-None-Match)."}
    return call


def _document() -> Schema:
    call = _plain(_call("openapi_document", "Show the OpenAPI document of a version.", {}))
    content = {"schema": {"type": "object", "required": ["openapi", "paths"]}}
    call["responses"]["200"]["content"] = {"application/json": content}
    call["responses"]["404"] = _failure("There is no such version.")
    call["parameters"].append(
        {
            "name": "version",
            "in": "path",
            "required": True,
            "description": "A microversion.",
            "schema": {"enum": [str(version) for version in SUPPORTED]},
        }
    )
    return call


def _health() -> Schema:
    schemas = {
        "application/json": {"schema": {"type": "object"}},
        "text/plain": {},
        "text/html": {},
    }
    return {
        "operationId": "health",
        "summary": "Show whether the service answers; uses neither Keystone nor the database.",
        "tags": ["versions"],
        "security": [],
        "responses": {
            "200": {"description": "It does.", "content": schemas},
            "503": {"description": "It has been taken out of service.", "content": schemas},
        },
    }
