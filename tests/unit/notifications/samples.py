# SPDX-License-Identifier: Apache-2.0
"""Makes the samples of ``doc/notification_samples`` out of fixed records.

Run ``python -m tests.unit.notifications.samples`` to write them; a test finds differences.
"""

from __future__ import annotations

import datetime
import json
import pathlib
import sys
from typing import Any

from watcher import objects
from watcher.conf import CONF
from watcher.domain import states
from watcher.notifications import EVENTS, StateUpdate
from watcher.notifications.emission import build

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "doc" / "notification_samples"

WIRE_PRIORITIES = {"info": "INFO", "warning": "WARN", "error": "ERROR"}

_UUID = "5c3b5b0e-6c9b-4b0e-9d6f-{:012d}".format
_CREATED = datetime.datetime(2026, 3, 1, 12, 0, 0, tzinfo=datetime.UTC)
_UPDATED = datetime.datetime(2026, 3, 1, 12, 0, 30, tzinfo=datetime.UTC)
_STAMPS = {"created_at": _CREATED, "updated_at": None, "deleted_at": None}

ENDS: dict[str, tuple[str, str]] = {
    "audit.update": ("PENDING", "ONGOING"),
    "audit.delete": ("SUCCEEDED", "DELETED"),
    "action_plan.create": ("RECOMMENDED", "RECOMMENDED"),
    "action_plan.update": ("RECOMMENDED", "PENDING"),
    "action_plan.delete": ("SUCCEEDED", "DELETED"),
    "action_plan.execution.start": ("PENDING", "ONGOING"),
    "action_plan.execution.end": ("ONGOING", "SUCCEEDED"),
    "action_plan.execution.error": ("ONGOING", "FAILED"),
    "action_plan.cancel.start": ("ONGOING", "CANCELLING"),
    "action_plan.cancel.end": ("CANCELLING", "CANCELLED"),
    "action_plan.cancel.error": ("CANCELLING", "FAILED"),
    "action.update": ("PENDING", "ONGOING"),
    "action.delete": ("SUCCEEDED", "DELETED"),
    "action.execution.end": ("ONGOING", "SUCCEEDED"),
    "action.execution.error": ("ONGOING", "FAILED"),
    "action.cancel.end": ("PENDING", "CANCELLED"),
    "action.cancel.error": ("CANCELLING", "FAILED"),
    "service.update": ("ACTIVE", "FAILED"),
}
"""The change of state that each sample tells of; the others are of a record that begins."""


def goal() -> objects.Goal:
    return objects.Goal(
        id=1,
        uuid=_UUID(1),
        name="dummy",
        display_name="Dummy goal",
        efficacy_specification=[],
        **_STAMPS,
    )


def strategy() -> objects.Strategy:
    number = {"description": "number parameter example", "type": "number", "default": 3.2}
    return objects.Strategy(
        id=1,
        uuid=_UUID(2),
        name="dummy",
        display_name="Dummy strategy",
        goal_id=1,
        parameters_spec={"properties": {"para1": {**number, "minimum": 1.0, "maximum": 10.2}}},
        **_STAMPS,
    )


def audit(state: str = "PENDING") -> objects.Audit:
    return objects.Audit(
        id=1,
        uuid=_UUID(3),
        name="my_audit",
        audit_type="ONESHOT",
        state=state,
        parameters={"para1": 3.2},
        interval=None,
        scope=[],
        goal_id=1,
        strategy_id=1,
        goal=goal(),
        strategy=strategy(),
        auto_trigger=False,
        next_run_time=None,
        status_message=None,
        **_STAMPS,
    )


def action_plan(state: str = "ONGOING") -> objects.ActionPlan:
    return objects.ActionPlan(
        id=1,
        uuid=_UUID(4),
        audit_id=1,
        strategy_id=1,
        audit=audit("SUCCEEDED"),
        strategy=strategy(),
        state=state,
        global_efficacy=[
            {"name": "released_nodes_ratio", "description": "", "unit": "%", "value": 25.0}
        ],
        status_message=None,
        **_STAMPS,
    )


def action(state: str = "PENDING") -> objects.Action:
    return objects.Action(
        id=1,
        uuid=_UUID(5),
        action_plan_id=1,
        action_plan=action_plan(),
        action_type="nop",
        input_parameters={"message": "hello World"},
        parents=[],
        state=state,
        status_message=None,
        **_STAMPS,
    )


def service(_state: str = "ACTIVE") -> objects.Service:
    return objects.Service(id=1, name="watcher-applier", host="controller-2", last_seen_up=_CREATED)


def fault() -> BaseException:
    """Return an error that was raised somewhere in the service."""
    try:
        states.check(states.AUDITS_BY_USER, "PENDING", "SUCCEEDED")
    except states.TransitionNotAllowed as error:
        return error
    raise AssertionError("users may not do that")


def sample(event_type: str) -> dict[str, Any]:
    """Return one message as a consumer gets it."""
    noun = event_type.split(".")[0]
    record = {"audit": audit, "action_plan": action_plan, "action": action, "service": service}
    old, new = ENDS.get(event_type, ("PENDING", "ONGOING" if noun == "audit" else "PENDING"))
    if event_type == "audit.create":
        new = "PENDING"
    subject = record[noun](new)
    if event_type in ENDS and noun != "service":
        subject.updated_at = _UPDATED
        subject.deleted_at = _UPDATED if new == "DELETED" else None
    made = build(
        event_type,
        subject,
        state_update=StateUpdate(old, new) if event_type.endswith(".update") else None,
        fault=fault() if event_type.endswith(".error") else None,
    )
    return {
        "message_id": _UUID(9),
        "publisher_id": str(made.publisher),
        "event_type": str(made.event_type),
        "priority": WIRE_PRIORITIES[made.priority],
        "payload": made.body(),
        "timestamp": "2026-03-01 12:00:30.000000",
    }


def text(event_type: str) -> str:
    """Return the content of the file of one sample."""
    CONF.set_override("host", "controller-1")
    try:
        return json.dumps(sample(event_type), indent=2, sort_keys=True) + "\n"
    finally:
        CONF.clear_override("host")


def path(event_type: str) -> pathlib.Path:
    """Return the file of one sample."""
    return FOLDER / f"{event_type.replace('.', '-')}.json"


def write_all() -> None:
    """Write all samples."""
    CONF([], project="watcher", default_config_files=[], default_config_dirs=[])
    objects.register_all()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for event_type in EVENTS:
        path(event_type).write_text(text(event_type))
    sys.stdout.write(f"{len(EVENTS)} samples in {FOLDER}\n")


if __name__ == "__main__":
    write_all()
