# SPDX-License-Identifier: Apache-2.0
"""``/openapi``: the OpenAPI documents of the running service, outside of ``/v1`` and public.

A document is made once per process, at the first request; after that its bytes are served.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable
from typing import Any

import webob
import webob.exc

from watcher.api import openapi
from watcher.api.errors import Application
from watcher.api.microversion import HISTORY, SUPPORTED

PREFIX = "/openapi"


class Documents:
    """Answer what is below the prefix; everything else is for the application."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        if path != PREFIX and not path.startswith(f"{PREFIX}/"):
            return self.application(environ, start_response)
        answer: Iterable[bytes] = _answer(webob.Request(environ))(environ, start_response)
        return answer


def _answer(request: Any) -> Any:
    name = request.path_info.removeprefix(PREFIX).strip("/")
    if name and name not in _VERSIONS:
        return webob.exc.HTTPNotFound()
    if request.method != "GET":
        return webob.exc.HTTPMethodNotAllowed(headers=[("Allow", "GET")])
    body, tag = _document(name) if name else (_index(request.application_url), None)
    return webob.Response(
        body=body,
        content_type="application/json",
        charset=None,
        etag=tag,
        cache_control="public, max-age=3600",
        conditional_response=True,
    )


_VERSIONS = {f"{version}.json": version for version in SUPPORTED}


@functools.cache
def _document(name: str) -> tuple[bytes, str]:
    """Return a document and its tag."""
    body = openapi.rendered(_VERSIONS[name])
    return body, hashlib.sha256(body).hexdigest()


def _index(base_url: str) -> bytes:
    documents = [
        {
            "version": str(version),
            "summary": summary,
            "href": f"{base_url}{PREFIX}/{version}.json",
        }
        for version, summary in HISTORY
    ]
    return json.dumps({"documents": documents}).encode()
