# SPDX-License-Identifier: Apache-2.0
"""Audit templates: named presets for audits. They have no states and no notifications."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from watcher import objects
from watcher.common import exception
from watcher.common.context import RequestContext
from watcher.db import models, repository
from watcher.db import session as db
from watcher.domain import audit_rules
from watcher.lifecycle import transitions

RELATIONS = ("goal", "strategy")


def check_strategy(goal: Any, strategy: Any) -> None:
    """Check that a strategy serves a goal.

    :raises InvalidStrategy: (400) when it does not.
    """
    if strategy is not None and strategy.goal_id != goal.id:
        raise exception.Invalid(
            message=f"'{strategy.name}' strategy does not relate to the '{goal.name}' goal"
        )


def create(
    context: RequestContext, values: Mapping[str, Any], *, goal: Any, strategy: Any = None
) -> objects.AuditTemplate:
    """Insert a template.

    :param values: columns; the ids of goal and strategy are set here, ``scope`` as it is stored.
    :raises AuditTemplateAlreadyExists: when a live template has the name.
    """
    columns = {
        **values,
        "default_parameters": values.get("default_parameters") or {},
        "goal_id": goal.id,
        "strategy_id": None if strategy is None else strategy.id,
    }
    _check_parameters(columns["default_parameters"], strategy)
    template = objects.AuditTemplate.from_row(context, _insert(columns))
    template.goal = transitions.as_object(objects.Goal, context, goal)
    template.strategy = transitions.as_object(objects.Strategy, context, strategy)
    return template


def update(
    context: RequestContext,
    template: objects.AuditTemplate,
    changes: Mapping[str, Any],
    *,
    goal: Any,
    strategy: Any,
    is_touched: bool,
) -> objects.AuditTemplate:
    """Change a template.

    :param changes: columns with their new values.
    :param goal: the goal after the change; ``strategy`` likewise, None without one.
    :param is_touched: whether the user named goal or strategy, even the one that it has.
    :raises Conflict: (409, published) when goal or strategy is touched, and the parameters that go
        with them are not.
    :raises AuditTemplateAlreadyExists: when the new name is taken.
    """
    if is_touched and template.default_parameters and "default_parameters" not in changes:
        raise exception.Conflict(
            message="The template has default_parameters: a patch of goal or strategy has to set "
            "them too"
        )
    if "default_parameters" in changes:
        _check_parameters(changes["default_parameters"] or {}, strategy)
    columns = {**changes, "goal_id": goal.id, "strategy_id": _id(strategy)}
    changed = objects.AuditTemplate.from_row(context, _update(template, columns))
    changed.goal = transitions.as_object(objects.Goal, context, goal)
    changed.strategy = transitions.as_object(objects.Strategy, context, strategy)
    return changed


def soft_delete(_context: RequestContext, template: objects.AuditTemplate) -> None:
    """Delete a template; audits made from it stay.

    :raises AuditTemplateNotFound: when somebody else deleted it since it was read.
    """
    _soft_delete(template)


def _id(record: Any) -> int | None:
    return None if record is None else record.id


def _check_parameters(given: Mapping[str, Any], strategy: Any) -> None:
    """Check parameters as those of an audit, but leave them without defaults."""
    if given:
        spec, name = (strategy.parameters_spec, strategy.name) if strategy else (None, None)
        audit_rules.check_parameters(spec, given, strategy=name)


@db.retried
def _insert(columns: Mapping[str, Any]) -> models.AuditTemplate:
    with db.write() as session:
        return repository.create(session, models.AuditTemplate, columns)


@db.retried
def _update(template: objects.AuditTemplate, columns: Mapping[str, Any]) -> models.AuditTemplate:
    name = columns.get("name")
    with db.write() as session:
        if name is not None and name != template.name:
            taken = repository.list_rows(
                session, models.AuditTemplate, filters={"name": name}, limit=1
            )
            if taken:
                raise exception.AuditTemplateAlreadyExists(audit_template=name)
        return repository.update(session, models.AuditTemplate, template.uuid, columns)


@db.retried
def _soft_delete(template: objects.AuditTemplate) -> None:
    deleted_at = select(models.AuditTemplate.deleted_at).where(
        models.AuditTemplate.uuid == template.uuid
    )
    with db.write() as session:
        gone = session.scalar(deleted_at.with_for_update()) is not None
        if gone and template.deleted_at is None:
            raise exception.AuditTemplateNotFound(audit_template=template.uuid)
        repository.soft_delete(session, models.AuditTemplate, template.uuid)
