# SPDX-License-Identifier: Apache-2.0
"""A small simulated cloud with a clock that tests move, and a client without a network."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest
from webob import Request, Response

from watcher.simulator.cloud import Cloud
from watcher.simulator.generator import EPOCH
from watcher.simulator.motion import Options
from watcher.simulator.records import Aggregate, Contents, Flavor, Host, Project, Server
from watcher.simulator.server import Application

SMALL = Flavor("1", "small", 1, 1024, 10)
BIG = Flavor("2", "big", 4, 8192, 40, ephemeral_gib=5, swap_mib=2000)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s

    def pass_(self, seconds: float) -> None:
        self.now_s += seconds


def a_host(number: int, **values: Any) -> Host:
    name = f"host-{number}"
    sizes = {"vcpus": 8, "memory_mib": 16384, "disk_gib": 200, **values}
    return Host(
        uuid=f"5f000000-0000-4000-8000-00000000000{number}",
        service_uuid=f"5e000000-0000-4000-8000-00000000000{number}",
        number=number,
        hostname=name,
        hypervisor_hostname=name,
        **sizes,
    )


def a_server(number: int, host: str, flavor: Flavor = SMALL, **values: Any) -> Server:
    return Server(
        uuid=f"5a000000-0000-4000-8000-00000000000{number}",
        number=number,
        name=f"vm-{number}",
        flavor=flavor,
        host=host,
        created=EPOCH,
        **values,
    )


def some_contents() -> Contents:
    """Return three hosts; host-1 has two servers, host-2 one, host-3 none."""
    team = Project("team0000000000000000000000000001", "team")
    return Contents(
        hosts=(a_host(1), a_host(2), a_host(3)),
        servers=(
            a_server(1, "host-1", metadata={"role": "web"}),
            a_server(2, "host-1", BIG),
            a_server(3, "host-2", project_id=team.id),
        ),
        flavors=(SMALL, BIG),
        aggregates=(
            Aggregate(
                1,
                "5d000000-0000-4000-8000-000000000001",
                "left",
                ("host-1", "host-2"),
                "left",
                {"availability_zone": "left"},
            ),
        ),
        projects=(*Contents((), (), ()).projects, team),
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_cloud(clock: Clock) -> Callable[..., Cloud]:
    """Return a maker of clouds, from changes to the contents and from options."""

    def make(options: Options | None = None, **changes: Any) -> Cloud:
        contents = dataclasses.replace(some_contents(), **changes)
        return Cloud(contents, options, clock=clock, started=EPOCH)

    return make


@pytest.fixture
def cloud(make_cloud: Callable[..., Cloud]) -> Cloud:
    return make_cloud(Options(migration_seconds=10.0))


class Api:
    """Sends requests to the application; logs in once."""

    def __init__(self, cloud: Cloud) -> None:
        self.application = Application(cloud, password="secret", token_lifetime_s=1000.0)
        self.token: str | None = None

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        version: str | None = None,
        **headers: str | None,
    ) -> Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items() if value}
        if self.token and "X_Auth_Token" not in headers:
            sent["X-Auth-Token"] = self.token
        if version is not None:
            sent["OpenStack-API-Version"] = version if " " in version else f"compute {version}"
        data = b"" if body is None else json.dumps(body).encode()
        request = Request.blank(path, method=method, body=data, headers=sent)
        return request.get_response(self.application)

    def get(self, path: str, version: str = "2.96", **headers: str | None) -> Any:
        response = self.send("GET", path, None, version, **headers)
        assert response.status_int == 200, response.text
        return response.json

    def act(self, server: str, body: Any, version: str = "2.96") -> Response:
        return self.send("POST", f"/compute/v2.1/servers/{server}/action", body, version)

    def log_in(self, user: str = "admin", project: str | None = "admin", **more: Any) -> Response:
        password = {"user": {"name": user, "domain": {"id": "default"}, "password": "secret"}}
        auth: dict[str, Any] = {"identity": {"methods": ["password"], "password": password}}
        if project is not None:
            auth["scope"] = {"project": {"name": project, "domain": {"id": "default"}}}
        response = self.send("POST", "/identity/v3/auth/tokens", {"auth": auth | more})
        if response.status_int == 201:
            self.token = response.headers["X-Subject-Token"]
        return response


@pytest.fixture
def api(cloud: Cloud) -> Api:
    made = Api(cloud)
    made.log_in()
    return made
