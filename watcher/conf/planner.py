# SPDX-License-Identifier: Apache-2.0
"""Options of group ``watcher_planner``: which planner orders the actions of a solution."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup("watcher_planner", title="The planner")

OPTS: tuple[cfg.Opt, ...] = (
    cfg.StrOpt(
        "planner",
        default="weight",
        required=True,
        help="Name of the planner (entry point group watcher_planners) for strategies that do "
        "not choose one themselves.",
    ),
)


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the options of this group."""
    conf.register_group(GROUP)
    conf.register_opts(OPTS, group=GROUP)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the options for the sample configuration."""
    return [(GROUP.name, list(OPTS))]
