# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.common import exception
from watcher.common.utils import Struct
from watcher.decision_engine.planner import layers
from watcher.decision_engine.planner.weight import WeightPlanner

WEIGHTS = WeightPlanner.action_weights
PARALLEL = WeightPlanner.parallelization


def actions(*types: str) -> list[dict]:
    return [
        {"action_type": one, "input_parameters": {"n": number}} for number, one in enumerate(types)
    ]


def told(planned) -> list[tuple[str, int, tuple[int, ...]]]:
    return [(one.action_type, one.input_parameters["n"], one.parents) for one in planned]


def test_types_run_by_weight_and_layers_wait_for_the_layer_before():
    planned = layers.arrange(
        actions("migrate", "nop", "migrate", "migrate", "change_nova_service_state"),
        WEIGHTS,
        PARALLEL,
    )
    assert told(planned) == [
        ("nop", 1, ()),
        ("change_nova_service_state", 4, (0,)),
        ("migrate", 0, (1,)),
        ("migrate", 2, (1,)),
        ("migrate", 3, (2, 3)),
    ]


def test_types_of_equal_weight_keep_their_own_parallel_number():
    planned = layers.arrange(actions("b", "a", "b", "a"), {"a": 1, "b": 1}, {"a": 2, "b": 1})
    assert told(planned) == [("b", 0, ()), ("b", 2, (0,)), ("a", 1, (1,)), ("a", 3, (1,))]


@pytest.mark.parametrize("size", [0, -1, 1])
def test_a_parallel_number_below_one_counts_as_one(size):
    planned = layers.arrange(actions("a", "a"), {"a": 1}, {"a": size})
    assert [one.parents for one in planned] == [(), (0,)]


@pytest.mark.parametrize(("weights", "parallel"), [({}, {"a": 1}), ({"a": 1}, {})])
def test_a_type_without_weight_or_parallel_number_is_refused(weights, parallel):
    with pytest.raises(exception.UnsupportedActionType):
        layers.arrange(actions("a"), weights, parallel)


def test_nothing_gives_nothing():
    assert layers.arrange([], WEIGHTS, PARALLEL) == []


def test_weights_from_a_file_are_numbers():
    weights = {**WEIGHTS, "nop": "9", "sleep": "70"}
    planner = WeightPlanner(Struct(weights=weights, parallelization=PARALLEL))
    assert [one.action_type for one in planner.arrange(actions("nop", "sleep"))] == [
        "sleep",
        "nop",
    ]


def test_a_weight_that_is_no_number_is_named():
    planner = WeightPlanner(Struct(weights={"nop": "many"}, parallelization=PARALLEL))
    with pytest.raises(exception.InvalidParameter, match=r"weights\[nop\]"):
        planner.arrange(actions("nop"))


def test_chunkify_cuts_a_list():
    assert WeightPlanner.chunkify([1, 2, 3], 2) == [[1, 2], [3]]
    assert WeightPlanner.chunkify([1, 2], 0) == [[1], [2]]


@given(st.lists(st.sampled_from(sorted(WEIGHTS))))
def test_nothing_is_lost_and_nobody_waits_for_a_later_one(types):
    planned = layers.arrange(actions(*types), WEIGHTS, PARALLEL)
    assert sorted(one.input_parameters["n"] for one in planned) == list(range(len(types)))
    for position, one in enumerate(planned):
        assert all(parent < position for parent in one.parents)
