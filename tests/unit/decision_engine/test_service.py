# SPDX-License-Identifier: Apache-2.0
"""The engine as a whole, with its threads, on the in-process bus."""

from __future__ import annotations

import threading

import pytest

from tests.unit.decision_engine.conftest import ME, Engine
from watcher.common import config
from watcher.common.context import make_admin_context
from watcher.conf import CONF
from watcher.decision_engine import service as decision_engine
from watcher.decision_engine.model import store
from watcher.lifecycle import services
from watcher.rpc import doorbell, notify, transport


@pytest.fixture
def running(database, bus, monkeypatch):
    """Start the service; give its service, a database and a way to wait for an event."""
    config.parse_args([], default_config_files=[], default_config_dirs=[])
    CONF.set_override("transport_url", "fake:")
    transport.init(CONF)
    helper = Engine(make_admin_context(), bus, database)
    compute = store.SnapshotStore(helper.read_snapshot, max_age_s=lambda: 60)
    monkeypatch.setattr(decision_engine.store, "shared", lambda _name: compute)
    seen, record = threading.Event(), notify.send

    def send(context, publisher, event, priority, payload):
        record(context, publisher, event, priority, payload)
        if bus.story[-1] == "audit.update ONGOING->SUCCEEDED":
            seen.set()

    monkeypatch.setattr(notify, "send", send)
    service = decision_engine.build(CONF)
    service.start()
    yield service, helper, seen
    service.stop()
    doorbell.stop()
    transport.cleanup()
    CONF.clear_override("transport_url")
    alive = [thread.name for thread in threading.enumerate()]
    assert not [name for name in alive if name.startswith(("watcher-audit", service.name))]


def test_an_audit_without_a_message_is_found_and_run_and_all_threads_end(running):
    service, helper, seen = running
    audit = helper.audit()
    service.kick("audit-sweep")
    assert seen.wait(30)
    assert helper.read(audit.uuid).state == "SUCCEEDED"
    (daemon,) = services.statuses(helper.context, decision_engine.NAME)
    assert (daemon.host, daemon.status) == (ME, "ACTIVE")
