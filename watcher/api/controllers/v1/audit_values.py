# SPDX-License-Identifier: Apache-2.0
"""From what a request says about an audit to the columns of its row."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from watcher.api import errors, patch
from watcher.api.kinds import Moment, show_moment
from watcher.common import exception
from watcher.db import models, repository
from watcher.db import session as db
from watcher.db.types import machine_utc_now
from watcher.domain import audit_rules

#: The most characters of an error that quotes names from a request.
_LONGEST_TEXT = 500


def complete(values: dict[str, Any]) -> tuple[models.Goal, models.Strategy | None]:
    """Complete the values of a new audit from its template and strategy, in place.

    :returns: the goal, and the strategy if there is one.
    :raises ResourceNotFound: (404) for an unknown goal or strategy.
    :raises Invalid: (400) for an unknown template, or parameters that do not fit.
    """
    template_uuid = values.pop("audit_template_uuid", None)
    named = bool(values.get("name"))
    own_goal, own_strategy = values.pop("goal", None), values.pop("strategy", None)
    with db.read() as session:
        template = _template(session, template_uuid)
        goal = template.goal if template else repository.get(session, models.Goal, own_goal)
        strategy = template.strategy if template else None
        if own_strategy:
            strategy = _strategy(session, own_strategy, drop=named)
    given = _given_parameters(values, template)
    if given and own_strategy and strategy is None:
        raise exception.AuditParameterNotAllowed(
            message=f"There is no strategy {own_strategy} that could take the parameters "
            f"{', '.join(sorted(given))}"[:_LONGEST_TEXT]
        )
    values["parameters"] = _checked_parameters(strategy, given)
    values["scope"] = (template.scope if template else None) or []
    values["force"] = bool(values.get("force"))
    if named:
        values["name"] = audit_rules.shortened_name(values["name"])
    else:
        subject = strategy or template or goal
        values["name"] = audit_rules.generated_name(subject.name, machine_utc_now())
    return goal, strategy


def _template(session: Any, uuid: str | None) -> Any:
    if not uuid:
        return None
    try:
        return repository.get(session, models.AuditTemplate, uuid=uuid, load=("goal", "strategy"))
    except exception.ResourceNotFound as error:
        raise errors.BadRequest(str(error)) from error


def _strategy(session: Any, ident: str, *, drop: bool) -> Any:
    """Return the strategy; with ``drop`` an unknown one is dropped (published for named audits)."""
    try:
        return repository.get(session, models.Strategy, ident)
    except exception.ResourceNotFound:
        if drop:
            return None
        raise


def _given_parameters(values: Mapping[str, Any], template: Any) -> dict[str, Any] | None:
    """Merge the request's parameters over the template's; None means that nothing is checked."""
    if "parameters" in values and values["parameters"] is None:
        return None
    presets: dict[str, Any] = (template and template.default_parameters) or {}
    return {**presets, **values.get("parameters", {})}


def _checked_parameters(strategy: Any, given: Mapping[str, Any] | None) -> dict[str, Any]:
    if given is None:
        return {}
    spec, name = (strategy.parameters_spec, strategy.name) if strategy else (None, None)
    return audit_rules.check_parameters(spec, given, strategy=name)


def cleared(operations: patch.Operations, attribute: str) -> bool:
    """Tell whether a patch ends with an attribute that is removed or null."""
    touching = [each for each in operations if each.attribute == attribute]
    return bool(touching) and touching[-1].whole and touching[-1].value is None


_SCHEDULE = ("audit_type", "interval")


def checked(audit: Any, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that a patch changes, checked.

    What a POST would refuse is refused here too, except what does not fit the type of the audit.

    :param changes: parameters that are None are stored empty and not checked, as in a POST.
    :raises Invalid: (400) parameters, scope or schedule do not fit.
    """
    columns = dict(changes)
    if "name" in columns:
        columns["name"] = audit_rules.shortened_name(columns["name"])
    if "force" in columns:
        columns["force"] = bool(columns["force"])
    # What stays as it is was judged when it was written, perhaps by another release.
    if columns.get("parameters") not in (None, audit.parameters):
        columns["parameters"] = _checked_parameters(audit.strategy, columns["parameters"])
    if "scope" in columns and columns["scope"] != audit.scope:
        columns["scope"] = audit_rules.read_scope(columns["scope"])
    if any(columns.get(name, getattr(audit, name)) != getattr(audit, name) for name in _SCHEDULE):
        audit_rules.check_changed_schedule(
            *(columns.get(name, getattr(audit, name)) for name in _SCHEDULE),
            now=datetime.datetime.now(datetime.UTC),
        )
    return columns


def _wrong_with(operation: patch.Operation, replaced: int) -> str | None:
    """Tell why a time cannot be changed like this, if it cannot."""
    if operation.op != "replace" or not operation.whole:
        return f"{operation.attribute} can be replaced or removed"
    if operation.value is None:
        return f"{operation.attribute} cannot be null: remove it instead"
    return "A patch may replace only one time" if replaced > 1 else None


def read_times(operations: patch.Operations, audit: Any) -> dict[str, Any]:
    """Read a change of start or end time: one replace, or removals (published).

    A time is shown in UTC, but read in the time zone of this machine when it has no offset
    (published); one sent back exactly as it was shown stays unchanged.
    """
    changes: dict[str, Any] = {}
    replaced = 0
    for each in operations:
        if each.op == "remove" and each.whole:
            changes[each.attribute] = None
            continue
        replaced += 1
        if wrong := _wrong_with(each, replaced):
            raise exception.PatchError(patch=each.as_json(), reason=wrong)
        stored = getattr(audit, each.attribute)
        if stored is not None and each.value == show_moment(stored):
            changes[each.attribute] = stored
            continue
        try:
            changes[each.attribute] = Moment.wsme.validate(each.value)
        except ValueError as error:
            raise exception.PatchError(patch=each.as_json(), reason=str(error)) from error
    return changes
