# SPDX-License-Identifier: Apache-2.0
"""The options of the service, one module a group, registered on import with oslo.config.

Options of plug-ins are not here: the loader registers them when it meets a plug-in. An option
lives here only while some part of the service reads it.
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
