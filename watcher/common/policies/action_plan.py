# SPDX-License-Identifier: Apache-2.0
"""Who may use action plans."""

from __future__ import annotations

from oslo_policy import policy

from watcher.common.policies import base

RULES = (
    policy.DocumentedRuleDefault(
        name="action_plan:delete",
        check_str=base.ADMIN,
        description="Delete an action plan.",
        operations=[{"method": "DELETE", "path": "/v1/action_plans/{action_plan_uuid}"}],
    ),
    policy.DocumentedRuleDefault(
        name="action_plan:detail",
        check_str=base.ADMIN,
        description="List action plans with all their fields.",
        operations=[{"method": "GET", "path": "/v1/action_plans/detail"}],
    ),
    policy.DocumentedRuleDefault(
        name="action_plan:get",
        check_str=base.ADMIN,
        description="Show one action plan.",
        operations=[{"method": "GET", "path": "/v1/action_plans/{action_plan_id}"}],
    ),
    policy.DocumentedRuleDefault(
        name="action_plan:get_all",
        check_str=base.ADMIN,
        description="List action plans.",
        operations=[{"method": "GET", "path": "/v1/action_plans"}],
    ),
    policy.DocumentedRuleDefault(
        name="action_plan:update",
        check_str=base.ADMIN,
        description="Change an action plan.",
        operations=[{"method": "PATCH", "path": "/v1/action_plans/{action_plan_uuid}"}],
    ),
    policy.DocumentedRuleDefault(
        name="action_plan:start",
        check_str=base.ADMIN,
        description="Start an action plan.",
        operations=[{"method": "POST", "path": "/v1/action_plans/{action_plan_uuid}/start"}],
    ),
)
