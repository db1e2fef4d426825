# SPDX-License-Identifier: Apache-2.0
"""Options of group ``nova_client``: older names, read where group ``nova`` says nothing."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup("nova_client", title="Older options of the compute service")

_REASON = "Use the options of group [nova]."

OPTS: tuple[cfg.Opt, ...] = (
    cfg.StrOpt(
        "endpoint_type",
        default="publicURL",
        choices=("public", "internal", "admin", "publicURL", "internalURL", "adminURL"),
        deprecated_for_removal=True,
        deprecated_since="2026.1",
        deprecated_reason=_REASON,
        help="Interface of the compute endpoint, when [nova] valid_interfaces is not set.",
    ),
)


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the options of this group."""
    conf.register_group(GROUP)
    conf.register_opts(OPTS, group=GROUP)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the options for the sample configuration."""
    return [(GROUP.name, list(OPTS))]
