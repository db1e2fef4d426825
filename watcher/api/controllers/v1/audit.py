# SPDX-License-Identifier: Apache-2.0
"""Audits: requests to optimise the cloud."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from watcher.api import errors, patch
from watcher.api.controller import Hooks, controller
from watcher.api.controllers.v1 import audit_values
from watcher.api.controllers.v1.audit_resource import AUDIT, ENDING
from watcher.api.expose import Call
from watcher.api.kinds import show_moment
from watcher.api.resource import Extras
from watcher.common import exception
from watcher.domain import audit_rules
from watcher.domain.states import ENDED_AUDITS, AuditType
from watcher.lifecycle import audits

_TIMES = ("start_time", "end_time")
_STORED = tuple(name for name in AUDIT.patched_columns if name not in _TIMES)
#: Published: accepted in a patch, and without effect.
_IGNORED = ("goal", "strategy", "goal_id", "strategy_id")


class Audits(Hooks):
    """An audit is made for a goal, or from a template."""

    relations = ("goal", "strategy")
    record = "Audit"

    def extras(self, _session: Session, rows: Sequence[Any]) -> Extras:
        """Return when the audits run next; None for those that have ended.

        Other releases keep the time in the row when an audit ends.
        """
        state, moment = (AUDIT.first_paths.index(path) for path in ENDING)
        return {
            "next_run_time": [
                None if row[state] in ENDED_AUDITS else show_moment(row[moment]) for row in rows
            ]
        }

    def check(self, _call: Call, values: Mapping[str, Any]) -> None:
        """Check what needs no database, in the published order."""
        goal, template = values.get("goal"), values.get("audit_template_uuid")
        if values["audit_type"] not in list(AuditType):
            raise exception.AuditTypeNotFound(audit_type=values["audit_type"])
        if not goal and not template:
            raise errors.BadRequest("A valid goal or audit_template_uuid must be provided")
        if goal and template:
            raise errors.BadRequest("Either goal or audit_template_uuid may be given, not both")
        if "auto_trigger" in values and values["auto_trigger"] is None:
            raise errors.BadRequest("Invalid input for field/attribute auto_trigger. Value: null")
        audit_rules.check_schedule(
            values["audit_type"],
            values.get("interval"),
            values.get("start_time"),
            values.get("end_time"),
            now=datetime.datetime.now(datetime.UTC),
        )

    def create(self, call: Call, values: dict[str, Any]) -> Any:
        """Insert the audit."""
        goal, strategy = audit_values.complete(values)
        return audits.create(call.context, values, goal=goal, strategy=strategy)

    def update(self, call: Call, audit: Any, operations: patch.Operations) -> Any:
        """Change the audit."""
        times = [each for each in operations if each.attribute in _TIMES]
        changes = {
            **audit_values.read_times(times, audit),
            **self._changes(call, audit, operations),
        }
        unchecked = any(each.path == "/state" and each.op == "add" for each in operations)
        if unchecked and changes.get("state") == audit.state:
            del changes["state"]
        if audit_values.cleared(operations, "parameters"):
            changes["parameters"] = None
        return audits.update(call.context, audit, audit_values.checked(audit, changes))

    @staticmethod
    def _changes(call: Call, audit: Any, operations: patch.Operations) -> dict[str, Any]:
        current = {name: getattr(audit, name) for name in _STORED}
        current.update(parameters=audit.parameters or {}, scope=audit.scope or [])
        current.update(dict.fromkeys(_IGNORED))
        rest = [each for each in operations if each.attribute not in _TIMES]
        changes = patch.apply(AUDIT, call.version, rest, current)
        return {name: value for name, value in changes.items() if name in _STORED}

    def remove(self, call: Call, audit: Any) -> None:
        """Delete the audit."""
        audits.soft_delete(call.context, audit)


AuditsController = controller(AUDIT, Audits)
Audit, AuditCollection = AUDIT.view, AUDIT.collection
