# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from watcher.common import exception
from watcher.common.context import RequestContext
from watcher.decision_engine.endpoint import DecisionEngineEndpoint
from watcher.decision_engine.model.store import SnapshotStore
from watcher.lifecycle import audits
from watcher.rpc import doorbell


@pytest.fixture
def endpoint(engine):
    store = SnapshotStore(engine.read_snapshot, max_age_s=lambda: 60)
    return DecisionEngineEndpoint(engine.dispatcher, store)


def test_trigger_audit_hands_the_audit_to_the_pool_and_returns_its_uuid(engine, endpoint):
    audit = engine.audit()
    assert endpoint.trigger_audit({}, audit.uuid) == audit.uuid
    assert engine.pool.holds(audit.uuid)


def test_the_info_of_a_strategy_has_three_records(endpoint):
    records = endpoint.get_strategy_info({}, "dummy")
    assert [(one["type"], one["mandatory"], one["comment"]) for one in records] == [
        ("Datasource", True, ""),
        ("Metrics", False, ""),
        ("CDM", True, ""),
    ]
    assert records[0]["state"] == "Datasource is not presented for this strategy"
    assert records[2]["state"] == [
        {"compute_model": "not available"},
        {"storage_model": "not available"},
        {"baremetal_model": "not available"},
    ]


def test_the_compute_model_is_available_once_it_was_read(endpoint):
    endpoint.get_data_model_info({})
    assert endpoint.get_strategy_info({}, "dummy")[2]["state"][0] == {"compute_model": "available"}


def test_an_unknown_strategy_has_no_info(endpoint):
    with pytest.raises(exception.LoadingError):
        endpoint.get_strategy_info({}, "no_such_strategy")


def test_the_model_comes_as_flat_records(endpoint):
    rows = endpoint.get_data_model_info({}, "compute", None)["context"]
    assert [(row["node_hostname"], row.get("server_name")) for row in rows] == [
        ("cmp1", "vm1"),
        ("cmp1", "vm2"),
        ("cmp2", "vm3"),
        ("cmp3", None),
    ]


@pytest.mark.parametrize("key", ["uuid", "id", "name"])
def test_an_audit_limits_the_model_to_its_scope(engine, endpoint, key):
    scope = [{"compute": [{"exclude": [{"compute_nodes": [{"name": "cmp1"}]}]}]}]
    audit = engine.audit(scope=scope)
    rows = endpoint.get_data_model_info({}, "compute", str(getattr(audit, key)))["context"]
    assert {row["node_hostname"] for row in rows} == {"cmp2", "cmp3"}


def test_an_unknown_audit_is_refused(endpoint):
    with pytest.raises(exception.InvalidIdentity):
        endpoint.get_data_model_info({}, "compute", "no-such-audit")


def test_a_cloud_that_cannot_be_read_is_an_empty_list(engine, endpoint):
    engine.cloud_error = exception.ClusterDataModelCollectionError("no answer")
    assert endpoint.get_data_model_info({}) == {"context": []}


def test_other_models_have_no_flat_form(endpoint):
    with pytest.raises(exception.DataModelTypeNotFound):
        endpoint.get_data_model_info({}, "storage")


def test_a_late_message_does_not_run_an_event_audit_again_that_a_sweep_has_run(
    engine, endpoint, monkeypatch
):
    sent = []
    monkeypatch.setattr(
        doorbell, "trigger_audit", lambda context, uuid: sent.append((context.to_dict(), uuid))
    )
    audit = audits.trigger(engine.context, engine.audit(audit_type="EVENT"))
    engine.dispatcher.sweep()
    engine.pool.run_all()
    ((context, uuid),) = sent
    endpoint.trigger_audit(RequestContext.from_dict(context), uuid)
    engine.pool.run_all()
    assert len(engine.plans(audit)) == 1


def test_a_message_of_another_release_runs_an_event_audit_that_has_run_before(engine, endpoint):
    audit = engine.audit(audit_type="EVENT", state="SUCCEEDED")
    endpoint.trigger_audit(RequestContext(), audit.uuid)
    engine.pool.run_all()
    assert len(engine.plans(audit)) == 1
