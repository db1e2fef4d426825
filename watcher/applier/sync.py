# SPDX-License-Identifier: Apache-2.0
"""Write the descriptions of the action types installed here to the database.

No action is constructed: a plug-in whose constructor fails, or needs a cloud that is down,
does not keep the applier from starting.
"""

from __future__ import annotations

from typing import Any

from oslo_log import log

from watcher.applier.actions import factory
from watcher.db import limits, models, queries, repository, session

LOG = log.getLogger(__name__)


def sync_action_descriptions() -> None:
    """Insert or update the description of each action type; those of others stay."""
    _write(describe(factory.shared().action_loader.list_available()))


def describe(actions: dict[str, type[Any]]) -> dict[str, str]:
    """Return type -> description, without those that cannot be described."""
    found = {}
    for name, action in sorted(actions.items()):
        try:
            # The published way needs an instance; the text must not depend on its parameters.
            found[name] = str(action.get_description(object.__new__(action)))
        except Exception as error:  # noqa: BLE001 - a plug-in may raise anything
            LOG.warning("The action type %s has no description: %r", name, error)
    return found


@session.retried
def _write(descriptions: dict[str, str]) -> None:
    with session.write() as unit:
        known = queries.action_descriptions(unit)
        rows = {
            row.action_type: row.id for row in repository.list_rows(unit, models.ActionDescription)
        }
        for name, text in descriptions.items():
            values = {"action_type": name, "description": text}
            # As stored; otherwise every start would find a long one changed.
            values = limits.fitted(unit, models.ActionDescription, values)
            if name not in known:
                repository.create(unit, models.ActionDescription, values)
            elif known[name] != values["description"]:
                repository.update(unit, models.ActionDescription, rows[name], values)
