# SPDX-License-Identifier: Apache-2.0
"""What the applier asks the database, and how often."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import event

from tests.unit.applier.conftest import HOST, a_nop, make_plan
from watcher.applier import plans
from watcher.common.context import RequestContext
from watcher.db import session as db
from watcher.domain.states import ActionPlanState

RUNNING = (ActionPlanState.ONGOING, ActionPlanState.CANCELLING)


@pytest.fixture
def statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    event.listen(db.engine(), "before_cursor_execute", note)
    yield seen
    event.remove(db.engine(), "before_cursor_execute", note)


def test_own_plans_are_read_with_one_statement_whatever_their_number(
    context: RequestContext, statements: list[str]
) -> None:
    made = [make_plan(a_nop(), state=state, hostname=HOST) for state in RUNNING * 3]
    make_plan(a_nop(), state="ONGOING", hostname="another")
    make_plan(a_nop(), state="SUCCEEDED", hostname=HOST)
    statements.clear()
    found = plans.owned(context, HOST, RUNNING)
    assert [plan.uuid for plan in found] == [plan.uuid for plan in made]
    assert all(plan.strategy.name and plan.audit.goal.name for plan in found)
    assert len([one for one in statements if one.startswith("SELECT")]) == 1
