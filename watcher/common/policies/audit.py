# SPDX-License-Identifier: Apache-2.0
"""Who may use audits."""

from __future__ import annotations

from oslo_policy import policy

from watcher.common.policies import base

RULES = (
    policy.DocumentedRuleDefault(
        name="audit:create",
        check_str=base.ADMIN,
        description="Create an audit.",
        operations=[{"method": "POST", "path": "/v1/audits"}],
    ),
    policy.DocumentedRuleDefault(
        name="audit:delete",
        check_str=base.ADMIN,
        description="Delete an audit.",
        operations=[{"method": "DELETE", "path": "/v1/audits/{audit_uuid}"}],
    ),
    policy.DocumentedRuleDefault(
        name="audit:detail",
        check_str=base.ADMIN,
        description="List audits with all their fields.",
        operations=[{"method": "GET", "path": "/v1/audits/detail"}],
    ),
    policy.DocumentedRuleDefault(
        name="audit:get",
        check_str=base.ADMIN,
        description="Show one audit.",
        operations=[{"method": "GET", "path": "/v1/audits/{audit_uuid}"}],
    ),
    policy.DocumentedRuleDefault(
        name="audit:get_all",
        check_str=base.ADMIN,
        description="List audits.",
        operations=[{"method": "GET", "path": "/v1/audits"}],
    ),
    policy.DocumentedRuleDefault(
        name="audit:update",
        check_str=base.ADMIN,
        description="Change an audit.",
        operations=[{"method": "PATCH", "path": "/v1/audits/{audit_uuid}"}],
    ),
)
