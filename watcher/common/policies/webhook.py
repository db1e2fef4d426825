# SPDX-License-Identifier: Apache-2.0
"""Who may use webhooks."""

from __future__ import annotations

from oslo_policy import policy

from watcher.common.policies import base

RULES = (
    policy.DocumentedRuleDefault(
        name="webhook:trigger",
        check_str=base.ADMIN_OR_SERVICE,
        description="Trigger an audit of type EVENT.",
        operations=[{"method": "POST", "path": "/v1/webhooks/{audit_uuid}"}],
    ),
)
