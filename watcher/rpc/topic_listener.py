# SPDX-License-Identifier: Apache-2.0
"""Listens on a topic, whatever state the broker is in.

The messaging library's server blocks in its start while no broker answers, and in its stop while
it reconnects. Here both happen in a separate thread, and only when a broker accepts connections.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import oslo_messaging
from oslo_config import cfg
from oslo_log import log

from watcher.common import exception
from watcher.rpc import serializer, transport

LOG = log.getLogger(__name__)

_RETRY_S = 2.0


class _Answering:
    """An endpoint whose published exceptions are answers to the caller, not errors to be traced."""

    def __init__(self, endpoint: Any) -> None:
        self._endpoint = endpoint

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._endpoint, name)
        if not callable(found):
            return found
        return oslo_messaging.expected_exceptions(exception.WatcherException)(found)


class TopicListener:
    """Dispatches the calls and casts of one topic to methods of the endpoints.

    Methods that begin with an underscore cannot be called. Endpoints should hand over work that
    takes long: each runs in a thread of the server's pool.

    :param topic: also the name of the queue; a queue of this host is listened to as well
    """

    def __init__(self, topic: str, endpoints: Sequence[Any], host: str | None = None) -> None:
        self.topic = topic
        self.label = f"rpc:{topic}"
        self._endpoints = tuple(_Answering(each) for each in endpoints)
        self.host = host
        self._reason = ""
        self._stopping = threading.Event()
        self._listening = threading.Event()
        self._server: oslo_messaging.MessageHandlingServer | None = None
        self._thread = threading.Thread(target=self._run, name=self.label, daemon=True)

    def start(self) -> None:
        """Begin to listen as soon as there is a broker; does not wait for it."""
        self._thread.start()

    def stop(self) -> None:
        """Ask for the end; does not wait."""
        self._stopping.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; false when the library is still busy with the broker."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def wait_until_listening(self, timeout_s: float) -> bool:
        """Wait until messages are received; false when they are not in time."""
        return self._listening.wait(timeout_s)

    def _run(self) -> None:
        while not self._stopping.is_set():
            if self._try_to_listen():
                self._listening.set()
                LOG.info("Listening on %s as %s", self.topic, self.host or cfg.CONF.host)
                self._stopping.wait()
                break
            self._stopping.wait(_RETRY_S)
        self._close()

    def _try_to_listen(self) -> bool:
        reason = ""
        try:
            if transport.is_reachable():
                self._server = self._build()
                self._server.start()
            else:
                reason = "No message broker answers"
        except Exception as error:
            # Whatever it is (a password, a virtual host), the broker's words are what helps.
            reason = f"The message broker cannot be used: {error}"
            LOG.debug("The RPC server of %s could not be started", self.topic, exc_info=True)
            self._close()
        if reason:  # said here: within the except block oslo.log would repeat the error
            self._tell(reason)
        return not reason

    def _tell(self, reason: str) -> None:
        """Log what is wrong when it changes: the attempts follow each other quickly."""
        if reason != self._reason:
            LOG.warning("%s; will listen on %s later", reason, self.topic)
        self._reason = reason

    def _build(self) -> oslo_messaging.MessageHandlingServer:
        target = oslo_messaging.Target(topic=self.topic, server=self.host or cfg.CONF.host)
        return oslo_messaging.get_rpc_server(
            transport.get_transport(),
            target,
            self._endpoints,
            serializer=serializer.plain_json(),
            access_policy=oslo_messaging.DefaultRPCAccessPolicy,
        )

    def _close(self) -> None:
        server, self._server = self._server, None
        self._listening.clear()
        if server is None:
            return
        try:
            server.stop()
            server.wait()
        except Exception:
            LOG.exception("The RPC server of %s did not shut down cleanly", self.topic)
