# SPDX-License-Identifier: Apache-2.0
"""The pure part of the planner ``weight``: from a list of actions to a chain of layers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from watcher.common import exception
from watcher.decision_engine.solution.base import ProposedAction
from watcher.domain.draft import PlannedAction

T = TypeVar("T")


def numbers(option: str, values: Mapping[str, str | int]) -> dict[str, int]:
    """Return the values of a dictionary option, which come from a file as texts, as numbers.

    :raises InvalidParameter: a value is not an integer.
    """
    result = {}
    for action_type, value in values.items():
        try:
            result[action_type] = int(value)
        except (TypeError, ValueError) as error:
            raise exception.InvalidParameter(
                parameter=f"{option}[{action_type}]={value!r}", parameter_type="integer"
            ) from error
    return result


def arrange(
    actions: Iterable[ProposedAction],
    weights: Mapping[str, int],
    parallelization: Mapping[str, int],
) -> list[PlannedAction]:
    """Order *actions* by the weight of their type and chain them in layers.

    Types run in descending order of weight (types of equal weight in order of first
    appearance); the actions of a type keep their order and are cut into layers of the type's
    parallel number. Every action waits for all actions of the layer before its own.
    Cost: O(n log n) plus the number of edges.

    :param parallelization: at most so many at once, by type; below 1 counts as 1.
    :raises UnsupportedActionType: a type has no weight or no parallel number.
    """
    planned: list[PlannedAction] = []
    parents: tuple[int, ...] = ()
    for layer in _layers(actions, weights, parallelization):
        first = len(planned)
        for action in layer:
            planned.append(  # noqa: PERF401 - the layers depend on the length so far
                PlannedAction(action["action_type"], action["input_parameters"], parents)
            )
        parents = tuple(range(first, len(planned)))
    return planned


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Cut *items* into consecutive pieces of *size* (below 1 counts as 1)."""
    step = max(1, size)
    for start in range(0, len(items), step):
        yield items[start : start + step]


def _layers(
    actions: Iterable[ProposedAction],
    weights: Mapping[str, int],
    parallelization: Mapping[str, int],
) -> Iterator[Sequence[ProposedAction]]:
    by_type: dict[str, list[ProposedAction]] = {}
    for action in actions:
        by_type.setdefault(action["action_type"], []).append(action)
    for action_type in by_type:
        if action_type not in weights or action_type not in parallelization:
            raise exception.UnsupportedActionType(action_type=action_type)
    for action_type in sorted(by_type, key=lambda name: -weights[name]):
        yield from chunks(by_type[action_type], parallelization[action_type])
