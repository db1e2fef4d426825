# SPDX-License-Identifier: Apache-2.0
"""Who may use scoring engines."""

from __future__ import annotations

from oslo_policy import policy

from watcher.common.policies import base

RULES = (
    policy.DocumentedRuleDefault(
        name="scoring_engine:detail",
        check_str=base.ADMIN,
        description="List scoring engines with all their fields.",
        operations=[{"method": "GET", "path": "/v1/scoring_engines/detail"}],
    ),
    policy.DocumentedRuleDefault(
        name="scoring_engine:get",
        check_str=base.ADMIN,
        description="Show one scoring engine.",
        operations=[{"method": "GET", "path": "/v1/scoring_engines/{scoring_engine_id}"}],
    ),
    policy.DocumentedRuleDefault(
        name="scoring_engine:get_all",
        check_str=base.ADMIN,
        description="List scoring engines.",
        operations=[{"method": "GET", "path": "/v1/scoring_engines"}],
    ),
)
