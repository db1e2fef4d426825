# SPDX-License-Identifier: Apache-2.0
"""A sample container of scoring engines: minimum, maximum and average of a list."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Sequence

from watcher.common.utils import Struct
from watcher.decision_engine.scoring import base, features


class SimpleFunctionScorer(base.ScoringEngine):
    """A scoring engine made of a name, a description and a function.

    :param function: from a list of numbers, never empty, to the score.
    """

    def __init__(
        self, name: str, description: str, function: Callable[[Sequence[float]], float]
    ) -> None:
        super().__init__(Struct())
        self._name = name
        self._description = description
        self._function = function

    def get_name(self) -> str:
        return self._name

    def get_description(self) -> str:
        return self._description

    def get_metainfo(self) -> str:
        return ""

    def calculate_score(self, features_text: str) -> str:
        """Return a list of one number."""
        return json.dumps([self._function(features.read_numbers(features_text))])


class DummyScoringContainer(base.ScoringEngineContainer):
    """Offers three scoring engines."""

    @classmethod
    def get_scoring_engine_list(cls) -> Sequence[base.ScoringEngine]:
        what = "Dummy Scorer calculating the {} value"
        return [
            SimpleFunctionScorer("dummy_min_scorer", what.format("minimum"), min),
            SimpleFunctionScorer("dummy_max_scorer", what.format("maximum"), max),
            SimpleFunctionScorer("dummy_avg_scorer", what.format("average"), statistics.fmean),
        ]
