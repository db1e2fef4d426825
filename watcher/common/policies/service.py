# SPDX-License-Identifier: Apache-2.0
"""Who may use services."""

from __future__ import annotations

from oslo_policy import policy

from watcher.common.policies import base

RULES = (
    policy.DocumentedRuleDefault(
        name="service:detail",
        check_str=base.ADMIN,
        description="List services with all their fields.",
        operations=[{"method": "GET", "path": "/v1/services/"}],
    ),
    policy.DocumentedRuleDefault(
        name="service:get",
        check_str=base.ADMIN,
        description="Show one service.",
        operations=[{"method": "GET", "path": "/v1/services/{service_id}"}],
    ),
    policy.DocumentedRuleDefault(
        name="service:get_all",
        check_str=base.ADMIN,
        description="List services.",
        operations=[{"method": "GET", "path": "/v1/services/"}],
    ),
)
