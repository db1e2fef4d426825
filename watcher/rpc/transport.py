# SPDX-License-Identifier: Apache-2.0
"""The connection to the message bus: made when first used, once a process.

A process that forks gets its own, because connections cannot be shared.
"""

from __future__ import annotations

import dataclasses
import os
import socket
import threading
import time
from urllib.parse import quote

import oslo_messaging
from oslo_config import cfg

from watcher.rpc import parcels, serializer

EXCEPTION_MODULES = ("watcher.common.exception",)
"""Modules whose exceptions are rebuilt when they come back from a call."""

_PROBE_TIMEOUT_S = 2.0
_REFUSAL_S = 0.05
_PROBE_VALID_S = 5.0
_AMQP_PORT = 5672


@dataclasses.dataclass(frozen=True, slots=True)
class _Bus:
    pid: int
    rpc: oslo_messaging.Transport
    notifications: oslo_messaging.Transport
    packer: parcels.Packer


_lock = threading.RLock()
_conf: cfg.ConfigOpts = cfg.CONF
_bus: _Bus | None = None
_answered_at: dict[tuple[str, int], float] = {}


def init(conf: cfg.ConfigOpts) -> None:
    """Name the configuration that later connections are made from; makes no connection."""
    global _conf  # the transport is one a process, like the configuration
    cleanup()
    with _lock:
        _conf = conf


def cleanup() -> None:
    """Close the connections of this process, if there are any."""
    global _bus
    with _lock:
        bus, _bus = _bus, None
        _answered_at.clear()
    if bus is not None and bus.pid == os.getpid():
        bus.rpc.cleanup()
        bus.notifications.cleanup()


def get_transport() -> oslo_messaging.Transport:
    """Return the transport of calls and casts."""
    return _get_bus().rpc


def get_notification_transport() -> oslo_messaging.Transport:
    """Return the transport of notifications."""
    return _get_bus().notifications


def get_notifier() -> parcels.Packer:
    """Return the maker of a notification's messages."""
    return _get_bus().packer


def notifications_enabled() -> bool:
    """Tell whether any driver is configured that sends notifications anywhere."""
    get_notifier()  # registers the options of the group
    drivers = set(_conf.oslo_messaging_notifications.driver or ())
    return bool(drivers - {"noop", ""})


def is_reachable(notifications: bool = False) -> bool:
    """Tell whether a broker accepts connections now, within a few seconds.

    The messaging library waits for a dead broker without end in many places; asking first keeps
    the threads stoppable. True for transports whose brokers cannot be asked (in-process ones).
    """
    brokers = _brokers(_url(notifications))
    return not brokers or any(_accepts(host, port) for host, port in brokers)


def connection_retries(notifications: bool = False) -> int:
    """Return how often to retry a connection so that each broker has its turn.

    The library documents -1 as "for ever" but takes it as "not at all"; and endless retries could
    not be stopped.
    """
    return max(len(_brokers(_url(notifications))), 1)


def has_broker() -> bool:
    """Tell whether calls go through a message broker; false for the in-process bus."""
    return bool(_brokers(_url()))


def said(error: Exception) -> str:
    """Return the text of an error of the bus, for the log, without any password."""
    text = f"{type(error).__name__}: {error}"
    for url in (_url(), _url(notifications=True)):
        for host in url.hosts:
            for secret in filter(None, (host.password, quote(host.password or "", safe=""))):
                text = text.replace(secret, "***")
    return text


def _forget_in_child() -> None:
    """Start afresh in a forked child: another thread of the parent may have held the lock."""
    global _lock, _bus
    _lock = threading.RLock()
    _bus = None


os.register_at_fork(after_in_child=_forget_in_child)


def _get_bus() -> _Bus:
    global _bus
    with _lock:
        if _bus is None or _bus.pid != os.getpid():
            _bus = _connect(_conf)
        return _bus


def _connect(conf: cfg.ConfigOpts) -> _Bus:
    exmods = list(EXCEPTION_MODULES)
    rpc = oslo_messaging.get_rpc_transport(conf, allowed_remote_exmods=exmods)
    notifications = oslo_messaging.get_notification_transport(conf, allowed_remote_exmods=exmods)
    packer = parcels.Packer(notifications, serializer.for_notifications())
    return _Bus(os.getpid(), rpc, notifications, packer)


def _url(notifications: bool = False) -> oslo_messaging.TransportURL:
    bus = _get_bus()
    url = None
    if notifications:
        url = bus.notifications.conf.oslo_messaging_notifications.transport_url
    return oslo_messaging.TransportURL.parse(bus.rpc.conf, url)


def _brokers(url: oslo_messaging.TransportURL) -> list[tuple[str, int]]:
    if not url.transport.startswith(("rabbit", "amqp", "kombu")):
        return []
    hosts = [(each.hostname or "localhost", each.port or _AMQP_PORT) for each in url.hosts]
    return hosts or [("localhost", _AMQP_PORT)]


def _accepts(host: str, port: int) -> bool:
    """Ask one broker; what it answered is believed for a few seconds."""
    now = time.monotonic()
    if now - _answered_at.get((host, port), -_PROBE_VALID_S) < _PROBE_VALID_S:
        return True
    try:
        with socket.create_connection((host, port), timeout=_PROBE_TIMEOUT_S) as connection:
            found = _stays_open(connection)
    except OSError:
        return False
    if found:
        _answered_at[host, port] = now
    return found


def _stays_open(connection: socket.socket) -> bool:
    """Tell a broker, which waits for its client, from a proxy without one, which hangs up."""
    connection.settimeout(_REFUSAL_S)
    try:
        return bool(connection.recv(1))
    except TimeoutError:
        return True
