# SPDX-License-Identifier: Apache-2.0
"""The graph of an action plan: what may run next, and how the plan ended.

Pure rules over states. The workflow engine brings threads and order, ``watcher.lifecycle``
writes the states; neither decides anything about the graph.
"""

from __future__ import annotations

import enum
import graphlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from watcher.domain.states import ActionPlanState, ActionState

__all__ = [
    "FINISHED",
    "Graph",
    "InvalidGraph",
    "Rule",
    "Verdict",
    "Vertex",
    "build",
    "next_step",
    "outcome",
]

#: States in which an action has nothing left to do.
FINISHED: Final = frozenset(
    {ActionState.SUCCEEDED, ActionState.FAILED, ActionState.SKIPPED, ActionState.CANCELLED}
)

SKIPPED_MESSAGE: Final = "One or more actions were skipped."


class Rule(enum.StrEnum):
    """Which actions of a plan run: all of them, or alternatives of which one is enough."""

    ALWAYS = "ALWAYS"
    ANY = "ANY"


class Verdict(enum.StrEnum):
    """What to do with a vertex whose parents are done."""

    RUN = "RUN"  # from the start
    SETTLE = "SETTLE"  # a dead process began it: find out what became of it
    KEEP = "KEEP"  # it is finished
    IGNORE = "IGNORE"  # the rule made it unnecessary
    CANCEL = "CANCEL"  # the plan is being cancelled


class InvalidGraph(ValueError):
    """A parent that is not in the plan, or a cycle."""


@dataclass(frozen=True, slots=True)
class Vertex:
    """An action as the graph sees it: its id and the ids of the actions it waits for."""

    uuid: str
    parents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Graph:
    """The vertices of a plan, parents before children; made by :func:`build`."""

    vertices: Mapping[str, Vertex]
    rule: Rule


def build(vertices: Iterable[Vertex], rule: Rule = Rule.ALWAYS) -> Graph:
    """Order the vertices, parents first.

    :raises InvalidGraph: naming the unknown parent or the members of the cycle.
    """
    by_uuid = {vertex.uuid: vertex for vertex in vertices}
    for vertex in by_uuid.values():
        for parent in vertex.parents:
            if parent not in by_uuid:
                raise InvalidGraph(
                    f"action {vertex.uuid} waits for {parent}, which is not in its plan"
                )
    sorter = graphlib.TopologicalSorter({uuid: vertex.parents for uuid, vertex in by_uuid.items()})
    try:
        order = tuple(sorter.static_order())
    except graphlib.CycleError as error:
        members = ", ".join(error.args[1])
        raise InvalidGraph(f"actions wait for each other in a circle: {members}") from error
    return Graph({uuid: by_uuid[uuid] for uuid in order}, rule)


def next_step(
    graph: Graph, results: Mapping[str, ActionState], uuid: str, *, cancelled: bool = False
) -> Verdict:
    """Decide about one vertex whose parents are done.

    A failed or skipped parent does not hold back its children (published behaviour: strategies
    use parents for order only). A vertex that a dead process left ONGOING is settled even in a
    cancelled plan, because something may be under way in the cloud.

    :param results: the current states; a missing one counts as PENDING.
    """
    state = results.get(uuid, ActionState.PENDING)
    if state in FINISHED:
        return Verdict.KEEP
    if state is not ActionState.PENDING:
        return Verdict.SETTLE
    if cancelled:
        return Verdict.CANCEL
    if graph.rule is Rule.ANY and uuid in _ignored(graph, results):
        return Verdict.IGNORE
    return Verdict.RUN


def outcome(states: Iterable[ActionState]) -> tuple[ActionPlanState, str | None]:
    """Return how a plan whose run is over ended, and its status message.

    An action that has no final state after the run is a failure, not an oversight.

    >>> outcome([ActionState.SUCCEEDED, ActionState.SKIPPED])
    (<ActionPlanState.SUCCEEDED: 'SUCCEEDED'>, 'One or more actions were skipped.')
    """
    present = set(states)
    good = present <= {ActionState.SUCCEEDED, ActionState.SKIPPED}
    message = SKIPPED_MESSAGE if ActionState.SKIPPED in present else None
    return ActionPlanState.SUCCEEDED if good else ActionPlanState.FAILED, message


def _ignored(graph: Graph, results: Mapping[str, ActionState]) -> frozenset[str]:
    """Return the vertices that rule ANY makes unnecessary: O(vertices + edges).

    A vertex is unnecessary once its first parent has SUCCEEDED; so are all its descendants. Only
    success counts: a parent that failed or was skipped leaves its alternative to be tried.
    """
    ignored: set[str] = set()
    for uuid, vertex in graph.vertices.items():
        if not vertex.parents:
            continue
        first_succeeded = results.get(vertex.parents[0]) is ActionState.SUCCEEDED
        if first_succeeded or not ignored.isdisjoint(vertex.parents):
            ignored.add(uuid)
    return frozenset(ignored)
