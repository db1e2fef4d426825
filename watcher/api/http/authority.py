# SPDX-License-Identifier: Apache-2.0
"""The host and port under which a client knows the service; links in answers begin with them.

If a client leaves them out (HTTP/1.0 without ``Host``, or an empty one), the address that it
connected to is used.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import Any

from cheroot import wsgi

from watcher.api.errors import Application

_AUTHORITY = re.compile(
    r"(\[[0-9A-Fa-f:.]+(%[0-9A-Za-z._~%-]+)?\]|[0-9A-Za-z._~!$&'()*+;=%\x80-\xff-]+)(:[0-9]{0,5})?"
)
#: No host; a port alone says nothing.
_EMPTY = re.compile(r"(:[0-9]{0,5})?")


def is_readable(text: str) -> bool:
    """Tell whether a text is a host, with or without a port, or is empty.

    >>> [is_readable(text) for text in ("cloud_1:9322", "[::1]:9322", "", "a/b", "a@b", "a, b")]
    [True, True, True, False, False, False]
    """
    return bool(_AUTHORITY.fullmatch(text) or _EMPTY.fullmatch(text))


def named(text: str) -> str | None:
    """Return the host that a header names, the first of several; None if it names none.

    >>> named('"cloud.example.org:9322"'), named("outer, inner"), named(":80"), named("")
    ('cloud.example.org:9322', 'outer', None, None)
    """
    first = text.split(",")[0].strip().strip('"')
    return first if _AUTHORITY.fullmatch(first) else None


def written(address: str) -> str:
    """Return an IP address as the host of a URL.

    >>> written("10.0.0.1"), written("fe80::1%eth0"), written("::ffff:10.0.0.1")
    ('10.0.0.1', '[fe80::1]', '10.0.0.1')
    """
    known = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    return str(known.ipv4_mapped or f"[{known}]")


class Gateway(wsgi.Gateway_10):
    """From a request to WSGI; cheroot's own gives the library's name as that of the server."""

    def get_environ(self) -> Any:
        """Return the environment of a request, with the address that the client connected to."""
        environ: dict[str, Any] = super().get_environ()  # type: ignore[no-untyped-call]
        address, port = self.req.conn.socket.getsockname()[:2]
        environ["SERVER_NAME"], environ["SERVER_PORT"] = written(address), str(port)
        return environ


class KnownHost:
    """Remove a ``Host`` that is empty or unreadable, whichever server or proxy let it pass."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if "HTTP_HOST" in environ:
            host = named(environ["HTTP_HOST"])
            if host is None:
                del environ["HTTP_HOST"]
            else:
                environ["HTTP_HOST"] = host
        return self.application(environ, start_response)
