# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from watcher.common import exception
from watcher.decision_engine.goal import goals
from watcher.decision_engine.goal.efficacy import indicators
from watcher.decision_engine.solution import default, efficacy


class Strategy:
    name = "mine"


@pytest.fixture
def solution():
    return default.DefaultSolution(goal=goals.ServerConsolidation({}), strategy=Strategy())


def test_actions_keep_their_order_and_their_resource(solution):
    solution.add_action("nop", {"message": "x"})
    solution.add_action("migrate", {"migration_type": "live"}, "vm")
    solution.add_action(action_type="stop", resource_id="vm")
    assert solution.actions == [
        {"action_type": "nop", "input_parameters": {"message": "x"}},
        {
            "action_type": "migrate",
            "input_parameters": {"migration_type": "live", "resource_id": "vm"},
        },
        {"action_type": "stop", "input_parameters": {"resource_id": "vm"}},
    ]
    assert "migrate" in str(solution)


def test_a_repeated_action_is_dropped(solution):
    for message in ("x", "y", "x"):
        solution.add_action("nop", {"message": message})
    assert [one["input_parameters"]["message"] for one in solution.actions] == ["x", "y"]


def test_an_action_that_was_taken_out_can_come_back(solution):
    solution.add_action("nop", {"message": "x"})
    solution.actions.clear()
    solution.add_action("nop", {"message": "x"})
    assert len(solution.actions) == 1


def test_what_was_given_is_not_changed_and_not_kept(solution):
    given = {"message": "x"}
    solution.add_action("nop", given, "r")
    given["message"] = "y"
    assert given == {"message": "y"}
    assert solution.actions[0]["input_parameters"]["message"] == "x"


def test_resource_id_is_a_reserved_word(solution):
    with pytest.raises(exception.ReservedWord):
        solution.add_action("nop", {"resource_id": "x"})


def consolidated(solution, **values):
    solution.set_efficacy_indicators(
        **{
            "compute_nodes_count": 3,
            "released_compute_nodes_count": 2,
            "instance_migrations_count": 2,
            **values,
        }
    )
    solution.compute_global_efficacy()


def test_indicators_are_described_and_summed_up(solution):
    consolidated(solution)
    assert {one.name: one.value for one in solution.efficacy_indicators} == {
        "compute_nodes_count": 3,
        "released_compute_nodes_count": 2,
        "instance_migrations_count": 2,
    }
    assert all(one.description for one in solution.efficacy_indicators)
    assert [one.value for one in solution.global_efficacy] == [pytest.approx(66.667, abs=0.001)]


def test_no_hosts_give_no_ratio(solution):
    consolidated(solution, compute_nodes_count=0, released_compute_nodes_count=0)
    assert [one.value for one in solution.global_efficacy] == [0.0]


def test_a_strategy_that_reports_nothing_is_not_checked(solution):
    solution.compute_global_efficacy()
    assert solution.efficacy_indicators == []
    assert [one.value for one in solution.global_efficacy] == [0.0]


@pytest.mark.parametrize("value", [-1, "2", 1.5, None, True])
def test_a_value_that_breaks_its_schema_is_refused(solution, value):
    with pytest.raises(exception.InvalidIndicatorValue, match="released_compute_nodes_count"):
        consolidated(solution, released_compute_nodes_count=value)


def test_a_missing_required_indicator_is_refused(solution):
    solution.set_efficacy_indicators(compute_nodes_count=1)
    with pytest.raises(exception.InvalidIndicatorValue, match="released_compute_nodes_count"):
        solution.compute_global_efficacy()


def test_an_unknown_indicator_is_an_error_of_computation(solution):
    with pytest.raises(exception.GlobalEfficacyComputationError):
        consolidated(solution, surprise=1)


def test_a_division_by_nothing_is_an_error_of_computation():
    solution = default.DefaultSolution(goal=goals.WorkloadBalancing({}), strategy=Strategy())
    solution.set_efficacy_indicators(instance_migrations_count=1, instances_count=0)
    with pytest.raises(exception.GlobalEfficacyComputationError):
        solution.compute_global_efficacy()


@pytest.mark.parametrize("value", ["1", None, True])
def test_an_indicator_is_a_number(value):
    with pytest.raises(exception.InvalidIndicatorValue):
        efficacy.Indicator("a", "b", None, value)


def test_an_indicator_checks_the_value_of_a_solution():
    values = efficacy.IndicatorsMap(instances_count=-1, compute_nodes_count=3)
    indicators.ComputeNodesCount.validate(values)
    indicators.StandardDeviationValue.validate(values)
    with pytest.raises(exception.InvalidIndicatorValue):
        indicators.InstancesCount.validate(values)
    assert "compute_nodes_count" in str(indicators.ComputeNodesCount())
