# SPDX-License-Identifier: Apache-2.0
"""Which statuses a call can answer with, and when: the one table behind the documents.

The OpenAPI documents and the API reference are made from it.  The code that answers so is where the
errors are raised; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Mapping

from watcher.api.controller import Route
from watcher.api.microversion import Version
from watcher.api.resource import REJECT

Sentences = Mapping[int, str]

#: Errors that have nothing to do with the request itself.
SHARED: Sentences = {
    401: "The token is missing, expired or not valid.",
    403: "The policy does not allow the caller to do this.",
    406: "The microversion, or the type in Accept, is not served.",
    408: "The request did not arrive in time, or was incomplete.",
    413: "The body is larger than the service accepts.",
    415: "The type of the body is not application/json.",
    500: "An unexpected error; the log of the service says more.",
    503: "The database or Keystone cannot be reached at the moment; or the database has no tables "
    "yet, or accepts no changes, as during a failover.",
}
_ALWAYS = (401, 403, 406, 500, 503)
_WITH_BODY = (408, 413, 415)
_BODY_VERBS = ("create", "update", "trigger")

_LIST: Sentences = {
    200: "A page of the list.",
    400: "An argument is unknown, given twice or unreadable; or the value of limit, sort_key, "
    "sort_dir or a filter is not valid.",
    404: "There is no row with the uuid of the marker.",
}
_BY_VERB: Mapping[str, Sentences] = {
    "get_all": _LIST,
    "detail": _LIST,
    "get": {
        200: "The whole item.",
        400: "An argument is given; there are no arguments.",
        404: "There is no such item, or it is deleted.",
    },
    "delete": {204: "It is deleted; the answer has no body."},
}
#: In the sentences about a call, ``{since}`` is its first version, ``{newer}`` the fields added
#: later.
_NEWER = "The microversion, or the type in Accept, is not served; or the request gives {newer}."
_NO_UUID = "An argument is given, or the item is not identified by a uuid."
_BY_RULE: Mapping[str, Sentences] = {
    "audit_template:create": {
        201: "The template was created; Location says where it is.",
        400: "The body is not a JSON object, or has an unknown, missing or invalid member; goal or "
        "strategy does not exist, or they do not belong together; the scope or the default "
        "parameters are malformed.",
        406: _NEWER,
        409: "A template that is not deleted has this name.",
    },
    "audit_template:update": {
        200: "The template after the change.",
        400: "The patch is malformed or touches what cannot be changed; a value is not valid; "
        "goal or strategy does not exist; the parameters do not fit the strategy.",
        404: "There is no such template.",
        406: _NEWER,
        409: "The name is taken; or the template has default_parameters, and the patch sets goal "
        "or strategy, but not them.",
    },
    "audit_template:delete": {400: "No template is named.", 404: "There is no such template."},
    "audit:create": {
        201: "The audit is PENDING; Location says where it is.",
        400: "The body is not a JSON object, or has an unknown, read-only, missing or invalid "
        "member; neither or both of goal and template are given; interval or times do not go with "
        "the type; there is no such template; the parameters do not fit the strategy.",
        404: "There is no such goal or strategy.",
        406: _NEWER,
        409: "An audit that is not deleted has this name.",
    },
    "audit:update": {
        200: "The audit after the change.",
        400: "The patch is malformed or touches what cannot be changed; a value is not valid; "
        "the state cannot be reached from the current one.",
        404: "There is no such audit.",
        409: "The audit was changed by somebody else at the same moment.",
    },
    "audit:delete": {
        400: "The audit is PENDING or ONGOING.",
        404: "There is no such audit.",
        409: "The audit was changed by somebody else at the same moment.",
    },
    "action_plan:get": {400: _NO_UUID},
    "action_plan:start": {
        200: "The plan; it is PENDING.",
        400: "The plan is not RECOMMENDED, or is not identified by a uuid.",
        404: "There is no such plan.",
        409: "The plan was changed by somebody else at the same moment.",
    },
    "action_plan:update": {
        200: "The plan after the change.",
        400: "The patch is malformed or does not change the state; the state cannot be "
        "reached from the current one; the plan is not identified by a uuid.",
        404: "There is no such plan.",
        409: "The plan was changed by somebody else at the same moment.",
    },
    "action_plan:delete": {
        400: "The plan is PENDING, ONGOING or CANCELLING, or is not identified by a uuid.",
        404: "There is no such plan.",
        409: "The plan was changed by somebody else at the same moment.",
    },
    "action:get": {400: _NO_UUID},
    "action:update": {
        200: "The action after the change.",
        400: "The microversion is below {since}; the patch is malformed, touches more than state "
        "and status_message, or removes; there is no such state; the action is not identified by "
        "a uuid.",
        404: "There is no such action.",
        409: "The action cannot be skipped: it is not PENDING, or its plan is neither "
        "RECOMMENDED nor PENDING; or a status_message is given for an action that is not SKIPPED.",
    },
    "strategy:state": {
        200: "What the strategy needs, and whether it is there.",
        400: "No strategy is named, or an argument is given.",
        404: "There is no such strategy.",
        503: "The database, Keystone or the message bus cannot be reached at the moment.",
        504: "No decision engine has answered in time.",
    },
    "data_model:get_all": {
        200: "The model; an empty list when there is none.",
        400: "There is no such audit; an argument is unknown, given twice or unreadable; or both "
        "names of an argument are given with different values.",
        404: "There is no model of this type.",
        406: "The microversion is below {since}, or the type in Accept is not served.",
        503: "The database, Keystone or the message bus cannot be reached at the moment.",
        504: "No decision engine has answered in time.",
    },
    "webhook:trigger": {
        202: "The audit will run; the answer has no body.",
        400: "The body is missing or not JSON; the audit is not an EVENT audit, or is neither "
        "PENDING nor SUCCEEDED.",
        404: "There is no such audit.",
    },
}


def takes_body(route: Route) -> bool:
    """Tell whether a call reads a body."""
    return route.rule.partition(":")[2] in _BODY_VERBS


def outcomes(route: Route) -> dict[int, str]:
    """Return the statuses of a call and when each is answered, in order of the number."""
    own = {**_BY_VERB.get(route.verb, {}), **_BY_RULE.get(route.rule, {})}
    newer = _newer_fields(route)
    shared = _ALWAYS + (_WITH_BODY if takes_body(route) else ())
    found = {
        **{status: SHARED[status] for status in shared},
        **{
            status: sentence.format(since=route.since, newer=newer)
            for status, sentence in own.items()
        },
    }
    return dict(sorted(found.items()))


def _newer_fields(route: Route) -> str:
    """Name the fields that requests of older versions must not give, each with its version."""
    resource = route.resource
    if resource is None or route.verb not in ("create", "update"):
        return ""
    taken = resource.creatable if route.verb == "create" else resource.patchable
    named: dict[Version, list[str]] = {}
    for name, each in taken.items():
        if each.late is REJECT:
            named.setdefault(each.since, []).append(name)
    return ", ".join(f"{' or '.join(names)} below {version}" for version, names in named.items())
