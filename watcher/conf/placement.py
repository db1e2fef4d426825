# SPDX-License-Identifier: Apache-2.0
"""Options of group ``placement``: how to reach the Placement service."""

from __future__ import annotations

from oslo_config import cfg

from watcher.conf import service_auth

GROUP = "placement"

DEPRECATED = {
    "valid-interfaces": [cfg.DeprecatedOpt("interface", group="placement_client")],
    "region-name": [cfg.DeprecatedOpt("region_name", group="placement_client")],
}


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the options of this group."""
    service_auth.register_service(conf, GROUP, DEPRECATED)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the options for the sample configuration."""
    return [(GROUP, service_auth.service_opts(DEPRECATED))]
