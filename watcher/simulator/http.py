# SPDX-License-Identifier: Apache-2.0
"""The little HTTP that the simulated services share: a route table and JSON answers."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from webob import Request, Response

from watcher.simulator.errors import BadRequest, Unauthorized
from watcher.simulator.tokens import Token

Version = tuple[int, int]


@dataclasses.dataclass(frozen=True, slots=True)
class Call:
    """A request that found its route."""

    request: Request
    args: Mapping[str, str]
    query: Mapping[str, str]
    """Of a name given several times, the last value."""
    version: Version = (0, 0)
    token: Token | None = None

    @property
    def base_url(self) -> str:
        """Return the URL of the whole simulator, as the client wrote it."""
        return str(self.request.host_url)

    def document(self) -> Any:
        """Return the decoded body.

        :raises BadRequest: when it is not a JSON object
        """
        try:
            document = json.loads(self.request.body or b"null")
        except (ValueError, RecursionError) as error:
            raise BadRequest("Malformed request body") from error
        if not isinstance(document, dict):
            raise BadRequest("Malformed request body")
        return document


Handler = Callable[[Call], Response]


class Routes:
    """An explicit table: method, path with ``{names}``, handler."""

    def __init__(self, table: Iterable[tuple[str, str, Handler]]) -> None:
        self._routes = [
            (method, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), handler)
            for method, path, handler in table
        ]

    def find(self, method: str, path: str) -> tuple[Handler, dict[str, str]] | None:
        """Return the handler and the named parts of the path; a trailing slash is ignored."""
        wanted = "GET" if method == "HEAD" else method
        path = path.rstrip("/")
        for route_method, pattern, handler in self._routes:
            if route_method == wanted and (match := pattern.fullmatch(path)):
                return handler, match.groupdict()
        return None


def answer(
    document: Any = None, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a JSON answer, empty without a document."""
    response = Response(status=status)
    if document is None:
        response.content_type = None
        response.content_length = None if status == 204 else 0
    else:
        response.content_type = "application/json"
        response.body = json.dumps(document).encode()
    response.headers.update(headers or {})
    return response


def unauthorized(request: Request, error: Unauthorized) -> Response:
    """Return the 401 of a service's token check, which points to the simulated Keystone."""
    body = {"code": 401, "title": "Unauthorized", "message": str(error)}
    uri = f"{request.host_url}/identity/v3"
    return answer({"error": body}, 401, {"WWW-Authenticate": f'Keystone uri="{uri}"'})


def last_values(request: Request) -> dict[str, str]:
    """Return the query, each name once."""
    return {str(name): str(value) for name, value in request.GET.items()}


def wants(value: str | None) -> bool:
    """Tell whether a query value means yes."""
    return (value or "").strip().lower() in ("1", "t", "true", "on", "y", "yes")
