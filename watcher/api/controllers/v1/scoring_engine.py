# SPDX-License-Identifier: Apache-2.0
"""Scoring engines: functions that strategies may ask. Read-only."""

from __future__ import annotations

from watcher.api.controller import Hooks, controller
from watcher.api.kinds import Text, Uuid
from watcher.api.resource import FULL, Field, Resource
from watcher.db import models

SCORING_ENGINE = Resource(
    name="scoring_engine",
    plural="scoring_engines",
    model=models.ScoringEngine,
    doc="A function from features to a score.",
    named=True,
    marker=Text.wsme,
    fields={
        "uuid": Field(Uuid, "The uuid of the scoring engine."),
        "name": Field(Text, "Its name.", example="dummy_scorer"),
        "description": Field(Text, "What it computes."),
        "metainfo": Field(Text, "What its input and output mean, as text.", show=FULL),
    },
)


class ScoringEngines(Hooks):
    """The published order differs here: the policy is checked before existence."""

    policy_first = True


ScoringEngineController = controller(SCORING_ENGINE, ScoringEngines)
ScoringEngine, ScoringEngineCollection = SCORING_ENGINE.view, SCORING_ENGINE.collection
