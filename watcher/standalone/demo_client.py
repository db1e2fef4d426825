# SPDX-License-Identifier: Apache-2.0
"""A client of the REST APIs the demonstration drives, as any HTTP client would see them.

The demonstration must not look into the services' memory: what it shows is what a user gets.
It needs five calls, so the standard library serves; the services' own cloud calls live in
:mod:`watcher.clients`.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

TIMEOUT_S = 30.0

#: Both services are on this machine, whatever their address; no proxy can reach them.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class DemoError(Exception):
    """A request was refused or not answered; the text names it and the reason."""


@dataclass(slots=True)
class DemoClient:
    """JSON over HTTP at one endpoint, with the headers that each request carries."""

    endpoint: str
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> Any:
        """Return the document at a path."""
        return self.send("GET", path)[0]

    def post(self, path: str, body: Any = None) -> Any:
        """Send a document to a path and return the answer.

        :raises RestError: on any status of 400 or above, or when nobody answers in time.
        """
        return self.send("POST", path, {} if body is None else body)[0]

    def send(self, method: str, path: str, body: Any = None) -> tuple[Any, dict[str, str]]:
        """Send one request; return the decoded answer (``None`` without a body) and its headers."""
        url = self.endpoint.rstrip("/") + path
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json"} | self.headers
        request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 - ours
        try:
            with _DIRECT.open(request, timeout=TIMEOUT_S) as answer:
                text = answer.read()
                return (json.loads(text) if text else None), dict(answer.headers)
        except urllib.error.HTTPError as error:
            reason = error.read().decode(errors="replace")[:500]
            raise DemoError(f"{method} {url}: {error.code} {reason}") from error
        except OSError as error:
            raise DemoError(f"{method} {url}: no answer ({error})") from error


def token(auth_url: str, username: str, password: str, project: str) -> str:
    """Return a token from Keystone for a user of the default domain."""
    domain = {"name": "Default"}
    user = {"name": username, "password": password, "domain": domain}
    body = {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": {"name": project, "domain": domain}},
        }
    }
    headers = DemoClient(auth_url).send("POST", "/auth/tokens", body)[1]
    return {name.lower(): value for name, value in headers.items()}["x-subject-token"]
