# SPDX-License-Identifier: Apache-2.0
"""How the options of keystoneauth1 (session, authentication, endpoint) are put into a group.

They are only declared here; sessions and adapters are made in ``watcher.clients``.
"""

from __future__ import annotations

from collections.abc import Mapping

from keystoneauth1 import loading
from oslo_config import cfg

Deprecated = Mapping[str, list[cfg.DeprecatedOpt]]


def register_login(conf: cfg.ConfigOpts, group: str) -> None:
    """Register the options for the login and the connection."""
    loading.register_session_conf_options(conf, group)
    loading.register_auth_conf_options(conf, group)


def register_service(conf: cfg.ConfigOpts, group: str, deprecated: Deprecated) -> None:
    """Register what one cloud service needs: the login, and which of its endpoints to use.

    :param deprecated: name of an adapter option -> older names of it
    """
    register_login(conf, group)
    loading.register_adapter_conf_options(conf, group, deprecated_opts=dict(deprecated))


def login_opts() -> list[cfg.Opt]:
    """Return the options of :func:`register_login`, for the sample configuration."""
    return [
        *loading.get_session_conf_options(),
        *loading.get_auth_common_conf_options(),
        *login_plugin_opts(),
    ]


def login_plugin_opts() -> list[cfg.Opt]:
    """Return the options of the usual kind of login; those of others are read when chosen."""
    return list(loading.get_auth_plugin_conf_options("v3password"))


def service_opts(deprecated: Deprecated) -> list[cfg.Opt]:
    """Return the options of :func:`register_service`, for the sample configuration."""
    return [
        *login_opts(),
        *loading.get_adapter_conf_options(
            include_deprecated=False, deprecated_opts=dict(deprecated)
        ),
    ]
