# SPDX-License-Identifier: Apache-2.0
"""What the operations of an OpenAPI document share: schemas, errors, headers, parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from watcher.api import outcomes, schemas
from watcher.api.controller import Route
from watcher.api.microversion import HEADER, HISTORY, MINIMUM, SERVICE_TYPE, Version
from watcher.api.schemas import Schema, ref

_REQUEST_ID = r"^req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


def components(version: Version, routes: Sequence[Route]) -> Schema:
    """Return what the operations refer to.

    :param routes: those that the version has
    """
    return {
        "schemas": _schemas(version, routes),
        "responses": {
            "status_401": {
                "description": outcomes.SHARED[401],
                "headers": {"WWW-Authenticate": {"schema": {"type": "string"}}},
                "content": {"application/json": {"schema": ref("unauthorized")}},
            },
            **{
                f"status_{status}": error(sentence)
                for status, sentence in outcomes.SHARED.items()
                if status != 401
            },
        },
        "parameters": _shared_parameters(version),
        "headers": _headers(version),
        "securitySchemes": {
            "token": {
                "description": "A Keystone token. Needed unless authentication is off.",
                "type": "apiKey",
                "in": "header",
                "name": "X-Auth-Token",
            },
            "service_token": {
                "description": "A token of the service that calls on behalf of somebody.",
                "type": "apiKey",
                "in": "header",
                "name": "X-Service-Token",
            },
        },
    }


def _schemas(version: Version, routes: Sequence[Route]) -> Schema:
    made: Schema = {
        "link": schemas.LINK,
        "error": schemas.ERROR,
        "unauthorized": schemas.UNAUTHORIZED,
        **schemas.scope(),
    }
    for route in routes:
        resource, verb = route.resource, route.verb
        if resource is None:
            continue
        if verb == "get_all":
            made[f"{resource.name}_short"] = schemas.view(resource, version, full=False)
            made[f"{resource.name}_full"] = schemas.view(resource, version, full=True)
            made[f"{resource.name}_list"] = schemas.collection(resource, full=False)
            made[f"{resource.name}_list_full"] = schemas.collection(resource, full=True)
        elif verb == "create":
            made[f"{resource.name}_create"] = schemas.create(resource, version)
        elif verb == "update":
            made[f"{resource.name}_update"] = schemas.patch(resource, version)
    return made


def _shared_parameters(version: Version) -> Schema:
    return {
        "version": {
            "name": HEADER,
            "in": "header",
            "required": version > MINIMUM,
            "description": f"The microversion; {MINIMUM} without this header.",
            "schema": {"type": "string", "const": f"{SERVICE_TYPE} {version}"},
        },
        "request_id": {
            "name": "X-Openstack-Request-Id",
            "in": "header",
            "description": "The global request id of the caller; it is logged and passed on.",
            "schema": {"type": "string", "pattern": _REQUEST_ID},
        },
        "show_deleted": {
            "name": "X-Show-Deleted",
            "in": "header",
            "description": "Show deleted rows too; any value will do, even false.",
            "schema": {"type": "string", "enum": ["true"]},
        },
    }


def _headers(version: Version) -> Schema:
    def told(description: str, **schema: Any) -> Schema:
        return {"description": description, "schema": {"type": "string", **schema}}

    return {
        "version": told("The microversion that was used.", const=f"{SERVICE_TYPE} {version}"),
        "minimum_version": told("The oldest microversion.", const=str(MINIMUM)),
        "maximum_version": told("The newest microversion.", const=str(HISTORY[-1][0])),
        "vary": told("The answer depends on this header.", const=HEADER),
        "request_id": told("The id of the request in the log.", pattern=_REQUEST_ID),
        "location": told("Where the new item is.", format="uri"),
    }


def error(sentence: str) -> Schema:
    """Describe an error with the published body."""
    return {
        "description": sentence,
        "headers": {"x-openstack-request-id": ref("request_id", "headers")},
        "content": {"application/json": {"schema": ref("error")}, "application/xml": {}},
    }
