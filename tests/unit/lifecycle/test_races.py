# SPDX-License-Identifier: Apache-2.0
"""Several threads want the same row: one wins, and nobody's accepted wish is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.unit.lifecycle.conftest import ME, PEER, Store
from watcher.common import exception
from watcher.domain.draft import Draft
from watcher.domain.states import ActionPlanState
from watcher.lifecycle import OwnershipLost, action_plans, actions, audits

ROUNDS = range(5)


def _race(*calls: Callable[[], Any]) -> Sequence[Any]:
    """Make all calls at the same moment; return results, or the errors that losers get."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        barrier.wait(10)
        try:
            return call()
        except (exception.Conflict, exception.PatchError, exception.StartError) as error:
            return error
        except OwnershipLost as error:
            return error

    with ThreadPoolExecutor(len(calls), thread_name_prefix="race") as pool:
        return list(pool.map(run, calls))


def _won(results: Sequence[Any]) -> list[bool]:
    return [not isinstance(result, Exception) and result not in (None, False) for result in results]


@pytest.mark.parametrize("_round", ROUNDS)
def test_an_audit_is_claimed_or_cancelled_by_one(store: Store, _round: int) -> None:
    audit = store.audit()
    results = _race(
        lambda: audits.claim(store.context, audit.uuid, ME),
        lambda: audits.claim(store.context, audit.uuid, PEER),
        lambda: audits.claim(store.context, audit.uuid, "host-c"),
        lambda: audits.update(store.context, audit, {"state": "CANCELLED"}),
    )
    assert sum(_won(results)) == 1
    expected = "CANCELLED" if _won(results)[3] else "ONGOING"
    assert store.read_audit(audit.uuid).state == expected


@pytest.mark.parametrize("_round", ROUNDS)
def test_a_plan_is_claimed_or_cancelled_by_one(store: Store, _round: int) -> None:
    plan = store.plan(state="PENDING")
    results = _race(
        lambda: action_plans.claim(store.context, plan.uuid, ME),
        lambda: action_plans.claim(store.context, plan.uuid, PEER),
        lambda: store.cancel(plan),
    )
    assert sum(_won(results)) == 1
    cancelled = _won(results)[2]
    assert {state for state, _ in store.actions(plan)} == {"CANCELLED" if cancelled else "PENDING"}


@pytest.mark.parametrize("_round", ROUNDS)
def test_a_cancel_that_was_accepted_is_never_lost(store: Store, _round: int) -> None:
    plan = store.running()
    finished, cancelled = _race(
        lambda: action_plans.finish(store.context, plan, ActionPlanState.SUCCEEDED),
        lambda: store.cancel(plan),
    )
    assert _won([finished]) == [True]
    expected = "CANCELLED" if _won([cancelled])[0] else "SUCCEEDED"
    assert store.read_plan(plan.uuid).state == finished.state == expected


@pytest.mark.parametrize("_round", ROUNDS)
def test_an_action_is_skipped_or_its_plan_is_taken_with_it_to_do(store: Store, _round: int) -> None:
    plan = store.plan(1, state="PENDING")
    action = actions.of_plan(store.context, plan)[0]
    claimed, skipped = _race(
        lambda: action_plans.claim(store.context, plan.uuid, ME),
        lambda: actions.update_by_user(store.context, action, {"state": "SKIPPED"}),
    )
    assert _won([claimed]) == [True]
    mine = actions.of_plan(store.context, claimed)[0]
    assert mine.state == ("SKIPPED" if _won([skipped])[0] else "PENDING")


@pytest.mark.parametrize("_round", ROUNDS)
def test_an_audit_that_is_taken_over_gets_one_plan_at_most(store: Store, _round: int) -> None:
    audit = store.claimed()

    def plan(owner: Any) -> Any:
        return action_plans.create(store.context, owner.id, owner.hostname, Draft("dummy"))

    made, taken = _race(lambda: plan(audit), lambda: audits.take_over(store.context, audit, PEER))
    current = store.read_audit(audit.uuid)
    if _won([taken])[0]:
        assert isinstance(made, OwnershipLost)
        assert action_plans.of_run(store.context, current) is None
    else:
        found = action_plans.of_run(store.context, current)
        assert found is not None
        assert found.uuid == made.uuid


@pytest.mark.parametrize("_round", ROUNDS)
def test_no_action_is_written_once_its_plan_has_another_owner(store: Store, _round: int) -> None:
    plan = store.running(1)
    action = actions.of_plan(store.context, plan)[0]
    started, taken = _race(
        lambda: actions.started(store.context, action),
        lambda: action_plans.take_over(store.context, plan, ME, PEER),
    )
    assert _won([taken]) == [True]
    found = actions.of_plan(store.context, taken)[0]
    assert found.state == ("ONGOING" if _won([started])[0] else "PENDING")
