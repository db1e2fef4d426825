# SPDX-License-Identifier: Apache-2.0
"""Options of group ``watcher_decision_engine``: the daemon that runs audits."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup("watcher_decision_engine", title="The daemon that runs audits")

OPTS: tuple[cfg.Opt, ...] = (
    cfg.StrOpt(
        "conductor_topic",
        default="watcher.decision.control",
        help="RPC topic on which decision engines hear of audits to run.",
    ),
    cfg.IntOpt(
        "max_audit_workers",
        default=2,
        required=True,
        help="Number of audits that one decision engine runs at the same time.",
    ),
    cfg.IntOpt(
        "max_general_workers",
        default=4,
        required=True,
        help="Number of threads with which a decision engine collects its model of the cloud.",
    ),
    cfg.IntOpt(
        "action_plan_expiry",
        default=24,
        mutable=True,
        help="Hours after which a RECOMMENDED action plan that nobody started is SUPERSEDED; "
        "0 keeps it for ever.",
    ),
    cfg.IntOpt(
        "check_periodic_interval",
        default=1800,
        mutable=True,
        help="Seconds between searches for expired action plans.",
    ),
    cfg.IntOpt(
        "continuous_audit_interval",
        default=10,
        mutable=True,
        help="Seconds between searches for continuous audits that are due.",
    ),
    cfg.IntOpt(
        "sweep_interval",
        default=10,
        min=1,
        mutable=True,
        help="Seconds between searches of the database for audits that wait to be run "
        "although no message has arrived.",
    ),
)


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the options of this group."""
    conf.register_group(GROUP)
    conf.register_opts(OPTS, group=GROUP)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the options for the sample configuration."""
    return [(GROUP.name, list(OPTS))]
