# SPDX-License-Identifier: Apache-2.0
"""Who may use actions."""

from __future__ import annotations

from oslo_policy import policy

from watcher.common.policies import base

RULES = (
    policy.DocumentedRuleDefault(
        name="action:detail",
        check_str=base.ADMIN,
        description="List actions with all their fields.",
        operations=[{"method": "GET", "path": "/v1/actions/detail"}],
    ),
    policy.DocumentedRuleDefault(
        name="action:get",
        check_str=base.ADMIN,
        description="Show one action.",
        operations=[{"method": "GET", "path": "/v1/actions/{action_id}"}],
    ),
    policy.DocumentedRuleDefault(
        name="action:get_all",
        check_str=base.ADMIN,
        description="List actions.",
        operations=[{"method": "GET", "path": "/v1/actions"}],
    ),
    policy.DocumentedRuleDefault(
        name="action:update",
        check_str=base.ADMIN,
        description="Change an action.",
        operations=[{"method": "PATCH", "path": "/v1/actions/{action_id}"}],
    ),
)
