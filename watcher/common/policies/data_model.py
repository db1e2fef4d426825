# SPDX-License-Identifier: Apache-2.0
"""Who may use data models."""

from __future__ import annotations

from oslo_policy import policy

from watcher.common.policies import base

RULES = (
    policy.DocumentedRuleDefault(
        name="data_model:get_all",
        check_str=base.ADMIN,
        description="Show a data model as the decision engine sees it.",
        operations=[{"method": "GET", "path": "/v1/data_model"}],
    ),
)
