# SPDX-License-Identifier: Apache-2.0
"""Rules that other rules are made of."""

from __future__ import annotations

from oslo_policy import policy

ADMIN = "rule:admin_api"
ADMIN_OR_SERVICE = "rule:admin_or_service_api"

RULES = (
    policy.RuleDefault(
        name="admin_api",
        check_str="role:admin or role:administrator",
        description="Administrators.",
    ),
    policy.RuleDefault(
        name="admin_or_service_api",
        check_str="rule:admin_api or role:service",
        description="Administrators and other services.",
    ),
    policy.RuleDefault(
        name="show_password",
        check_str="!",
        description="Nobody: secrets are never shown. Kept because policy files may name it.",
    ),
)
