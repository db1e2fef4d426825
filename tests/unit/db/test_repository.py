# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import datetime
import uuid

import pytest
import sqlalchemy

from watcher.common import exception
from watcher.db import models, repository, session


def _read(model, **key):
    with session.read() as unit:
        return repository.get(unit, model, show_deleted=True, **key)


def test_a_created_row_has_its_id_uuid_and_defaults(new_audit) -> None:
    audit = new_audit(name="a")
    assert uuid.UUID(audit.uuid)
    assert audit.id == 1
    assert (audit.state, audit.auto_trigger, audit.force, audit.deleted) == (
        *("PENDING", False, False),
        0,
    )
    assert audit.created_at is not None
    assert audit.updated_at is None


def test_null_is_written_as_an_empty_container(new_audit) -> None:
    audit = new_audit(scope=None)
    with session.read() as unit:
        text = sqlalchemy.text("SELECT scope, parameters FROM audits")
        assert tuple(unit.execute(text).one()) == ("[]", "{}")
    assert _read(models.Audit, id=audit.id).scope == []


def test_null_of_old_rows_reads_as_empty_or_no(new_plan) -> None:
    plan = new_plan()
    with session.write() as unit:
        repository.create(unit, models.Action, {"action_plan_id": plan.id, "action_type": "nop"})
        unit.connection().exec_driver_sql("UPDATE audits SET parameters = NULL, `force` = NULL")
        unit.connection().exec_driver_sql("UPDATE actions SET input_parameters = NULL")
    with session.read() as unit:
        audit = repository.get(unit, models.Audit, plan.audit_id)
        assert (audit.parameters, audit.force) == ({}, False)
        assert repository.get(unit, models.Action, 1).input_parameters is None


def test_a_container_of_the_wrong_kind_is_refused(new_audit) -> None:
    with pytest.raises(Exception, match="expected list, found dict"):
        new_audit(scope={"a": 1})


def test_an_audit_is_not_created_with_the_name_of_a_live_one(new_audit) -> None:
    first = new_audit(name="nightly")
    with pytest.raises(exception.AuditAlreadyExists, match="nightly"):
        new_audit(name="nightly")
    with session.write() as unit:
        repository.soft_delete(unit, models.Audit, first.uuid)
    assert new_audit(name="nightly").id != first.id


def test_a_taken_uuid_is_the_models_own_conflict(new_audit) -> None:
    taken = new_audit().uuid
    with pytest.raises(exception.AuditAlreadyExists, match=taken):
        new_audit(uuid=taken)
    with pytest.raises(exception.AuditAlreadyExists, match=taken):
        new_audit(uuid=taken, name="another")


def test_a_taken_name_is_told_by_itself() -> None:
    values = {"name": "drain", "display_name": "D", "efficacy_specification": []}
    with session.write() as unit:
        repository.create(unit, models.Goal, values)
    own = {"uuid": "371526af-3966-466e-853e-977b5b416080"}
    with pytest.raises(exception.GoalAlreadyExists, match="drain"), session.write() as unit:
        repository.create(unit, models.Goal, values | own)


def test_a_second_service_on_one_host_is_a_conflict() -> None:
    values = {"name": "watcher-applier", "host": "one"}
    with session.write() as unit:
        repository.create(unit, models.Service, values)
    with pytest.raises(exception.ServiceAlreadyExists), session.write() as unit:
        repository.create(unit, models.Service, values)


def test_a_row_is_found_by_id_uuid_and_name(new_audit) -> None:
    audit = new_audit(name="nightly")
    with session.read() as unit:
        for ident in (audit.id, str(audit.id), audit.uuid, "nightly"):
            assert repository.get(unit, models.Audit, ident).id == audit.id


@pytest.mark.parametrize(
    ("ident", "error"),
    [
        ("4", exception.ActionPlanNotFound),
        ("99999999999999999999", exception.ActionPlanNotFound),
        ("371526af-3966-466e-853e-977b5b416080", exception.ActionPlanNotFound),
        ("a name", exception.InvalidIdentity),
    ],
)
def test_an_identity_that_nothing_has_is_refused(ident: str, error: type[Exception]) -> None:
    with session.read() as unit, pytest.raises(error, match=ident):
        repository.get(unit, models.ActionPlan, ident)


def test_an_id_that_no_column_holds_finds_nothing() -> None:
    with session.read() as unit, pytest.raises(exception.AuditNotFound, match="4294967296000"):
        repository.get(unit, models.Audit, id=2**32 * 1000)


def test_a_deleted_row_is_found_only_when_asked_for(new_audit) -> None:
    audit = new_audit()
    with session.write() as unit:
        repository.soft_delete(unit, models.Audit, audit.uuid)
    with session.read() as unit:
        found = repository.get(unit, models.Audit, audit.uuid, show_deleted=True)
        assert (found.deleted, found.deleted_at is not None) == (audit.id, True)
        with pytest.raises(exception.AuditNotFound):
            repository.get(unit, models.Audit, audit.uuid)


def test_relations_are_loaded_when_named_and_never_otherwise(new_audit, goal) -> None:
    new_audit()
    with session.read() as unit:
        loaded = repository.get(unit, models.Audit, 1, load=("goal", "strategy"))
        assert (loaded.goal.name, loaded.strategy) == (goal.name, None)
    with session.read() as unit:
        bare = repository.get(unit, models.Audit, 1)
        with pytest.raises(sqlalchemy.exc.InvalidRequestError):
            _ = bare.goal


def test_update_changes_columns_and_stamps_the_row(new_audit) -> None:
    audit = new_audit()
    with session.write() as unit:
        repository.update(unit, models.Audit, audit.uuid, {"interval": "60"})
    found = _read(models.Audit, uuid=audit.uuid)
    assert found.interval == "60"
    assert found.updated_at is not None


def test_update_refuses_another_uuid_and_a_row_that_is_gone(new_audit) -> None:
    audit = new_audit()
    with session.write() as unit:
        with pytest.raises(exception.Invalid, match="Cannot overwrite UUID for an existing audit"):
            repository.update(unit, models.Audit, audit.uuid, {"uuid": "x"})
        with pytest.raises(exception.AuditNotFound):
            repository.update(unit, models.Audit, str(uuid.uuid4()), {"interval": "60"})


def test_of_two_transitions_from_one_state_the_first_wins(new_audit) -> None:
    audit = new_audit()
    for host, wins in (("one", True), ("two", False)):
        with session.write() as unit:
            won = repository.transition(
                unit,
                models.Audit,
                audit.uuid,
                from_states=["PENDING"],
                to_state="ONGOING",
                values={"hostname": host},
            )
        assert won is wins
    found = _read(models.Audit, uuid=audit.uuid)
    assert (found.state, found.hostname) == ("ONGOING", "one")
    assert found.updated_at is not None


@pytest.mark.parametrize(
    ("where", "wins"),
    [
        ({"hostname": "one"}, True),
        ({"hostname": "two"}, False),
        ({"hostname": None}, False),
        ({"hostname": ["two", "one"]}, True),
    ],
)
def test_a_transition_holds_to_its_conditions(new_audit, where, wins: bool) -> None:
    audit = new_audit(state="ONGOING", hostname="one")
    with session.write() as unit:
        won = repository.transition(
            unit,
            models.Audit,
            audit.uuid,
            from_states=["ONGOING"],
            to_state="FAILED",
            where=where,
        )
    assert won is wins


def test_a_deleted_row_has_no_transition(new_audit) -> None:
    audit = new_audit()
    with session.write() as unit:
        repository.soft_delete(unit, models.Audit, audit.uuid)
        assert not repository.transition(
            unit, models.Audit, audit.uuid, from_states=["PENDING"], to_state="ONGOING"
        )


def test_what_others_refer_to_is_not_destroyed(new_plan) -> None:
    plan = new_plan()
    with session.write() as unit:
        repository.create(unit, models.Action, {"action_plan_id": plan.id, "action_type": "nop"})
        repository.create(
            unit, models.EfficacyIndicator, {"action_plan_id": plan.id, "name": "n", "value": 1}
        )
    with session.write() as unit:
        with pytest.raises(exception.AuditReferenced):
            repository.destroy(unit, models.Audit, plan.audit_id)
        with pytest.raises(exception.ActionPlanReferenced):
            repository.destroy(unit, models.ActionPlan, plan.uuid)
        assert repository.list_rows(unit, models.EfficacyIndicator)
        repository.destroy(unit, models.Action, 1)
        repository.destroy(unit, models.ActionPlan, plan.uuid)
        repository.destroy(unit, models.Audit, plan.audit_id)
    with session.read() as unit:
        assert not repository.list_rows(unit, models.EfficacyIndicator)


def test_many_rows_are_inserted_by_one_statement(new_plan, counted) -> None:
    plan = new_plan()
    rows = [{"action_plan_id": plan.id, "action_type": "nop", "parents": []} for _ in range(50)]
    with counted() as statements, session.write() as unit:
        repository.create_many(unit, models.Action, rows)
    assert len(statements) == 1
    with session.read() as unit:
        assert len({row.uuid for row in repository.list_rows(unit, models.Action)}) == 50


def test_an_indicators_number_stands_in_both_columns(new_plan) -> None:
    plan = new_plan()
    with session.write() as unit:
        repository.create(
            unit, models.EfficacyIndicator, {"action_plan_id": plan.id, "name": "n", "value": 1e12}
        )
    row = _read(models.EfficacyIndicator, id=1)
    assert (row.data, row.value) == (1e12, 9_999_999_999)


def test_times_are_kept_as_naive_utc_whatever_the_zone(new_audit) -> None:
    zone = datetime.timezone(datetime.timedelta(hours=2))
    audit = new_audit(start_time=datetime.datetime(2030, 1, 1, 12, tzinfo=zone))
    found = _read(models.Audit, id=audit.id)
    assert found.start_time == datetime.datetime.fromisoformat("2030-01-01T10:00:00")
