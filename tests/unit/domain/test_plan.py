# SPDX-License-Identifier: Apache-2.0
"""The rules of an action plan's graph, without threads."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.domain import plan
from watcher.domain.plan import Rule, Verdict, Vertex, next_step
from watcher.domain.states import ActionPlanState, ActionState

PENDING, ONGOING, SUCCEEDED = ActionState.PENDING, ActionState.ONGOING, ActionState.SUCCEEDED
FAILED, SKIPPED, CANCELLED = ActionState.FAILED, ActionState.SKIPPED, ActionState.CANCELLED


def a_chain(*uuids: str, rule: Rule = Rule.ALWAYS) -> plan.Graph:
    vertices = [
        Vertex(uuid, (uuids[index - 1],) if index else ()) for index, uuid in enumerate(uuids)
    ]
    return plan.build(vertices, rule)


def test_steps_are_ordered_parents_first_however_they_come() -> None:
    graph = plan.build([Vertex("c", ("b", "a")), Vertex("b", ("a",)), Vertex("a")])
    assert list(graph.vertices) == ["a", "b", "c"]


def test_a_parent_outside_the_plan_is_refused_by_name() -> None:
    with pytest.raises(
        plan.InvalidGraph, match="action a waits for ghost, which is not in its plan"
    ):
        plan.build([Vertex("a", ("ghost",))])


def test_a_cycle_is_refused_with_its_members() -> None:
    with pytest.raises(plan.InvalidGraph, match=r"a.*b"):
        plan.build([Vertex("a", ("b",)), Vertex("b", ("a",))])


def test_an_empty_plan_is_a_graph() -> None:
    assert not plan.build([]).vertices


@pytest.mark.parametrize("parent", [SUCCEEDED, FAILED, SKIPPED, CANCELLED])
def test_a_child_runs_whatever_became_of_its_parent(parent: ActionState) -> None:
    assert next_step(a_chain("a", "b"), {"a": parent}, "b") is Verdict.RUN


@pytest.mark.parametrize("state", [SUCCEEDED, FAILED, SKIPPED, CANCELLED])
@pytest.mark.parametrize("cancelled", [False, True])
def test_a_finished_step_is_kept(state: ActionState, cancelled: bool) -> None:
    assert next_step(a_chain("a"), {"a": state}, "a", cancelled=cancelled) is Verdict.KEEP


@pytest.mark.parametrize("state", [ONGOING, ActionState.CANCELLING])
@pytest.mark.parametrize("cancelled", [False, True])
def test_a_step_left_in_the_middle_is_settled(state: ActionState, cancelled: bool) -> None:
    assert next_step(a_chain("a"), {"a": state}, "a", cancelled=cancelled) is Verdict.SETTLE


def test_a_waiting_step_of_a_cancelled_plan_is_cancelled() -> None:
    assert next_step(a_chain("a"), {}, "a", cancelled=True) is Verdict.CANCEL


def test_any_ignores_the_descendants_of_a_success() -> None:
    graph = a_chain("a", "b", "c", rule=Rule.ANY)
    results = {"a": SUCCEEDED}
    assert [next_step(graph, results, uuid) for uuid in "bc"] == [Verdict.IGNORE] * 2


@pytest.mark.parametrize("parent", [FAILED, SKIPPED, CANCELLED])
def test_any_counts_only_a_parent_that_succeeded(parent: ActionState) -> None:
    assert next_step(a_chain("a", "b", rule=Rule.ANY), {"a": parent}, "b") is Verdict.RUN


def test_any_looks_at_the_first_listed_parent() -> None:
    graph = plan.build([Vertex("a"), Vertex("b"), Vertex("c", ("b", "a"))], Rule.ANY)
    assert next_step(graph, {"a": SUCCEEDED, "b": FAILED}, "c") is Verdict.RUN


def test_any_ignores_a_step_with_an_ignored_parent_among_others() -> None:
    graph = plan.build(
        [Vertex("a"), Vertex("b", ("a",)), Vertex("x"), Vertex("c", ("x", "b"))], Rule.ANY
    )
    assert next_step(graph, {"a": SUCCEEDED, "x": FAILED}, "c") is Verdict.IGNORE


def test_any_decides_the_same_after_the_ignored_were_marked_skipped() -> None:
    graph = a_chain("a", "b", "c", rule=Rule.ANY)
    assert next_step(graph, {"a": SUCCEEDED, "b": SKIPPED}, "c") is Verdict.IGNORE


@pytest.mark.parametrize(
    ("states", "state", "message"),
    [
        ([], ActionPlanState.SUCCEEDED, None),
        ([SUCCEEDED], ActionPlanState.SUCCEEDED, None),
        ([SUCCEEDED, FAILED], ActionPlanState.FAILED, None),
        ([SKIPPED], ActionPlanState.SUCCEEDED, plan.SKIPPED_MESSAGE),
        ([SKIPPED, FAILED], ActionPlanState.FAILED, plan.SKIPPED_MESSAGE),
        ([SUCCEEDED, PENDING], ActionPlanState.FAILED, None),
        ([SUCCEEDED, ONGOING], ActionPlanState.FAILED, None),
    ],
    ids=["empty", "good", "failed", "skipped", "both", "forgotten", "unknown"],
)
def test_outcome(states: list[ActionState], state: ActionPlanState, message: str | None) -> None:
    assert plan.outcome(states) == (state, message)


@st.composite
def graphs(draw: st.DrawFn) -> plan.Graph:
    size = draw(st.integers(1, 8))
    vertices = [
        Vertex(str(index), tuple(draw(st.sets(st.sampled_from([str(n) for n in range(index)])))))
        if index
        else Vertex("0")
        for index in range(size)
    ]
    return plan.build(draw(st.permutations(vertices)), draw(st.sampled_from(Rule)))


def play(graph: plan.Graph, endings: Mapping[str, ActionState]) -> dict[str, ActionState]:
    results: dict[str, ActionState] = {}
    for uuid in graph.vertices:
        verdict = next_step(graph, results, uuid)
        results[uuid] = SKIPPED if verdict is Verdict.IGNORE else endings[uuid]
    return results


@given(graphs(), st.lists(st.sampled_from([SUCCEEDED, FAILED, SKIPPED]), min_size=8, max_size=8))
def test_a_plan_that_is_played_again_after_a_crash_changes_nothing(
    graph: plan.Graph, endings: list[ActionState]
) -> None:
    results = play(graph, dict(zip(map(str, range(8)), endings, strict=True)))
    verdicts = {next_step(graph, results, uuid) for uuid in graph.vertices}
    assert verdicts == {Verdict.KEEP}
