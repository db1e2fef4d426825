# SPDX-License-Identifier: Apache-2.0
"""Who may use audit templates."""

from __future__ import annotations

from oslo_policy import policy

from watcher.common.policies import base

RULES = (
    policy.DocumentedRuleDefault(
        name="audit_template:create",
        check_str=base.ADMIN,
        description="Create an audit template.",
        operations=[{"method": "POST", "path": "/v1/audit_templates"}],
    ),
    policy.DocumentedRuleDefault(
        name="audit_template:delete",
        check_str=base.ADMIN,
        description="Delete an audit template.",
        operations=[{"method": "DELETE", "path": "/v1/audit_templates/{audit_template_uuid}"}],
    ),
    policy.DocumentedRuleDefault(
        name="audit_template:detail",
        check_str=base.ADMIN,
        description="List audit templates with all their fields.",
        operations=[{"method": "GET", "path": "/v1/audit_templates/detail"}],
    ),
    policy.DocumentedRuleDefault(
        name="audit_template:get",
        check_str=base.ADMIN,
        description="Show one audit template.",
        operations=[{"method": "GET", "path": "/v1/audit_templates/{audit_template_uuid}"}],
    ),
    policy.DocumentedRuleDefault(
        name="audit_template:get_all",
        check_str=base.ADMIN,
        description="List audit templates.",
        operations=[{"method": "GET", "path": "/v1/audit_templates"}],
    ),
    policy.DocumentedRuleDefault(
        name="audit_template:update",
        check_str=base.ADMIN,
        description="Change an audit template.",
        operations=[{"method": "PATCH", "path": "/v1/audit_templates/{audit_template_uuid}"}],
    ),
)
