# SPDX-License-Identifier: Apache-2.0
"""A message bus inside the process, and helpers to wait for what other threads do."""

from __future__ import annotations

import socket
import threading

import pytest

from watcher import conf
from watcher.common import config, context
from watcher.rpc import doorbell, notify, transport

WAIT_S = 10.0
"""Longest wait for another thread; tests end as soon as it is done."""


@pytest.fixture(scope="module")
def bus():
    """Use the in-process bus; for a whole module, as its servers take a second to stop."""
    config.parse_args([], default_config_files=[], default_config_dirs=[])
    conf.CONF.set_override("transport_url", "fake:")
    conf.CONF.set_override("host", "host-1")
    transport.init(conf.CONF)
    yield transport
    doorbell.stop()
    notify.stop()
    transport.cleanup()
    conf.CONF.clear_override("transport_url")
    conf.CONF.clear_override("host")


@pytest.fixture
def dead_bus(override, free_port):
    """Name a broker at a port where nothing listens."""
    config.parse_args([], default_config_files=[], default_config_dirs=[])
    override("transport_url", f"rabbit://u:p@127.0.0.1:{free_port}/")
    transport.init(conf.CONF)
    yield transport
    doorbell.stop(0.1)
    notify.stop(0.1)
    transport.cleanup()


@pytest.fixture
def free_port() -> int:
    """Return a port of this machine that nothing listens on."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


@pytest.fixture
def admin() -> context.RequestContext:
    return context.make_admin_context()


class Recorder:
    """Collects what other threads hand over."""

    def __init__(self) -> None:
        self.seen: list = []
        self._changed = threading.Condition()

    def add(self, item) -> None:
        with self._changed:
            self.seen.append(item)
            self._changed.notify_all()

    def wait_for(self, count: int) -> list:
        """Wait until so many things were handed over."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.seen) >= count, WAIT_S), self.seen
            return list(self.seen)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()
