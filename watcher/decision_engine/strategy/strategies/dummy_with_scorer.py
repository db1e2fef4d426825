# SPDX-License-Identifier: Apache-2.0
"""The strategy ``dummy_with_scorer``: asks two scoring engines and reports what they say."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from oslo_utils import units

from watcher._i18n import _
from watcher.decision_engine.scoring import scoring_factory
from watcher.decision_engine.strategy import step
from watcher.decision_engine.strategy.strategies import base
from watcher.domain import parameters
from watcher.objects.audit import Audit

Score = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a user may set; the strategy uses neither."""

    param1: float = parameters.parameter(
        "number", "A number.", default=3.2, minimum=1.0, maximum=10.2
    )
    param2: str = parameters.parameter("string", "A text.", default="hello")


@dataclass(frozen=True, slots=True)
class Scorer:
    """A scoring engine: its function and what it says about itself."""

    score: Score
    metainfo: str


def plan(
    classifier: Scorer, average: Score, telemetry: Sequence[float], numbers: Sequence[int]
) -> list[step.Step]:
    """Return messages with the scores of *telemetry* and *numbers*, and a pause."""
    workloads = json.loads(classifier.metainfo)["workloads"]
    workload = workloads[int(json.loads(classifier.score(json.dumps(list(telemetry))))[0])]
    mean = json.loads(average(json.dumps(list(numbers))))[0]
    return [
        step.Step("nop", {"message": "Hello from Dummy Strategy with Scorer!"}),
        step.Step("nop", {"message": f"Detected Workload: {workload}"}),
        step.Step("nop", {"message": f"AVG Scorer result: {mean}"}),
        step.Step("sleep", {"duration": 5.0}),
    ]


def some_telemetry(source: random.Random) -> list[float]:
    """Return invented figures for the nine features of ``dummy_scorer``."""
    total_bytes = source.randint(1, 64) * units.Gi
    return [
        source.randint(0, 100),
        total_bytes,
        source.randint(0, total_bytes),
        source.randint(0, 2000),
        source.randint(0, 2000),
        source.randint(0, 100 * units.Mi),
        source.randint(0, 100 * units.Mi),
        source.randint(0, 100 * units.Mi),
        source.randint(0, 100 * units.Mi),
    ]


class DummyWithScorer(base.DummyBaseStrategy):
    """Plans messages with the results of two sample scoring engines on invented figures."""

    DEFAULT_NAME = "dummy_with_scorer"
    DEFAULT_DESCRIPTION = "Dummy Strategy with Scorer"
    NOP = "nop"
    SLEEP = "sleep"

    def pre_execute(self) -> None:
        self._pre_execute()

    def do_execute(self, audit: Audit | None = None) -> None:  # noqa: ARG002 - published signature
        classifier = scoring_factory.get_scoring_engine("dummy_scorer")
        average = scoring_factory.get_scoring_engine("dummy_avg_scorer")
        invent = random.Random()  # noqa: S311 - figures for a demonstration
        self.propose(
            plan(
                Scorer(classifier.calculate_score, classifier.get_metainfo()),
                average.calculate_score,
                some_telemetry(invent),
                invent.sample(range(1000), 20),
            )
        )

    def post_execute(self) -> None:
        """Do nothing: there is no indicator to report."""

    @classmethod
    def get_name(cls) -> str:
        return cls.DEFAULT_NAME

    @classmethod
    def get_display_name(cls) -> str:
        return _("Dummy Strategy using sample Scoring Engines")

    @classmethod
    def get_translatable_display_name(cls) -> str:
        return "Dummy Strategy using sample Scoring Engines"

    @classmethod
    def get_schema(cls) -> dict[str, Any]:
        return parameters.schema_of(Parameters)
