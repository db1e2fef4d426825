# SPDX-License-Identifier: Apache-2.0
"""The clients of one process, made when first used: what plug-ins get as ``osc``."""

from __future__ import annotations

import functools
import threading

from oslo_config import cfg

from watcher import conf as options
from watcher.clients import keystone, nova, placement


class OpenStackClients:
    """Holds one client for each cloud service; safe to share between threads.

    Making it, and asking it for a client, does not touch the network.
    """

    def __init__(self, conf: cfg.ConfigOpts | None = None) -> None:
        self._conf = options.CONF if conf is None else conf
        self._sessions = keystone.Sessions(self._conf)
        self._lock = threading.RLock()
        self._nova: nova.NovaClient | None = None
        self._placement: placement.PlacementClient | None = None

    @property
    def nova(self) -> nova.NovaClient:
        """Return the client of Nova.

        :raises ValueError: ``[nova] api_version`` is below 2.56.
        """
        with self._lock:
            if self._nova is None:
                self._nova = nova.NovaClient(
                    self._conf,
                    lambda: self._sessions.adapter(
                        "nova", "compute", interface=nova.default_interface(self._conf)
                    ),
                )
            return self._nova

    @property
    def placement(self) -> placement.PlacementClient:
        """Return the client of Placement."""
        with self._lock:
            if self._placement is None:
                self._placement = placement.PlacementClient(
                    lambda: self._sessions.adapter("placement", "placement")
                )
            return self._placement


@functools.cache
def shared() -> OpenStackClients:
    """Return the clients of this process."""
    return OpenStackClients()
