# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from tests.unit.decision_engine.conftest import OwnStrategy, a_cluster
from watcher.common import exception
from watcher.common.utils import Struct
from watcher.decision_engine.loading import default as loading
from watcher.decision_engine.strategy import selection, step
from watcher.decision_engine.strategy.strategies import dummy_with_scorer
from watcher.domain.snapshot import Server


def test_a_plugin_gets_what_is_published():
    strategy = OwnStrategy(Struct(), osc="clients")
    strategy.input_parameters = {"a": 1}
    strategy.audit_scope = []
    assert (strategy.osc, strategy.input_parameters.a, strategy.audit_scope) == ("clients", 1, [])
    assert (strategy.name, strategy.display_name, strategy.goal.name) == (
        "dummy",
        "Dummy strategy",
        "dummy",
    )
    assert strategy.planner == "weight"
    assert strategy.get_period("instance") is None
    assert strategy.get_granularity("instance") is None
    assert strategy.get_aggregate("instance") is None


def test_the_model_is_fetched_at_the_first_use_and_once():
    strategy, reads = OwnStrategy(Struct()), []
    strategy.snapshot_source = lambda: reads.append(1) or a_cluster()
    assert strategy.snapshot is strategy.snapshot
    assert reads == [1]


def test_without_a_model_a_strategy_that_needs_one_fails():
    with pytest.raises(exception.ClusterStateNotDefined):
        loading.STRATEGIES.load("dummy", osc=None).execute()


def test_add_action_migrate_names_hosts_by_hostname():
    strategy, cluster = OwnStrategy(Struct()), a_cluster()
    strategy.add_action_migrate(
        cluster.server("s1"), "live", cluster.host("h1"), cluster.host("h2")
    )
    assert strategy.solution.actions == [
        {
            "action_type": "migrate",
            "input_parameters": {
                "migration_type": "live",
                "source_node": "cmp1",
                "destination_node": "cmp2",
                "resource_name": "vm1",
                "resource_id": "s1",
            },
        }
    ]


@pytest.mark.parametrize(
    ("metadata", "kept"),
    [({}, True), ({"optimize": "yes"}, True), ({"optimize": "no"}, False), ({"a": "b"}, False)],
)
def test_the_audit_tag_filters_instances_if_it_is_asked_for(metadata, kept):
    server = Server("s", metadata=metadata)
    asked = OwnStrategy(Struct(check_optimize_metadata=True))
    assert asked.filter_instances_by_audit_tag([server]) == ([server] if kept else [])
    assert OwnStrategy(Struct()).filter_instances_by_audit_tag([server]) == [server]


def test_the_first_strategy_of_a_goal_is_chosen_by_name():
    assert selection.first_for("dummy") == "dummy"
    assert selection.select("dummy", "dummy_with_resize", None).name == "dummy_with_resize"
    with pytest.raises(exception.NoAvailableStrategyForGoal):
        selection.first_for("airflow_optimization")
    with pytest.raises(exception.LoadingError):
        selection.select("dummy", "no_such_strategy", None)


def test_dummy_with_scorer_tells_what_the_engines_said():
    classifier = dummy_with_scorer.Scorer(lambda _: "[2, 0]", '{"workloads": ["a", "b", "c"]}')
    steps = dummy_with_scorer.plan(classifier, lambda text: f"[{len(text)}.5]", [1.0], [1, 2])
    assert [one.input_parameters.get("message") for one in steps] == [
        "Hello from Dummy Strategy with Scorer!",
        "Detected Workload: c",
        "AVG Scorer result: 6.5",
        None,
    ]
    assert steps[3] == step.Step("sleep", {"duration": 5.0})


def test_dummy_with_scorer_runs_with_the_real_engines():
    strategy = loading.STRATEGIES.load("dummy_with_scorer", osc=None)
    strategy.snapshot = a_cluster()
    assert [one["action_type"] for one in strategy.execute().actions] == [
        "nop",
        "nop",
        "nop",
        "sleep",
    ]
