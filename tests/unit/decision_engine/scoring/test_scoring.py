# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json

import pytest

from watcher.decision_engine.scoring import scoring_factory

MIB = 1024 * 1024


def features(**values: float) -> str:
    return json.dumps([values.get(f"f{number}", 0) for number in range(9)])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, [0, 100.0, 0.0, 0.0, 0.0]),
        ({"f0": 80}, [1, 0.0, 100.0, 0.0, 0.0]),
        ({"f0": 79, "f3": 1000, "f4": 1000}, [2, 0.0, 0.0, 100.0, 0.0]),
        ({"f5": 50 * MIB, "f6": 50 * MIB}, [3, 0.0, 0.0, 0.0, 100.0]),
        ({"f5": 50 * MIB, "f6": 50 * MIB - 1}, [0, 100.0, 0.0, 0.0, 0.0]),
        ({"f0": 40}, [0, 100.0, 50.0, 0.0, 0.0]),
        ({"f0": 40, "f3": 500}, [0, 100.0, 50.0, 50.0, 0.0]),
        ({"f4": 999}, [0, 100.0, 0.0, 50.0, 0.0]),
    ],
)
def test_dummy_scorer_tells_workloads_apart(given, expected):
    scorer = scoring_factory.get_scoring_engine("dummy_scorer")
    assert json.loads(scorer.calculate_score(features(**given))) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("dummy_min_scorer", 1), ("dummy_max_scorer", 6), ("dummy_avg_scorer", 3.0)],
)
def test_the_functions_of_the_container(name, expected):
    scorer = scoring_factory.get_scoring_engine(name)
    assert json.loads(scorer.calculate_score("[1, 2, 6]")) == [expected]
    assert scorer.get_metainfo() == ""
    assert "Dummy Scorer calculating the" in scorer.get_description()


@pytest.mark.parametrize("text", ["", "{}", "3", "[]", '["a"]', "[true]", "[1, 2]"])
def test_bad_features_are_a_value_error(text):
    with pytest.raises(ValueError, match=r".+"):
        scoring_factory.get_scoring_engine("dummy_scorer").calculate_score(text)


@pytest.mark.parametrize("text", ["", "{}", "[]", "[null]"])
def test_bad_lists_are_a_value_error(text):
    with pytest.raises(ValueError, match=r".+"):
        scoring_factory.get_scoring_engine("dummy_avg_scorer").calculate_score(text)


def test_an_unknown_engine_is_named():
    with pytest.raises(KeyError, match="no_such_engine"):
        scoring_factory.get_scoring_engine("no_such_engine")
