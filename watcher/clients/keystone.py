# SPDX-License-Identifier: Apache-2.0
"""Logging in: one session per service group, made once and shared by all threads.

A session holds the token and what discovery found, so that a call costs one request.
Making one only reads options; the first call uses the network.
"""

from __future__ import annotations

import threading

from keystoneauth1 import loading
from keystoneauth1.adapter import Adapter
from keystoneauth1.session import Session
from oslo_config import cfg

FALLBACK_GROUP = "watcher_clients_auth"

#: Seconds that one connection attempt or one read may take, unless ``timeout`` of the
#: service's group or of the login's group says otherwise: nothing waits for ever.
DEFAULT_TIMEOUT_S = 60.0


class Sessions:
    """The sessions and adapters of one process; safe to use from any thread."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._conf = conf
        self._lock = threading.Lock()
        self._adapters: dict[str, Adapter] = {}

    def adapter(self, group: str, service_type: str, *, interface: str | None = None) -> Adapter:
        """Return the adapter of one service; made at the first call for its group.

        :param group: option group of the service, such as ``nova``
        :param service_type: used where the group does not set one
        :param interface: used where the group sets no ``valid_interfaces``
        :raises keystoneauth1.exceptions.ClientException: the login is incomplete.
        """
        with self._lock:
            found = self._adapters.get(group)
            if found is None:
                found = self._make(group, service_type, interface)
                self._adapters[group] = found
            return found

    def _make(self, group: str, service_type: str, interface: str | None) -> Adapter:
        login = login_group(self._conf, group)
        auth = loading.load_auth_from_conf_options(self._conf, login)
        made = loading.load_adapter_from_conf_options(
            self._conf, group, session=self._session(group, login), auth=auth
        )
        made.service_type = made.service_type or service_type
        made.interface = made.interface or interface
        return made

    def _session(self, group: str, login: str) -> Session:
        source = group if _has_tls_options(self._conf[group]) else login
        timeout = self._conf[group].timeout or self._conf[login].timeout or DEFAULT_TIMEOUT_S
        return loading.load_session_from_conf_options(
            self._conf, source, timeout=timeout, app_name="watcher"
        )


def login_group(conf: cfg.ConfigOpts, group: str) -> str:
    """Return the group that holds the login: the service's own, else the common one."""
    own = conf[group]
    return group if own.auth_type or own.auth_section else FALLBACK_GROUP


def _has_tls_options(group: cfg.ConfigOpts.GroupAttr) -> bool:
    return bool(group.cafile or group.certfile or group.insecure)
