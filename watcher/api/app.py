# SPDX-License-Identifier: Apache-2.0
"""The WSGI application: pecan, and the layers around it.

From the outside in: request id, health check, CORS, proxy headers, host, published error bodies,
OpenAPI documents, authentication, body size limit, pecan.  CORS is outside of authentication, since
browsers send no token with a preflight.  A layer that is switched off by configuration is not in
the way at all.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

import pecan
from oslo_config import cfg
from oslo_middleware import cors, healthcheck, http_proxy_to_wsgi, request_id, sizelimit

from watcher import objects
from watcher.api.auth import Authentication
from watcher.api.controllers.root import RootController
from watcher.api.documents import Documents
from watcher.api.errors import Application, PublishedErrors
from watcher.api.expose import ApiRequest
from watcher.api.http.authority import KnownHost
from watcher.conf import CONF

#: Answers without a token and without touching the database.
HEALTH_PATH = "/healthcheck"


def setup_app(conf: cfg.ConfigOpts | None = None) -> Application:
    """Return the application for a configuration that has been read."""
    conf = conf or CONF
    objects.register_all()
    # It logs what clients do wrong (an unknown Accept) as errors of the service.
    logging.getLogger("pecan.core").setLevel(logging.CRITICAL)
    application: Application = pecan.Pecan(
        RootController(),
        force_canonical=False,
        guess_content_type_from_ext=False,  # that depends on the machine; RootController decides
        request_cls=ApiRequest,
    )
    application = sizelimit.RequestBodySizeLimiter(application, conf)
    if conf.enable_authentication:
        application = Authentication(application, conf)
    application = Documents(application)
    application = PublishedErrors(application)
    application = KnownHost(application)
    proxy = http_proxy_to_wsgi.HTTPProxyToWSGI(application, conf)
    if conf.oslo_middleware.enable_proxy_headers_parsing:
        application = proxy
    outermost: Application = request_id.RequestId(_HealthAndCors(application, conf), conf)
    return outermost


class _HealthAndCors:
    """Health check and CORS, only for the requests that they are for."""

    def __init__(self, application: Application, conf: cfg.ConfigOpts) -> None:
        self.application = application
        self.cors = cors.CORS(application, conf)
        self.any_origin = bool(self.cors.allowed_origins)
        self.health = PublishedErrors(healthcheck.Healthcheck(None, conf))

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        application: Any = self.application
        if environ.get("PATH_INFO") == HEALTH_PATH:
            application = self.health
        elif self.any_origin or environ["REQUEST_METHOD"] == "OPTIONS":
            application = self.cors
        answer: Iterable[bytes] = application(environ, start_response)
        return answer
