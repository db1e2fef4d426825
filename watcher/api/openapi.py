# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI 3.1 document of a microversion, made from the declarations of routes and fields."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import Any

from watcher import version as release
from watcher.api import components, outcomes, public_calls, schemas
from watcher.api.controller import ROUTES, Route
from watcher.api.controllers import v1
from watcher.api.kinds import UuidType
from watcher.api.microversion import HEADER, HISTORY, Version
from watcher.api.resource import Resource
from watcher.api.schemas import Schema, ref

_ = v1  # importing the resources fills ROUTES

_DESCRIPTION = """\
Audits ask how a goal can be reached, strategies answer with action plans, and the actions of a
plan are carried out when it is started.

This document describes one microversion; a request selects it by its header. Answers are JSON, or
XML for `Accept: application/xml`. Request bodies are JSON. `.json` or `.xml` may be appended to a
path, and `/v1` may be left out."""


@functools.cache
def rendered(version: Version) -> bytes:
    """Return the document as it is served and stored; made at the first call."""
    return (json.dumps(document(version), indent=1, ensure_ascii=False) + "\n").encode()


def document(version: Version) -> Schema:
    """Return the OpenAPI document for one microversion."""
    paths: Schema = {}
    for path, item in public_calls.paths(version).items():
        paths[path] = item
    for route in routes(version):
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, version)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
        "info": {
            "title": f"Watcher API {version}",
            "summary": dict(HISTORY)[version],
            "description": _DESCRIPTION,
            "version": f"{release.version_string()}+{version}",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": [{"name": name, "description": text} for name, text in _tags(version)],
        "paths": paths,
        "components": components.components(version, routes(version)),
    }


def routes(version: Version) -> list[Route]:
    """Return the routes that a version has."""
    return [route for route in ROUTES if version >= route.since]


def operation_id(route: Route) -> str:
    """Return the name of a call: the rule with an underscore."""
    return route.rule.replace(":", "_")


def _tags(version: Version) -> Iterator[tuple[str, str]]:
    yield "versions", "Which versions there are, and where everything is."
    told = set()
    for route in routes(version):
        name = _tag(route)
        if name not in told:
            told.add(name)
            yield name, route.resource.doc if route.resource else route.summary


def _tag(route: Route) -> str:
    return route.path.split("/")[2]


def _operation(route: Route, version: Version) -> Schema:
    operation: Schema = {
        "operationId": operation_id(route),
        "summary": route.summary,
        "tags": [_tag(route)],
        "parameters": list(_parameters(route)),
        "responses": _responses(route, version),
    }
    if route.rule == "webhook:trigger":
        operation["security"] = [{"token": []}, {"token": [], "service_token": []}, {}]
    if outcomes.takes_body(route):
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": _request(route, version)},
        }
    return operation


# -- requests --------------------------------------------------------------------------------


def _parameters(route: Route) -> Iterator[Schema]:
    yield ref("version", "parameters")
    yield ref("request_id", "parameters")
    if route.resource and route.verb != "create":
        yield ref("show_deleted", "parameters")
    yield from own_parameters(route)


def own_parameters(route: Route) -> Iterator[Schema]:
    """Yield the parameters of a call's path and query."""
    if "{ident}" in route.path:
        yield _ident(route)
    for name in route.arguments or ():
        yield _argument(route, name)


def _ident(route: Route) -> Schema:
    resource = route.resource
    schema: Schema = {"type": "string", "minLength": 1}
    text = "The uuid or the name of the audit."
    if resource is not None:
        key = "number" if resource.key == "id" else "uuid"
        text = f"The {key} or the name." if resource.named else f"The {key}."
        if not resource.named:
            schema = {"type": "string", "format": "uuid"}
    return {"name": "ident", "in": "path", "required": True, "description": text, "schema": schema}


_ARGUMENTS: dict[str, tuple[str, Schema]] = {
    "limit": (
        "The most rows in a page; never more than max_limit of the configuration.",
        {"type": "integer", "minimum": 1},
    ),
    "sort_dir": ("The sort direction.", {"enum": ["asc", "desc"], "default": "asc"}),
    "marker": ("The row before the page: the uuid of the last row of the previous page.", {}),
    "sort_key": ("The attribute to sort by; rows with equal values are sorted by id.", {}),
    "data_model_type": ("Which model.", {"enum": ["compute"], "default": "compute"}),
    "audit_uuid": ("Only what the scope of this audit covers.", {}),
    "type": ("The same as data_model_type.", {"enum": ["compute"]}),
    "audit": ("The same as audit_uuid.", {}),
}


def _argument(route: Route, name: str) -> Schema:
    resource, datatype = route.resource, (route.arguments or {})[name]
    text, schema = _ARGUMENTS.get(name, ("", {}))
    if resource and name in resource.filters:
        text = resource.filters[name].doc
    if resource and name == "sort_key":
        schema = {"type": "string", "enum": sorted(resource.sort_paths), "default": "id"}
    elif name == "marker" and datatype is int:
        text, schema = text.replace("the uuid", "the id"), {"type": "integer", "minimum": 0}
    elif name == "marker" or isinstance(datatype, UuidType):
        schema = {"type": "string", "format": "uuid"}
    elif not schema:
        schema = {"type": "string"}
    return {"name": name, "in": "query", "description": text, "schema": schema}


def _request(route: Route, version: Version) -> Schema:
    resource, verb = route.resource, route.verb
    if resource is None:
        return {"schema": {}, "example": {}}
    content: Schema = {"schema": ref(f"{resource.name}_{verb}")}
    example = request_example(resource, verb, version)
    return content if example is None else {**content, "example": example}


def request_example(resource: Resource, verb: str, version: Version) -> Any:
    """Return the declared body for a verb, without what is newer than the version."""
    example = resource.examples.get(verb)
    if verb != "create" or example is None:
        return example
    known = schemas.taken_at(resource, version)
    return {name: value for name, value in example.items() if name in known}


# -- answers ---------------------------------------------------------------------------------


def _responses(route: Route, version: Version) -> Schema:
    answers: Schema = {}
    for status, sentence in outcomes.outcomes(route).items():
        if status == route.status:
            answers[str(status)] = _success(route, version, sentence)
        elif outcomes.SHARED.get(status) == sentence:
            answers[str(status)] = ref(f"status_{status}", "responses")
        else:
            answers[str(status)] = components.error(sentence)
    return answers


def _success(route: Route, version: Version, sentence: str) -> Schema:
    response: Schema = {"description": sentence, "headers": answer_headers()}
    if route.status == 201:
        response["headers"]["Location"] = ref("location", "headers")
    schema = _answer(route, version)
    if schema is not None:
        json_content: Schema = {"schema": schema}
        response["content"] = {"application/json": json_content, "application/xml": {}}
        if (example := _answer_example(route, version)) is not None:
            json_content["example"] = example
    if links := dict(_links(route, version)):
        response["links"] = links
    return response


def answer_headers() -> Schema:
    """Return the headers that every answer of a handler has."""
    return {
        HEADER: ref("version", "headers"),
        "OpenStack-API-Minimum-Version": ref("minimum_version", "headers"),
        "OpenStack-API-Maximum-Version": ref("maximum_version", "headers"),
        "Vary": ref("vary", "headers"),
        "x-openstack-request-id": ref("request_id", "headers"),
    }


def _answer(route: Route, version: Version) -> Schema | None:
    if route.answer:
        return dict(route.answer(version))
    if route.status in (202, 204) or route.resource is None:
        return None
    listed = {"get_all": "list", "detail": "list_full"}
    return ref(f"{route.resource.name}_{listed.get(route.verb, 'full')}")


def _answer_example(route: Route, version: Version) -> Schema | None:
    resource = route.resource
    if route.answer or resource is None:
        return None
    item = _item_example(resource, version, full=route.verb != "get_all")
    return {resource.plural: [item]} if route.verb in ("get_all", "detail") else item


def _item_example(resource: Resource, version: Version, *, full: bool) -> Schema:
    item = {
        name: each.masked.value if each.masked else schemas.example_of(each)
        for name, each in resource.fields.items()
        if each.shown(version, full=full)
    }
    place = f"{resource.plural}/{item[resource.key]}"
    item["links"] = [
        {"href": f"http://controller:9322/v1/{place}", "rel": "self"},
        {"href": f"http://controller:9322/{place}", "rel": "bookmark"},
    ]
    return item


# -- links -----------------------------------------------------------------------------------


def _links(route: Route, version: Version) -> Iterator[tuple[str, Schema]]:
    """Say which calls can follow, and what of the answer they need."""
    resource = route.resource
    if resource is None or route.answer or route.status == 204:
        return
    first = f"/{resource.plural}/0" if route.verb in ("get_all", "detail") else ""
    key = f"$response.body#{first}/{resource.key}"
    for other in routes(version):
        if other is route:
            continue
        if other.resource is resource and "{ident}" in other.path:
            yield operation_id(other), {"operationId": operation_id(other), "parameters": _at(key)}
        elif other.rule == "webhook:trigger" and resource.name == "audit":
            yield (
                operation_id(other),
                {"operationId": operation_id(other), "parameters": _at(key), "requestBody": {}},
            )
        else:
            yield from _links_to_lists(resource, other, key)
    if resource.name == "audit_template":
        body = {"audit_type": "ONESHOT", "audit_template_uuid": key}
        yield "audit_create", {"operationId": "audit_create", "requestBody": body}


def _at(key: str) -> Schema:
    return {"path.ident": key}


def _links_to_lists(resource: Resource, other: Route, key: str) -> Iterator[tuple[str, Schema]]:
    """Yield links to the lists that can be filtered by this resource."""
    for name in other.arguments or ():
        if name in (f"{resource.name}_uuid", resource.name):
            yield (
                operation_id(other),
                {"operationId": operation_id(other), "parameters": {f"query.{name}": key}},
            )
