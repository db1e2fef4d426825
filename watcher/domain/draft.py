# SPDX-License-Identifier: Apache-2.0
"""An action plan before it is stored: what a planner makes from a solution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlannedAction:
    """One action and the positions (in the same plan) of those that must finish before it."""

    action_type: str
    input_parameters: Mapping[str, object]
    parents: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A whole plan, to be stored as a whole or not at all.

    :param strategy: name of the strategy that found the actions.
    :param actions: in plan order; a plan without any has SUCCEEDED from the start.
    :param indicators: ``{"name", "description", "unit", "value"}`` each, as are those of
        ``global_efficacy``.
    """

    strategy: str
    actions: Sequence[PlannedAction] = ()
    indicators: Sequence[Mapping[str, object]] = ()
    global_efficacy: Sequence[Mapping[str, object]] = ()
