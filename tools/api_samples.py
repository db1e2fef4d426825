# SPDX-License-Identifier: Apache-2.0
"""Real requests and answers for the API reference.

The whole API runs in this process, over a database in memory and a bus in memory, with the
installed goals, strategies and scoring engines, and a decision engine's endpoint over a cloud of
two nodes.
Uuids and times of the answers are replaced by ones that are the same each time.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import webob

from watcher.api import app, openapi
from watcher.api.controller import ROUTES, Route
from watcher.api.microversion import HEADER, MAXIMUM, SERVICE_TYPE
from watcher.common import config, policy
from watcher.common.context import make_admin_context
from watcher.conf import CONF
from watcher.db import models, repository
from watcher.db import session as db
from watcher.decision_engine import sync
from watcher.decision_engine.endpoint import DecisionEngineEndpoint
from watcher.decision_engine.model.store import SnapshotStore
from watcher.domain.draft import Draft, PlannedAction
from watcher.domain.snapshot import Host, Server, Snapshot
from watcher.lifecycle import action_plans, audits
from watcher.rpc import doorbell, notify, transport
from watcher.rpc.topic_listener import TopicListener

HOST = "controller-1"
_BASE_URL = "http://controller:9322"
_TIMEOUT_S = 10.0
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?")
_WHEN = "2026-01-15T09:30:00"


@dataclass
class Sample:
    """One call: what was sent, and what came back."""

    route: str
    request: Any = None
    status: int = 200
    answer: Any = None


@dataclass
class Recorder:
    """Asks the application and keeps what is to be shown."""

    application: Any
    samples: list[Sample] = field(default_factory=list)

    def ask(self, route: str, method: str, path: str, body: Any = None) -> Any:
        """Ask as an administrator, in the newest version; ``route`` names the sample, if any."""
        request = webob.Request.blank(path, method=method, base_url=_BASE_URL)
        request.headers.update({HEADER: f"{SERVICE_TYPE} {MAXIMUM}", "X-Roles": "admin"})
        if body is not None:
            request.body, request.content_type = json.dumps(body).encode(), "application/json"
        answer = request.get_response(self.application)
        if answer.status_int >= 300:
            raise RuntimeError(f"{method} {path}: {answer.text}")
        document = answer.json if answer.body else None
        if route:
            self.samples.append(Sample(route, body, answer.status_int, document))
        return document


def record() -> list[Sample]:
    """Return the samples, in the order in which the calls were made."""
    with _service() as application:
        recorder = Recorder(application)
        sync.sync()
        _catalogue(recorder)
        engine = _decision_engine()
        recorder.ask("strategy_state", "GET", "/v1/strategies/host_maintenance/state")
        recorder.ask("data_model_get_all", "GET", "/v1/data_model?data_model_type=compute")
        engine.stop()
        _templates(recorder)
        _audits(recorder)
        _plans(recorder)
        engine.join(_TIMEOUT_S)
    return _steady(recorder.samples)


@contextlib.contextmanager
def _service() -> Iterator[Any]:
    """Yield the application, with everything that it needs in memory."""
    db.configure("sqlite://")
    cast(Any, models.Base).metadata.create_all(db.engine())
    CONF.reset()
    config.parse_args([], default_config_files=[], default_config_dirs=[])
    CONF.set_override("transport_url", "fake:")
    CONF.set_override("enable_authentication", False)
    policy.reset()
    transport.init(CONF)
    try:
        yield app.setup_app()
    finally:
        doorbell.stop(_TIMEOUT_S)
        notify.stop(_TIMEOUT_S)
        transport.cleanup()
        policy.reset()
        CONF.reset()
        CONF.clear()
        db.reset()


def _decision_engine() -> TopicListener:
    """Return what answers calls over the bus, from a cloud that was read before."""
    store = SnapshotStore(_cloud, max_age_s=lambda: _TIMEOUT_S)
    store.get()
    endpoint = DecisionEngineEndpoint(cast(Any, None), store)
    server = TopicListener(CONF.watcher_decision_engine.conductor_topic, [endpoint])
    server.start()
    if not server.wait_until_listening(_TIMEOUT_S):
        raise RuntimeError("The decision engine does not listen")
    return server


def _cloud() -> Snapshot:
    sizes: dict[str, Any] = {
        "vcpus": 16,
        "vcpu_ratio": 4.0,
        "memory_mib": 65536,
        "memory_mib_reserved": 512,
        "disk_gib": 800,
    }
    hosts = [Host(str(uuid.UUID(int=n)), f"host-00{n}", **sizes) for n in (1, 2)]
    server = Server(
        str(uuid.UUID(int=11)),
        "web-1",
        vcpus=2,
        memory_mib=4096,
        disk_gib=20,
        metadata={"role": "web"},
        project_id="0a0b0c0d0e0f40008000000000000001",
        host="host-001",
    )
    return Snapshot.of(hosts, [server])


def _catalogue(recorder: Recorder) -> None:
    """Record what is installed, and the daemons."""
    now = datetime.datetime.now(datetime.UTC)
    with db.write() as session:
        for name in ("watcher-decision-engine", "watcher-applier"):
            values = {"name": name, "host": HOST, "last_seen_up": now}
            repository.create(session, models.Service, values)
    recorder.ask("root", "GET", "/")
    recorder.ask("v1", "GET", "/v1/")
    recorder.ask("openapi_index", "GET", "/openapi")
    items = {
        "goal": ("goals", "cluster_maintaining"),
        "strategy": ("strategies", "host_maintenance"),
        "scoring_engine": ("scoring_engines", "dummy_scorer"),
        "service": ("services", "watcher-applier"),
    }
    for name, (plural, item) in items.items():
        _read(recorder, name, plural, item)


def _read(recorder: Recorder, name: str, plural: str, item: str) -> None:
    page = "sort_key=name&limit=2" if "name" in _sort_keys(name) else "limit=2"
    recorder.ask(f"{name}_get_all", "GET", f"/v1/{plural}?{page}")
    recorder.ask(f"{name}_detail", "GET", f"/v1/{plural}/detail?limit=1")
    recorder.ask(f"{name}_get", "GET", f"/v1/{plural}/{item}")


def _sort_keys(name: str) -> set[str]:
    return {
        key
        for route in ROUTES
        if route.resource is not None and route.resource.name == name
        for key in route.resource.sort_paths
    }


def _example(rule: str) -> Any:
    """Return the declared body of a call."""
    route: Route = next(each for each in ROUTES if each.rule == rule)
    assert route.resource is not None
    return openapi.request_example(route.resource, route.verb, MAXIMUM)


def _templates(recorder: Recorder) -> None:
    body = _example("audit_template:create")
    made = recorder.ask("audit_template_create", "POST", "/v1/audit_templates", body)
    _read(recorder, "audit_template", "audit_templates", made["uuid"])
    path = f"/v1/audit_templates/{made['uuid']}"
    recorder.ask("audit_template_update", "PATCH", path, _example("audit_template:update"))


def _audits(recorder: Recorder) -> None:
    body = _example("audit:create")
    made = recorder.ask("audit_create", "POST", "/v1/audits", body)
    _read(recorder, "audit", "audits", made["uuid"])
    path = f"/v1/audits/{made['uuid']}"
    recorder.ask("audit_update", "PATCH", path, _example("audit:update"))
    event = {"name": "on-alarm", "audit_type": "EVENT", "goal": "dummy", "strategy": "dummy"}
    recorder.ask("", "POST", "/v1/audits", event)
    recorder.ask("webhook_trigger", "POST", "/v1/webhooks/on-alarm", {})


def _plans(recorder: Recorder) -> None:
    first, second = (_plan(recorder, name) for name in ("drain-1", "drain-2"))
    _read(recorder, "action_plan", "action_plans", first)
    actions = recorder.ask("", "GET", f"/v1/actions?action_plan_uuid={first}")["actions"]
    _read(recorder, "action", "actions", actions[0]["uuid"])
    path = f"/v1/actions/{actions[0]['uuid']}"
    recorder.ask("action_update", "PATCH", path, _example("action:update"))
    recorder.ask("action_plan_start", "POST", f"/v1/action_plans/{first}/start")
    path = f"/v1/action_plans/{second}"
    recorder.ask("action_plan_update", "PATCH", path, _example("action_plan:update"))


def _plan(recorder: Recorder, name: str) -> str:
    """Make the plan of a new audit, as a decision engine does; return its uuid."""
    body = {**_example("audit:create"), "name": name}
    made = recorder.ask("", "POST", "/v1/audits", body)
    context = make_admin_context()
    audit = audits.claim(context, made["uuid"], HOST)
    assert audit is not None
    disable = PlannedAction(
        "change_nova_service_state",
        {
            "state": "disabled",
            "resource_name": "host-001",
            "disabled_reason": "watcher_maintaining",
        },
    )
    move = PlannedAction(
        "migrate",
        {
            "migration_type": "live",
            "source_node": "host-001",
            "destination_node": "host-002",
            "resource_id": str(uuid.UUID(int=11)),
            "resource_name": "web-1",
        },
        parents=(0,),
    )
    indicator = {
        "name": "instance_migrations_count",
        "description": "The number of servers that are moved.",
        "unit": None,
        "value": 1,
    }
    draft = Draft("host_maintenance", [disable, move], [indicator])
    plan = action_plans.create(context, audit.id, HOST, draft)
    audits.succeed(context, audit)
    return cast(str, plan.uuid)


def _steady(samples: list[Sample]) -> list[Sample]:
    """Replace what differs each time, the same way in all samples."""
    known: dict[str, str] = {}

    def named(found: re.Match[str]) -> str:
        if int(found[0].replace("-", ""), 16) < 100:  # one of ours already
            return found[0]
        name = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{_BASE_URL}/{len(known)}"))
        return known.setdefault(found[0], name)

    def steady(value: Any) -> Any:
        return json.loads(_TIME.sub(_WHEN, _UUID.sub(named, json.dumps(value))))

    return [
        Sample(each.route, steady(each.request), each.status, steady(each.answer))
        for each in samples
    ]
