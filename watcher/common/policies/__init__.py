# SPDX-License-Identifier: Apache-2.0
"""The rules of the API with their defaults, one module per resource."""

from __future__ import annotations

from oslo_policy import policy

from watcher.common.policies import (
    action,
    action_plan,
    audit,
    audit_template,
    base,
    data_model,
    goal,
    scoring_engine,
    service,
    strategy,
    webhook,
)

_RESOURCES = (
    base,
    action,
    action_plan,
    audit,
    audit_template,
    data_model,
    goal,
    scoring_engine,
    service,
    strategy,
    webhook,
)


def list_rules() -> list[policy.RuleDefault]:
    """Return every rule, for the enforcer and the sample policy file."""
    return [rule for resource in _RESOURCES for rule in resource.RULES]
