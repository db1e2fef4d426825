# SPDX-License-Identifier: Apache-2.0
"""States and the users' transitions of audits against the published ones."""

from __future__ import annotations

import enum

import pytest

from tests.contract import spec
from watcher.domain import states

FACTS = spec.load("versioned-objects.json")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("audit_state", states.AuditState),
        ("audit_type", states.AuditType),
        ("action_plan_state", states.ActionPlanState),
        ("action_state", states.ActionState),
        ("service_status", states.ServiceStatus),
    ],
)
def test_the_states_are_the_published_ones(name: str, kind: type[enum.StrEnum]) -> None:
    assert {state.name: state.value for state in kind} == FACTS["enums"][name]


def test_users_may_change_audits_as_published() -> None:
    published = {
        (old, new) for old, targets in FACTS["transitions"]["audit"].items() for new in targets
    }
    assert published == states.AUDITS_BY_USER
