# SPDX-License-Identifier: Apache-2.0
"""Webhooks: something outside happened, run an EVENT audit."""

from __future__ import annotations

from watcher import objects
from watcher.api import errors, lookup
from watcher.api.controller import ROUTES, Route
from watcher.api.controllers.v1.audit_resource import AUDIT
from watcher.api.expose import Answer, Call, Endpoint, expose, read_json
from watcher.api.microversion import V
from watcher.common import policy
from watcher.conf import CONF
from watcher.db import models, repository
from watcher.db import session as db
from watcher.lifecycle import audits

#: Since when the v1 document links here; the call itself works at every version (published).
WEBHOOKS_SINCE = V(1, 4)

_RULE = "webhook:trigger"
_RELATIONS = ("goal", "strategy")


def _trigger(call: Call) -> Answer:
    if CONF.api.enable_webhooks_auth:
        policy.enforce(call.context, _RULE)
    if not call.path:
        raise errors.BadRequest("Missing argument: no audit is named in the path")
    with db.read() as session:
        row = lookup.find(
            AUDIT,
            call,
            lambda ident: repository.get(session, models.Audit, load=_RELATIONS, **ident),
        )
        audit = objects.Audit.from_row(call.context, row, relations=_RELATIONS)
    audits.trigger(call.context, audit)
    return Answer(status=202)


ROUTES.append(Route("POST", "/v1/webhooks/{ident}", _RULE, "Trigger an EVENT audit.", status=202))


WebhookController = Endpoint({"POST": expose(_trigger, body=lambda call: read_json(call.request))})
