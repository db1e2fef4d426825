# SPDX-License-Identifier: Apache-2.0
"""Version 1: its document, its resources, and the negotiation of the microversion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pecan
import webob.exc

from watcher.api import errors
from watcher.api.controllers.v1.action import ActionsController
from watcher.api.controllers.v1.action_plan import ActionPlansController
from watcher.api.controllers.v1.audit import AuditsController
from watcher.api.controllers.v1.audit_template import AuditTemplatesController
from watcher.api.controllers.v1.data_model import DATA_MODEL_SINCE, DataModelController
from watcher.api.controllers.v1.goal import GoalsController
from watcher.api.controllers.v1.scoring_engine import ScoringEngineController
from watcher.api.controllers.v1.service import ServicesController
from watcher.api.controllers.v1.strategy import StrategiesController
from watcher.api.controllers.v1.webhooks import WEBHOOKS_SINCE, WebhookController
from watcher.api.expose import Answer, Call, Endpoint, expose, remember_version
from watcher.api.microversion import (
    ANSWER_HEADERS,
    HEADER,
    MINIMUM,
    RANGE_HEADERS,
    VersionNotServed,
    negotiate,
)
from watcher.api.resource import Link, wsme_type

_MEDIA_TYPE = {
    "base": "application/json",
    "type": "application/vnd.openstack.watcher.v1+json",
}
_DOCUMENTATION = "https://docs.openstack.org/watcher/latest/api/v1.html"

#: Resources that the document links to (goals and strategies are not among them), and since when.
LINKED = {
    "audit_templates": MINIMUM,
    "audits": MINIMUM,
    "actions": MINIMUM,
    "action_plans": MINIMUM,
    "scoring_engines": MINIMUM,
    "services": MINIMUM,
    "data_model": DATA_MODEL_SINCE,
    "webhooks": WEBHOOKS_SINCE,
}

_TypedLink = wsme_type("typed_link", {"href": str, "rel": str, "type": str})
_MediaType = wsme_type("media_type", {"base": str, "type": str})
V1 = wsme_type(
    "api_v1",
    {
        "id": str,
        "media_types": [_MediaType],
        "links": [_TypedLink],
        **{name: [Link] for name in LINKED},
    },
)


def _show(call: Call) -> Answer:
    base = call.base_url
    document: dict[str, Any] = {
        "id": "v1",
        "media_types": [_MEDIA_TYPE],
        "links": [
            {"href": f"{base}/v1/", "rel": "self"},
            {"href": _DOCUMENTATION, "rel": "describedby", "type": "text/html"},
        ],
    }
    for name, since in LINKED.items():
        if call.version >= since:
            document[name] = [
                {"href": f"{base}/v1/{name}/", "rel": "self"},
                {"href": f"{base}/{name}/", "rel": "bookmark"},
            ]
    return Answer(document, V1)


def _nothing(_call: Call) -> Answer:
    raise errors.NotHere


_NOWHERE = Endpoint({name: expose(_nothing) for name in ("GET", "POST", "PATCH", "DELETE")})

#: First path element -> what is there.
ENDPOINTS = {
    "": Endpoint({"GET": expose(_show)}),
    "audit_templates": AuditTemplatesController,
    "audits": AuditsController,
    "actions": ActionsController,
    "action_plans": ActionPlansController,
    "goals": GoalsController,
    "strategies": StrategiesController,
    "scoring_engines": ScoringEngineController,
    "services": ServicesController,
    "data_model": DataModelController,
    "webhooks": WebhookController,
}


def route(args: Sequence[str], request: Any) -> tuple[Any, list[str]]:
    """Negotiate the version, then find the method for a path below ``/v1``."""
    _negotiate(request)
    while len(args) > 1 and not args[0]:
        args = args[1:]
    first = args[0] if args else ""
    endpoint = ENDPOINTS.get(first)
    if endpoint is not None:
        return endpoint.route(args[1:], request)
    if len(args) > 1 and args[1]:
        return _NOWHERE.route([], request)
    raise webob.exc.HTTPNotFound


def _negotiate(request: Any) -> None:
    try:
        version = negotiate(request.headers.get(HEADER))
    except VersionNotServed as error:
        refused = webob.exc.HTTPNotAcceptable(str(error))
        if error.readable:
            refused.headers.update(RANGE_HEADERS)
        raise refused from error
    remember_version(request, version)
    pecan.response.headers.update(ANSWER_HEADERS[version])
