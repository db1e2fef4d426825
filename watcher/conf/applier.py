# SPDX-License-Identifier: Apache-2.0
"""Options of group ``watcher_applier``: the daemon that executes action plans."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup("watcher_applier", title="The daemon that executes action plans")

OPTS: tuple[cfg.Opt, ...] = (
    cfg.IntOpt(
        "workers",
        default=1,
        min=1,
        required=True,
        help="Number of action plans that one applier executes at the same time.",
    ),
    cfg.StrOpt(
        "conductor_topic",
        default="watcher.applier.control",
        help="RPC topic on which appliers hear of plans to execute.",
    ),
    cfg.StrOpt(
        "workflow_engine",
        default="taskflow",
        required=True,
        help="Name of the workflow engine (entry point group watcher_workflow_engines).",
    ),
    cfg.BoolOpt(
        "rollback_when_actionplan_failed",
        default=False,
        deprecated_for_removal=True,
        deprecated_since="2026.1",
        deprecated_reason="It never did what its name says.",
        help="Accepted so that existing configurations still work, but has no effect: the "
        "finished actions of a plan are not reverted when one of its actions fails.",
    ),
    cfg.BoolOpt(
        "resume_interrupted_plans",
        default=True,
        help="Whether an applier resumes plans that it, or an applier that has died, left "
        "unfinished: finished actions stay, an unfinished one is compared with the cloud "
        "first. When false, such plans are cancelled.",
    ),
    cfg.IntOpt(
        "sweep_interval",
        default=10,
        min=1,
        mutable=True,
        help="Seconds between searches of the database for plans that wait for execution "
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
