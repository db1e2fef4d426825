# SPDX-License-Identifier: Apache-2.0
"""Every route of the running application has a policy rule, and enforces it."""

from __future__ import annotations

import contextlib
import gc
import itertools
from collections.abc import Iterator
from typing import Any

import pecan
import pytest
import webob

from tests.api.conftest import Catalogue, Client, fault
from watcher.api.controller import ROUTES, Route
from watcher.api.controllers import v1
from watcher.api.expose import Endpoint
from watcher.common import policies
from watcher.db import models

#: Calls that need no role: documents that say what there is.
PUBLIC = {("GET", "/"), ("GET", "/v1/")}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def served() -> Iterator[tuple[str, str]]:
    """Yield every call that an endpoint has."""
    for name, endpoint in v1.ENDPOINTS.items():
        for method, path in endpoint.exposed_methods:
            yield method, f"/v1/{name}{path}"


def declared(method: str, path: str) -> Route | None:
    """Return the declaration of a call."""
    candidates = {path, path.replace("/{ident}", ""), f"{path}/{{ident}}"}
    name = path.rpartition("/")[2]
    candidates.add(path.replace(f"/{name}", f"/{{ident}}/{name}"))
    found = [each for each in ROUTES if each.method == method and each.path in candidates]
    return found[0] if found else None


@pytest.mark.parametrize("call", sorted(set(served()) - PUBLIC), ids=" ".join)
def test_every_route_has_a_policy_rule(call: tuple[str, str]) -> None:
    route = declared(*call)
    assert route is not None
    assert route.rule in {rule.name for rule in policies.list_rules()}


def _root_of(application: Any) -> Any:
    """Return the root of the tree that pecan routes by, inside all the layers."""
    while not isinstance(application, pecan.Pecan):
        application = application.application
    return application.root


def _walk(root: Any) -> Iterator[tuple[str, str]]:
    """Ask the root for every method and every shape of path; yield what it finds a handler for."""
    actions = {route.path.rpartition("/")[2] for route in ROUTES} - {"{ident}"}
    shapes = ["", "/{ident}", *(f"/{name}" for name in actions)]
    shapes += [f"/{{ident}}/{name}" for name in (*actions, "else")]
    paths = ["/", *(f"/v1/{name}{shape}" for name in v1.ENDPOINTS if name for shape in shapes)]
    paths += ["/v1/", *(f"/{name}" for name in v1.ENDPOINTS if name)]
    for method, path in itertools.product(METHODS, paths):
        request = webob.Request.blank(path, method=method)
        request.pecan = {}
        with contextlib.suppress(webob.exc.HTTPException):
            root._route(path.strip("/").split("/"), request)
            yield method, path


def test_no_route_of_the_running_application_does_anything_for_nobody(
    client: Client, rows, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = _items(rows, catalogue)
    monkeypatch.setattr(v1, "_negotiate", lambda _request: None)  # not within a request here
    routes = list(_walk(_root_of(client.application)))
    monkeypatch.undo()
    assert len(routes) > len(ROUTES)
    for method, path in sorted(set(routes) - PUBLIC):
        name = path.removeprefix("/v1").split("/")[1]
        filled = path.replace("{ident}", items.get(name, "x"))
        answer = client(method, filled, [] if method == "PATCH" else {}, roles="member")
        assert answer.status_int in (400, 403, 404), (method, path, answer.text)


def test_there_are_no_endpoints_but_those_that_are_walked() -> None:
    gc.collect()
    known = [*v1.ENDPOINTS.values(), v1._NOWHERE]
    public = [each for each in gc.get_objects() if isinstance(each, Endpoint)]
    others = [each for each in public if not any(each is one for one in known)]
    for endpoint in others:  # each application has its own root document
        assert endpoint.exposed_methods == [("GET", "")]


BODIES = {
    "create": {
        "/v1/audit_templates": {"name": "t", "goal": "dummy"},
        "/v1/audits": {"goal": "dummy", "audit_type": "EVENT"},
    },
}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_refuses_a_caller_without_role(
    client: Client, rows, catalogue: Catalogue, route: Route
) -> None:
    path = route.path.replace("{ident}", _item(route, rows, catalogue))
    body = {"create": BODIES["create"].get(route.path), "update": []}.get(route.verb)
    body = {} if route.rule == "webhook:trigger" else body
    answer = client(route.method, path, body, roles="member")
    assert answer.status_int == 403, answer.text
    assert str(route.rule) in fault(answer)["faultstring"]


def _item(route: Route, rows, catalogue: Catalogue) -> str:
    return _items(rows, catalogue).get(route.path.split("/")[2], "")


def _items(rows, catalogue: Catalogue) -> dict[str, str]:
    goal, strategy = catalogue.goal, catalogue.strategy
    audit = rows(
        models.Audit, name="a", audit_type="EVENT", goal_id=goal.id, strategy_id=strategy.id
    )
    plan = rows(models.ActionPlan, audit_id=audit.id, strategy_id=strategy.id, state="RECOMMENDED")
    made = {
        "goals": goal,
        "strategies": strategy,
        "audits": audit,
        "webhooks": audit,
        "action_plans": plan,
        "audit_templates": rows(models.AuditTemplate, name="t0", goal_id=goal.id),
        "actions": rows(models.Action, action_plan_id=plan.id, action_type="nop"),
        "scoring_engines": rows(models.ScoringEngine, name="s", description="", metainfo=""),
        "services": rows(models.Service, name="watcher-applier", host="h"),
    }
    return {name: str(getattr(item, "uuid", item.id)) for name, item in made.items()}


def test_existence_comes_before_the_policy_for_items(client: Client) -> None:
    assert client("GET", "/v1/audits/nope", roles="member").status_int == 404


def test_the_policy_comes_before_existence_for_scoring_engines(client: Client) -> None:
    assert client("GET", "/v1/scoring_engines/nope", roles="member").status_int == 403


def test_the_policy_comes_before_the_values_of_a_list(client: Client) -> None:
    assert client("GET", "/v1/audits?sort_key=nope", roles="member").status_int == 403
