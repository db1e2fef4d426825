# SPDX-License-Identifier: Apache-2.0
"""A TCP forwarder that tests cut and mend, to take a service away from one deployment only."""

from __future__ import annotations

import contextlib
import socket
import threading


class Proxy:
    """Forward connections on a loopback port to a target while it is up."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._up = True
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        #: What clients have sent, if it is asked for.
        self.sent: bytearray | None = None
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()

    def cut(self) -> None:
        """Close every connection and refuse new ones."""
        with self._lock:
            self._up = False
            found, self._open = self._open, set()
        for connection in found:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def mend(self) -> None:
        """Forward again."""
        with self._lock:
            self._up = True

    def close(self) -> None:
        """Stop for good."""
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if not self._up:
                client.close()
                continue
            try:
                server = socket.create_connection(self._target, 30)
            except OSError:
                client.close()
                continue
            server.settimeout(None)  # the limit was for the connecting; both ways may be idle
            with self._lock:
                is_up = self._up  # a cut may have come meanwhile
                if is_up:
                    self._open |= {client, server}
            if not is_up:
                client.close()
                server.close()
                continue
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if self.sent is not None and sink.getpeername() == self._target:
                    self.sent += data
                sink.sendall(data)
        with self._lock:
            self._open -= {source, sink}
        for connection in (source, sink):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
