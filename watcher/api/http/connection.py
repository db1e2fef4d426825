# SPDX-License-Identifier: Apache-2.0
"""One connection of the HTTP server: how long a request may take to arrive, and the answer to
one that is not HTTP.

cheroot waits ten seconds for each piece of a request, so that a client could keep a thread for days
by sending a byte now and then; and it answers with plain text, which clients of an API cannot read.
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import logging
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from cheroot import server
from cheroot.makefile import MakeFile
from oslo_context.context import generate_request_id

from watcher.api.http.authority import is_readable
from watcher.api.http.framing import Chunks, Headers

LOG = logging.getLogger(__name__)

#: Seconds in which a whole request has to arrive, from its first byte to the last of its body.
PATIENCE_S = 30.0
#: The same while other connections wait for a thread.
HURRY_S = 2.0
#: Seconds between checks whether others wait.
_LOOK_S = 0.5

#: Bytes of a body in chunks that are read at once.
_CHUNK_BUFFER = 64 * 1024

_PROTOCOL = re.compile(rb"HTTP/[0-9]\.[0-9]")

#: Unsupported protocols.  5xx would say that the service is failing, and alert its operators.
_REFUSED = {501: 400, 505: 400}


class PatientSocket:
    """What a connection is read through: reading fails when the time of the request is over.

    :param pause_s: seconds that the client may be silent, as the server says.
    :param others_wait: tells whether there are connections without a thread.
    """

    def __init__(self, sock: Any, pause_s: float, others_wait: Callable[[], bool]) -> None:
        self._sock = sock
        self._pause_s = pause_s
        self._others_wait = others_wait
        self._hurry = self._deadline = float("inf")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def begin(self, patience_s: float, hurry_s: float) -> None:
        """Begin with a new request."""
        now = time.monotonic()
        self._deadline, self._hurry = now + patience_s, now + hurry_s

    def recv_into(self, buffer: Any, *arguments: Any) -> int:
        """Read what there is.

        :raises TimeoutError: nothing came, or not in time.
        """
        silent_until = time.monotonic() + self._pause_s
        try:
            while True:
                until = min(silent_until, self._deadline)
                if self._others_wait():
                    until = min(until, self._hurry)
                left_s = until - time.monotonic()
                if left_s <= 0:
                    raise TimeoutError("timed out")
                self._sock.settimeout(min(left_s, _LOOK_S))
                with contextlib.suppress(TimeoutError):
                    return self._receive(buffer, *arguments)
        finally:
            self._sock.settimeout(self._pause_s)

    def _receive(self, buffer: Any, *arguments: Any) -> int:
        received: int = self._sock.recv_into(buffer, *arguments)
        return received


class Request(server.HTTPRequest):
    """A request whose errors have the published body."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.header_reader = Headers()

    def read_request_line(self) -> Any:
        """Read the first line; false when it is refused."""
        if not super().read_request_line():  # type: ignore[no-untyped-call]
            return False
        if not _PROTOCOL.fullmatch(self.request_protocol):
            self.simple_response("400 Bad Request", "Malformed Request-Line: bad version")
            return False
        return True

    def read_request_headers(self) -> Any:
        """Read the headers; false when they are refused."""
        if not super().read_request_headers():  # type: ignore[no-untyped-call]
            return False
        if not self._read_host():
            return False
        if b"Transfer-Encoding" not in self.inheaders:
            return True
        if b"Content-Length" in self.inheaders or self.response_protocol != "HTTP/1.1":
            self.simple_response("400 Bad Request", "Transfer-Encoding cannot be used here.")
            return False
        return True

    def _read_host(self) -> bool:
        """Read whom the request is for; false when that is impossible (RFC 9112, section 3.2)."""
        host = self.inheaders.get(b"Host", b"").decode("latin-1")
        if is_readable(host):
            return True
        self.simple_response("400 Bad Request", f"Expected HOST or HOST:PORT in Host, got {host!r}")
        return False

    def respond(self) -> None:
        """Run the application and write its answer."""
        if self.chunked_read:
            chunks = Chunks(self.conn.rfile, self.server.max_request_body_size)
            self.rfile = io.BufferedReader(chunks, _CHUNK_BUFFER)
        else:
            length = int(self.inheaders.get(b"Content-Length", 0))
            self.rfile = server.KnownLengthRFile(self.conn.rfile, length)
        self.server.gateway(self).respond()
        if self.ready:
            self.ensure_headers_sent()
        if self.chunked_write:
            self.conn.wfile.write(b"0\r\n\r\n")

    def send_headers(self) -> None:
        """Begin an answer, and say whether another request can follow.

        It cannot after a body that was not read to its end, or when the server ends.

        Chunks count as not read, since a broken one hides where the body ends.
        """
        unread = self.chunked_read or getattr(self.rfile, "remaining", 0) > 0
        if unread or self.server.is_closing:
            self.close_connection = True
        super().send_headers()

    def simple_response(self, status: Any, msg: str = "") -> None:
        """Refuse what cannot be passed to the application as a request, and end the connection."""
        self.close_connection = True
        asked = HTTPStatus(int(str(status)[:3]))
        number = _REFUSED.get(asked, int(asked))
        msg = msg or (asked.phrase if number != asked else "")
        phrase = HTTPStatus(number).phrase
        text = f"{number} {phrase}: {msg}" if msg else f"{number} {phrase}"
        request_id = generate_request_id()
        LOG.info("%s is refused: %s", request_id, text)
        body = json.dumps({"error_message": text}).encode()
        head = (
            f"HTTP/1.1 {number} {phrase}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n"
            f"x-openstack-request-id: {request_id}\r\n\r\n"
        )
        self.sent_headers = True
        self.conn.wfile.write(head.encode("ascii") + body)


class Connection(server.HTTPConnection):
    """A connection that is read with limited patience."""

    RequestHandlerClass = Request
    patience_s = PATIENCE_S
    hurry_s = HURRY_S

    def __init__(self, owner: Any, sock: Any, makefile: Callable[..., Any] = MakeFile) -> None:
        self._patient = PatientSocket(sock, owner.timeout, lambda: owner.requests.qsize > 0)
        self._is_open = owner.ssl_adapter is None
        super().__init__(owner, sock, functools.partial(self._make, makefile))

    def _make(self, makefile: Callable[..., Any], sock: Any, mode: str, size: int) -> Any:
        return makefile(self._patient if "r" in mode else sock, mode, size)

    def communicate(self) -> Any:
        """Read a request and answer it."""
        if not self._is_open and not self._shake_hands():
            return False
        self._patient.begin(self.patience_s, self.hurry_s)
        return super().communicate()  # type: ignore[no-untyped-call]

    def _shake_hands(self) -> bool:
        """Begin with TLS: here, not where connections are accepted, since a client may be slow."""
        try:
            self.socket.settimeout(self.hurry_s)
            self.socket.do_handshake()
            self.socket.settimeout(self.server.timeout)
            self.ssl_env = self.server.ssl_adapter.get_environ(self.socket)
        except OSError as error:
            LOG.info("A client could not begin with TLS: %s", error)
            return False
        self._is_open = True
        return True
