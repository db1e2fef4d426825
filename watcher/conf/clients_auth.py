# SPDX-License-Identifier: Apache-2.0
"""Options of group ``watcher_clients_auth``: the login for services whose own group has none."""

from __future__ import annotations

from oslo_config import cfg

from watcher.conf import service_auth

GROUP = "watcher_clients_auth"


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the options of this group."""
    service_auth.register_login(conf, GROUP)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the options for the sample configuration."""
    return [(GROUP, service_auth.login_opts())]
