# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import datetime
import uuid

import pytest

from watcher import objects
from watcher.common import context, exception
from watcher.db import models, repository, session


@pytest.fixture
def goal(ctx) -> objects.Goal:
    """A saved goal."""
    goal = objects.Goal(ctx, name="drain", display_name="Drain", efficacy_specification=[])
    goal.create()
    return goal


@pytest.fixture
def strategy(ctx, goal) -> objects.Strategy:
    """A saved strategy."""
    strategy = objects.Strategy(ctx, name="vacate", display_name="V", goal_id=goal.id)
    strategy.create()
    return strategy


@pytest.fixture
def audit(ctx, goal, strategy) -> objects.Audit:
    """A saved audit."""
    values = {"name": "nightly", "audit_type": "ONESHOT", "interval": None}
    audit = objects.Audit(ctx, goal_id=goal.id, strategy_id=strategy.id, **values)
    audit.create()
    return audit


@pytest.fixture
def plan(ctx, audit, strategy) -> objects.ActionPlan:
    """A saved action plan with an action and an indicator."""
    plan = objects.ActionPlan(ctx, audit_id=audit.id, strategy_id=strategy.id, state="RECOMMENDED")
    plan.create()
    values = {"action_type": "nop", "input_parameters": {"a": 1}, "parents": []}
    objects.Action(ctx, action_plan_id=plan.id, **values).create()
    objects.EfficacyIndicator(ctx, action_plan_id=plan.id, name="n", value=1.5).create()
    return plan


def test_a_created_record_has_defaults_and_its_relations(audit, goal, strategy) -> None:
    assert uuid.UUID(audit.uuid)
    assert (audit.state, audit.auto_trigger, audit.force) == ("PENDING", False, False)
    assert (audit.goal.name, audit.strategy.name) == (goal.name, strategy.name)
    assert audit.obj_what_changed() == set()
    assert audit.created_at.tzinfo is datetime.UTC


def test_relations_are_unset_unless_loaded_eagerly(ctx, audit) -> None:
    lazy = objects.Audit.get_by_uuid(ctx, audit.uuid)
    assert not lazy.obj_attr_is_set("goal")
    with pytest.raises(NotImplementedError):
        _ = lazy.goal
    assert objects.Audit.get(ctx, audit.uuid, eager=True).goal.name == "drain"


def test_eager_loading_goes_one_level(ctx, plan) -> None:
    eager = objects.ActionPlan.get_by_id(ctx, plan.id, eager=True)
    assert eager.audit.name == "nightly"
    assert not eager.audit.obj_attr_is_set("goal")


def test_a_soft_deleted_relation_is_loaded_too(ctx, audit, goal) -> None:
    goal.soft_delete()
    assert objects.Audit.get(ctx, audit.id, eager=True).goal.name == "drain"


def test_records_are_found_by_all_published_ways(ctx, audit, strategy) -> None:
    for found in (
        objects.Audit.get(ctx, audit.id),
        objects.Audit.get(ctx, str(audit.id)),
        objects.Audit.get_by_id(ctx, audit.id),
        objects.Audit.get_by_uuid(ctx, audit.uuid),
        objects.Audit.get_by_name(ctx, "nightly"),
    ):
        assert found.uuid == audit.uuid
    with pytest.raises(exception.InvalidIdentity, match="nightly"):
        objects.Audit.get(ctx, "nightly")
    with pytest.raises(exception.StrategyNotFound):
        objects.Strategy.get_by_name(ctx, name="nope")


def test_arguments_may_be_given_by_their_published_names(ctx, audit) -> None:
    assert objects.Audit.get(context=ctx, audit_id=audit.id, eager=False).uuid == audit.uuid
    with pytest.raises(TypeError):
        objects.Audit.get(ctx, ident=audit.id)


def test_an_action_description_is_found_by_type(ctx) -> None:
    objects.ActionDescription(ctx, action_type="nop", description="Nothing").create()
    assert objects.ActionDescription.get_by_type(ctx, "nop").description == "Nothing"
    assert objects.ActionDescription.get(ctx, 1).action_type == "nop"
    with pytest.raises(exception.ActionDescriptionNotFound):
        objects.ActionDescription.get_by_type(ctx, "sleep")


def test_save_writes_what_changed_and_reads_the_rest(ctx, audit) -> None:
    other = objects.Audit.get(ctx, audit.id)
    other.interval = "60"
    other.save()
    audit.hostname = "one"
    audit.save()
    assert (audit.interval, audit.hostname, audit.goal.name) == ("60", "one", "drain")
    assert audit.updated_at is not None
    assert audit.obj_what_changed() == set()


def test_save_loads_the_relation_whose_id_changed(ctx, audit, goal) -> None:
    second = objects.Strategy(ctx, name="other", display_name="O", goal_id=goal.id)
    second.create()
    audit.strategy_id = second.id
    audit.save()
    assert audit.strategy.name == "other"


def test_save_refuses_another_uuid(audit) -> None:
    audit.uuid = str(uuid.uuid4())
    with pytest.raises(exception.Invalid, match="Cannot overwrite UUID"):
        audit.save()


def test_refresh_copies_what_differs(ctx, audit) -> None:
    with session.write() as unit:
        repository.update(unit, models.Audit, audit.uuid, {"state": "ONGOING"})
    audit.refresh()
    assert audit.state == "ONGOING"
    assert audit.obj_what_changed() == set()


def test_a_soft_deleted_plan_takes_its_parts_with_it(ctx, plan) -> None:
    plan.soft_delete()
    assert plan.state == "DELETED"
    assert plan.deleted_at is not None
    assert objects.Action.list(ctx) == objects.EfficacyIndicator.list(ctx) == []
    shown = context.make_admin_context(show_deleted=True)
    assert [action.state for action in objects.Action.list(shown)] == ["DELETED"]
    with pytest.raises(exception.ActionPlanNotFound):
        objects.ActionPlan.get(ctx, plan.id)


def test_destroy_removes_the_row(ctx, audit, plan) -> None:
    with pytest.raises(exception.AuditReferenced):
        audit.destroy()
    with pytest.raises(exception.ActionPlanReferenced):
        plan.destroy()
    with session.write() as unit:
        repository.destroy(unit, models.Action, 1)
    plan.destroy()
    audit.destroy()
    with pytest.raises(exception.AuditNotFound):
        objects.Audit.get(context.make_admin_context(show_deleted=True), audit.id)


def test_lists_are_filtered_sorted_and_paged(ctx, goal) -> None:
    for name in "cab":
        values = {"audit_type": "ONESHOT", "goal_id": goal.id}
        objects.Audit(ctx, name=name, **values).create()
    first = objects.Audit.list(ctx, limit=1, sort_key="name")
    rest = objects.Audit.list(ctx, marker=first[0], sort_key="name", eager=True)
    assert [audit.name for audit in (*first, *rest)] == ["a", "b", "c"]
    assert rest[0].strategy is None
    assert [audit.name for audit in objects.Audit.list(ctx, filters={"name": "b"})] == ["b"]
    down = objects.Audit.list(ctx, sort_key="name", sort_dir="desc")
    assert [audit.name for audit in down] == ["c", "b", "a"]


def test_a_page_may_begin_after_a_record_that_was_deleted_meanwhile(ctx, goal) -> None:
    for name in "xyz":
        objects.Audit(ctx, name=name, goal_id=goal.id, audit_type="ONESHOT").create()
    marker = objects.Audit.list(ctx, sort_key="name", limit=2)[-1]
    marker.soft_delete()
    following = objects.Audit.list(ctx, sort_key="name", marker=marker)
    assert [audit.name for audit in following] == ["z"]


def test_null_reads_as_empty_where_the_field_says_so(ctx, audit) -> None:
    with session.write() as unit:
        unit.connection().exec_driver_sql("UPDATE audits SET scope = NULL, `force` = NULL")
    found = objects.Audit.get(ctx, audit.id)
    assert (found.scope, found.parameters, found.force) == ([], {}, False)


def test_a_record_goes_over_the_wire_and_back(ctx, audit) -> None:
    audit.next_run_time = datetime.datetime.fromisoformat("2030-01-01T00:00:00")
    primitive = audit.obj_to_primitive()
    assert primitive["watcher_object.data"]["next_run_time"] == "2030-01-01T00:00:00Z"
    back = objects.Audit.obj_from_primitive(primitive)
    assert back.goal.uuid == audit.goal.uuid
    assert back.as_dict().keys() == audit.as_dict().keys()


def test_records_work_as_part_of_a_larger_unit(ctx, goal) -> None:
    def work() -> None:
        with session.write():
            objects.Audit(ctx, name="a", audit_type="ONESHOT", goal_id=goal.id).create()
            assert len(objects.Audit.list(ctx)) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert objects.Audit.list(ctx) == []


def test_an_indicators_value_is_read_from_data_or_the_old_column(ctx, plan) -> None:
    (indicator,) = objects.EfficacyIndicator.list(ctx)
    assert indicator.value == 1.5
    with session.write() as unit:
        unit.connection().exec_driver_sql("UPDATE efficacy_indicators SET data = NULL, value = 7")
    assert objects.EfficacyIndicator.get(ctx, indicator.id).value == 7
    indicator.value = 2.5
    indicator.save()
    assert objects.EfficacyIndicator.get(ctx, indicator.id).value == 2.5
