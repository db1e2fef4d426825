# SPDX-License-Identifier: Apache-2.0
"""The HTTP server of ``watcher-api`` and of the standalone service.

It is cheroot.  ``bench/wsgi_servers.py`` compared it with gunicorn (gthread) and waitress: cheroot
took the least CPU time for one audit (2.0 ms of the whole server; 2.4 waitress, 4.3 gunicorn), and
about the same for a root.  Besides, it starts and stops inside a process (gunicorn wants to own
the process), and it speaks TLS for ``[api] enable_ssl_api`` (waitress does not).  Several worker
processes listen on the same port with SO_REUSEPORT, so that the kernel spreads the connections.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import logging
import threading
import time
from collections.abc import Iterable
from typing import Any

from cheroot import wsgi
from webob.exc import HTTPRequestEntityTooLarge

from watcher.api.errors import Application
from watcher.api.http.authority import Gateway
from watcher.api.http.connection import Connection
from watcher.api.http.tls import Tls
from watcher.rpc import doorbell, notify

LOG = logging.getLogger(__name__)

#: Requests that one process works on at the same time.
THREADS = 16
#: Idle connections that stay open for a client's next request.
KEPT_CONNECTIONS = 512
#: Connections that wait while all threads are busy.
BACKLOG = 128
#: Seconds that running requests get when the server stops.
STOP_TIMEOUT_S = 10
#: Seconds in which clients learn, with their next answer, that a connection ends.
LINGER_S = 1.0
_LOOK_S = 0.02
_LOOKS = 2
#: Seconds for what waits to go out to the message bus.
_FLUSH_S = 1.0
#: Objects made, beyond those freed, before the garbage collector looks at them: about a long list.
NEW_OBJECTS = 20_000
#: Bytes; also the longest address with all its query arguments.
LARGEST_HEADERS = 64 * 1024
#: Bytes; a request that declares more is refused unread, by cheroot itself.
LARGEST_BODY = 16 * 1024 * 1024


class _Server(wsgi.Server):
    """cheroot's server with this project's log and connections."""

    ConnectionClass = Connection
    #: Whether each answer says that its connection ends.
    is_closing = False
    _connections: Any

    def drain(self, linger_s: float) -> None:
        """Take the connections that clients have opened, and no more; serve all a little longer.

        Closed at once, those that wait in the kernel and those that are kept for a next request
        would be reset under requests that are on their way.
        """
        listening, connections = self.socket, self._connections
        if listening is None or self.is_closing:
            return
        self.is_closing = True
        listening.listen(0)
        listening.settimeout(0)
        connections._selector.unregister(listening.fileno())
        while connection := connections._from_server_socket(listening):
            self.process_conn(connection)
        listening.close()
        end = time.monotonic() + linger_s
        looks = 0  # a connection is nowhere to be seen on its way from one to the other
        while looks < _LOOKS and time.monotonic() < end:
            time.sleep(_LOOK_S)
            looks = 0 if self._has_connections() else looks + 1

    def _has_connections(self) -> bool:
        threads: Any = self.requests
        return bool(len(self._connections._selector) or threads.qsize) or (
            threads.idle < self.numthreads
        )

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """Take the messages of cheroot."""
        LOG.log(level, "%s", msg, exc_info=traceback)


def _read_to_the_end(
    application: Application, environ: dict[str, Any], start_response: Any
) -> Iterable[bytes]:
    """Run the application; read what it left of a body before it is answered.

    It refuses a large body unread.  A connection that is closed over unread data is reset, and
    most clients never see the answer then; if it is kept, cheroot reads the rest in one piece.
    """
    body = environ["wsgi.input"]

    def start(*arguments: Any) -> Any:
        with contextlib.suppress(OSError, ValueError, HTTPRequestEntityTooLarge):
            while body.read(64 * 1024):
                pass
        return start_response(*arguments)

    return application(environ, start)


class ApiServer:
    """Serve an application from threads of this process until stopped."""

    name = "watcher-api"

    def __init__(
        self,
        application: Application,
        host: str,
        port: int,
        *,
        threads: int = THREADS,
        tls: Tls | None = None,
        shared_port: bool = False,
    ) -> None:
        """Make a server; nothing is bound yet.

        :param port: 0: any free one; :attr:`port` says which after the start.
        :param shared_port: let other processes listen on the same port.
        """
        self._server = _Server(
            (host, port),
            functools.partial(_read_to_the_end, application),
            numthreads=threads,
            request_queue_size=BACKLOG,
            shutdown_timeout=STOP_TIMEOUT_S,
            reuse_port=shared_port,
        )
        self._server.gateway = Gateway
        self._server.keep_alive_conn_limit = KEPT_CONNECTIONS
        self._server.max_request_header_size = LARGEST_HEADERS
        self._server.max_request_body_size = LARGEST_BODY
        self._server.ssl_adapter = tls.adapter() if tls else None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port that is listened on."""
        port: int = self._server.bind_addr[1]
        return port

    def start(self) -> None:
        """Bind, and serve in the background.

        :raises OSError: when the address cannot be bound.
        """
        self._server.prepare()
        self._thread = threading.Thread(target=self._server.serve, name=f"{self.name}-accept")
        self._thread.start()
        LOG.info("Listening on %s, port %s", *self._server.bind_addr[:2])

    def stop(self) -> None:
        """Stop listening, finish the running requests, send what they gave to the bus, join all."""
        self._server.drain(LINGER_S)
        self._server.stop()
        doorbell.flush(_FLUSH_S)
        notify.flush(_FLUSH_S)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def wait(self) -> None:
        """Block until stopped."""
        if self._thread is not None:
            self._thread.join()


def spare_garbage_collection() -> None:
    """Let the garbage collector skip what lives as long as the process; call it after set-up.

    A list of 1000 rows makes so many objects that otherwise all modules and classes are looked
    through several times a request: that was 30 % of the processor time of such a list.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])
