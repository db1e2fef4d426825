# SPDX-License-Identifier: Apache-2.0
"""Options of group ``nova``: how to reach the compute service and how long to wait for it."""

from __future__ import annotations

from oslo_config import cfg

from watcher.conf import service_auth

GROUP = "nova"

DEPRECATED = {"region-name": [cfg.DeprecatedOpt("region_name", group="nova_client")]}

OPTS: tuple[cfg.Opt, ...] = (
    cfg.IntOpt(
        "migration_max_retries",
        default=180,
        min=1,
        help="Number of checks on a migration or resize before it counts as failed; times "
        "migration_interval, this is the time it may take.",
    ),
    cfg.FloatOpt(
        "migration_interval",
        default=5.0,
        min=0.1,
        help="Seconds between checks on a migration or resize.",
    ),
    cfg.IntOpt(
        "http_retries",
        default=3,
        min=1,
        help="Number of further attempts when Nova cannot be reached or says that it is busy.",
    ),
    cfg.FloatOpt(
        "http_retry_interval",
        default=2.0,
        min=0.1,
        help="Seconds before a further attempt when Nova cannot be reached or says that it is "
        "busy.",
    ),
    cfg.StrOpt(
        "api_version",
        default="2.56",
        deprecated_group="nova_client",
        help="Highest microversion of the compute API that may be used; at least 2.56, or 2.96 "
        "for the pinned availability zone of servers.",
    ),
)


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the options of this group."""
    conf.register_opts(OPTS, group=GROUP)
    service_auth.register_service(conf, GROUP, DEPRECATED)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the options for the sample configuration."""
    return [(GROUP, [*OPTS, *service_auth.service_opts(DEPRECATED)])]
