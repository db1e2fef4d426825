# SPDX-License-Identifier: Apache-2.0
"""How things happen in Nova, as data: each process is a list of dated changes.

States and their order were observed on a real Nova 2.104 whose hypervisors were fake.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any


class Frees(enum.Enum):
    """Whose room is released when a stage is taken."""

    NONE = "none"
    SOURCE = "source"
    DEST = "dest"


@dataclasses.dataclass(frozen=True, slots=True)
class Stage:
    """A change to a server and its migration, this many migration times after the start."""

    at: float
    server: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    migration: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    frees: Frees = Frees.NONE
    deletes: bool = False


Process = tuple[Stage, ...]
AT_REST: Mapping[str, Any] = {"task_state": None}
BROKEN = "the simulator was told to break this migration"


def live_migration(dest: str, *, breaks: bool, reason: str = BROKEN) -> Process:
    """Return a live migration; a broken one leaves the server running where it is."""
    begin = (
        Stage(0.0, {"task_state": "migrating"}, {"status": "preparing"}),
        Stage(0.1, {}, {"status": "running"}),
    )
    if breaks:
        failed = {"status": "failed", "reason": f"Live Migration failure: {reason}"}
        return (*begin, Stage(0.5, AT_REST, failed, Frees.DEST))
    return (
        *begin,
        Stage(0.9, {}, {"status": "post-migrating"}),
        Stage(1.0, {**AT_REST, "host": dest}, {"status": "completed"}, Frees.SOURCE),
    )


def resize(dest: str, flavor: Any, *, breaks: bool, reason: str = BROKEN) -> Process:
    """Return a cold migration or resize; a broken one leaves the server in error."""
    begin = (
        Stage(0.0, {"task_state": "resize_prep"}, {"status": "pre-migrating"}),
        Stage(0.3, {"task_state": "resize_migrating"}, {"status": "migrating"}),
    )
    if breaks:
        fault = f"Resize error: {reason}"
        change = {**AT_REST, "vm_state": "error", "fault": fault}
        return (*begin, Stage(0.5, change, {"status": "error", "reason": fault}, Frees.DEST))
    arrived = {"task_state": "resize_migrated", "host": dest, "flavor": flavor}
    return (
        *begin,
        Stage(0.7, arrived, {"status": "post-migrating"}),
        Stage(0.9, {"task_state": "resize_finish"}, {}),
        Stage(1.0, {**AT_REST, "vm_state": "resized"}, {"status": "finished"}),
    )


def confirm(vm_state: str) -> Process:
    """Return the confirmation of a resize, back to the state before it."""
    return (
        Stage(0.0, {}, {"status": "confirming"}),
        Stage(0.1, {**AT_REST, "vm_state": vm_state}, {"status": "confirmed"}, Frees.SOURCE),
    )


def revert(vm_state: str, source: str, flavor: Any) -> Process:
    """Return the reversal of a resize."""
    back = {"host": source, "flavor": flavor}
    return (
        Stage(0.0, {"task_state": "resize_reverting"}, {"status": "reverting"}),
        Stage(0.3, back, {"status": "reverted"}, Frees.DEST),
        Stage(0.5, {**AT_REST, "vm_state": vm_state}, {}),
    )


def unplaced(task_state: str, reason: str) -> Process:
    """Return a move for which the scheduler finds no host after the request was accepted."""
    return (
        Stage(0.0, {"task_state": task_state}, {"status": "accepted"}),
        Stage(0.1, AT_REST, {"status": "error", "reason": reason}),
    )


def build(host: str | None, fault: str | None) -> Process:
    """Return the building of a server, or its failure when there is no host."""
    if host is None:
        return (
            Stage(0.0, {"task_state": "scheduling"}),
            Stage(0.1, {**AT_REST, "vm_state": "error", "fault": fault}),
        )
    return (
        Stage(0.0, {"task_state": "scheduling"}),
        Stage(0.1, {"task_state": "spawning", "host": host}),
        Stage(0.3, {**AT_REST, "vm_state": "active"}),
    )


STOP: Process = (
    Stage(0.0, {"task_state": "powering-off"}),
    Stage(0.2, {**AT_REST, "vm_state": "stopped"}),
)
START: Process = (
    Stage(0.0, {"task_state": "powering-on"}),
    Stage(0.2, {**AT_REST, "vm_state": "active"}),
)
DELETE: Process = (
    Stage(0.0, {"task_state": "deleting"}),
    Stage(0.1, deletes=True),
)
