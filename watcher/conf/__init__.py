# SPDX-License-Identifier: Apache-2.0
"""The options of the service, one module per group, registered with oslo.config on import.

Options of plug-ins are not here: the loader registers them when it loads a plug-in. An option
is here only while some part of the service reads it.
"""

from __future__ import annotations

from oslo_config import cfg

from watcher.conf import (
    api,
    applier,
    base,
    clients_auth,
    collector,
    compute_model,
    database,
    decision_engine,
    nova,
    nova_client,
    placement,
    planner,
    ssl,
)

CONF = cfg.CONF

GROUPS = (
    base,
    api,
    applier,
    clients_auth,
    collector,
    compute_model,
    database,
    decision_engine,
    nova,
    nova_client,
    placement,
    planner,
    ssl,
)

for _module in GROUPS:
    _module.register_opts(CONF)
