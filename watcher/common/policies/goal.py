# SPDX-License-Identifier: Apache-2.0
"""Who may use goals."""

from __future__ import annotations

from oslo_policy import policy

from watcher.common.policies import base

RULES = (
    policy.DocumentedRuleDefault(
        name="goal:detail",
        check_str=base.ADMIN,
        description="List goals with all their fields.",
        operations=[{"method": "GET", "path": "/v1/goals/detail"}],
    ),
    policy.DocumentedRuleDefault(
        name="goal:get",
        check_str=base.ADMIN,
        description="Show one goal.",
        operations=[{"method": "GET", "path": "/v1/goals/{goal_uuid}"}],
    ),
    policy.DocumentedRuleDefault(
        name="goal:get_all",
        check_str=base.ADMIN,
        description="List goals.",
        operations=[{"method": "GET", "path": "/v1/goals"}],
    ),
)
