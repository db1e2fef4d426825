# SPDX-License-Identifier: Apache-2.0
"""Every option of the service, for oslo-config-generator and the contract test.

Options of plug-ins are found through their entry points, so that a sample configuration also
shows those of installed third-party plug-ins.
"""

from __future__ import annotations

import importlib.metadata

from oslo_config import cfg
from oslo_log import log

from watcher import conf

LOG = log.getLogger(__name__)

NAMESPACES = (
    "watcher_goals",
    "watcher_strategies",
    "watcher_actions",
    "watcher_workflow_engines",
    "watcher_planners",
    "watcher_scoring_engines",
    "watcher_scoring_engine_containers",
    "watcher_cluster_data_model_collectors",
)
"""The entry point groups of plug-ins."""


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return ``(group, options)`` of the service and of every installed plug-in."""
    return [*service_opts(), *plugin_opts()]


def service_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return ``(group, options)`` of the service itself."""
    return [pair for module in conf.GROUPS for pair in module.list_opts()]


def plugin_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return ``(group, options)`` of the plug-ins; those that cannot be imported are left out."""
    found = []
    for namespace in NAMESPACES:
        points = importlib.metadata.entry_points(group=namespace)
        for point in sorted(points, key=lambda each: each.name):
            options = _options_of(point)
            if options:
                found.append((f"{namespace}.{point.name}", options))
    return found


def _options_of(point: importlib.metadata.EntryPoint) -> list[cfg.Opt]:
    try:
        return list(point.load().get_config_opts() or ())
    except Exception:
        LOG.exception("The options of plug-in %s (%s) cannot be listed", point.name, point.value)
        return []
