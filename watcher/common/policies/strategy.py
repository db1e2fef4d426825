# SPDX-License-Identifier: Apache-2.0
"""Who may use strategies."""

from __future__ import annotations

from oslo_policy import policy

from watcher.common.policies import base

RULES = (
    policy.DocumentedRuleDefault(
        name="strategy:detail",
        check_str=base.ADMIN,
        description="List strategies with all their fields.",
        operations=[{"method": "GET", "path": "/v1/strategies/detail"}],
    ),
    policy.DocumentedRuleDefault(
        name="strategy:get",
        check_str=base.ADMIN,
        description="Show one strategy.",
        operations=[{"method": "GET", "path": "/v1/strategies/{strategy_uuid}"}],
    ),
    policy.DocumentedRuleDefault(
        name="strategy:get_all",
        check_str=base.ADMIN,
        description="List strategies.",
        operations=[{"method": "GET", "path": "/v1/strategies"}],
    ),
    policy.DocumentedRuleDefault(
        name="strategy:state",
        check_str=base.ADMIN,
        description="Show whether what a strategy needs is available.",
        operations=[{"method": "GET", "path": "/v1/strategies{strategy_uuid}/state"}],
    ),
)
