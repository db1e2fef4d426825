# SPDX-License-Identifier: Apache-2.0
"""The transition tables: what is listed, what is not, and that no state is left alone."""

from __future__ import annotations

import enum
from collections.abc import Collection

import pytest

from watcher.domain import states
from watcher.domain.states import ActionPlanState, ActionState, AuditState

TABLES: dict[str, tuple[type[enum.StrEnum], Collection[tuple[str, str]]]] = {
    "AUDITS_BY_USER": (AuditState, states.AUDITS_BY_USER),
    "AUDITS_BY_ENGINE": (AuditState, states.AUDITS_BY_ENGINE),
    "PLANS_BY_USER": (ActionPlanState, states.PLANS_BY_USER),
    "PLANS_BY_ENGINE": (ActionPlanState, states.PLANS_BY_ENGINE),
    "ACTIONS_BY_USER": (ActionState, states.ACTIONS_BY_USER),
    "ACTIONS_BY_APPLIER": (ActionState, states.ACTIONS_BY_APPLIER),
}
each_table = pytest.mark.parametrize(("kind", "table"), TABLES.values(), ids=TABLES)


@each_table
def test_a_table_speaks_of_its_own_states_and_moves_them(
    kind: type[enum.StrEnum], table: Collection[tuple[str, str]]
) -> None:
    for old, new in table:
        assert {type(old), type(new)} == {kind}
        assert old != new


@each_table
def test_nothing_leaves_deleted(
    kind: type[enum.StrEnum], table: Collection[tuple[str, str]]
) -> None:
    assert all(old != kind("DELETED") for old, _ in table)


@pytest.mark.parametrize(
    ("kind", "tables", "first"),
    [
        (AuditState, ("AUDITS_BY_USER", "AUDITS_BY_ENGINE"), {"PENDING"}),
        (ActionPlanState, ("PLANS_BY_USER", "PLANS_BY_ENGINE"), {"RECOMMENDED"}),
        (ActionState, ("ACTIONS_BY_USER", "ACTIONS_BY_APPLIER"), {"PENDING"}),
    ],
    ids=["audits", "plans", "actions"],
)
def test_every_state_can_be_reached_from_the_first_and_leads_to_deleted(
    kind: type[enum.StrEnum], tables: tuple[str, ...], first: set[str]
) -> None:
    pairs = {pair for name in tables for pair in TABLES[name][1]}
    assert _closure(first, pairs) == set(kind)
    backwards = {(new, old) for old, new in pairs}
    assert _closure({"DELETED"}, backwards) == set(kind)


def _closure(found: set[str], pairs: Collection[tuple[str, str]]) -> set[str]:
    while True:
        more = found | {new for old, new in pairs if old in found}
        if more == found:
            return found
        found = more


def test_an_unlisted_change_is_refused_with_both_names() -> None:
    with pytest.raises(states.TransitionNotAllowed, match="PENDING -> SUCCEEDED") as raised:
        states.check(states.AUDITS_BY_USER, "PENDING", "SUCCEEDED")
    assert (raised.value.old, raised.value.new) == ("PENDING", "SUCCEEDED")


def test_a_listed_change_passes() -> None:
    states.check(states.AUDITS_BY_USER, "PENDING", "CANCELLED")
