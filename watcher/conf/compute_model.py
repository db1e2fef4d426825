# SPDX-License-Identifier: Apache-2.0
"""Options of group ``compute_model``: what the compute model holds."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup("compute_model", title="The compute model")

OPTS: tuple[cfg.Opt, ...] = (
    cfg.BoolOpt(
        "enable_extended_attributes",
        default=False,
        help="Whether servers in the model carry their pinned availability zone and the extra "
        "specs of their flavor. The zone needs [nova] api_version 2.96 or above.",
    ),
)


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the options of this group."""
    conf.register_group(GROUP)
    conf.register_opts(OPTS, group=GROUP)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the options for the sample configuration."""
    return [(GROUP.name, list(OPTS))]
