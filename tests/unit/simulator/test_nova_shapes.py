# SPDX-License-Identifier: Apache-2.0
"""The keys of each body, compared with those of a real Nova 2.104.

``nova_shapes.json`` holds them by kind of body and microversion. It was recorded from a Nova whose
hypervisors were fake.
"""

from __future__ import annotations

import json
import pathlib

import pytest

SHAPES = json.loads(pathlib.Path(__file__).with_name("nova_shapes.json").read_text())
ROOT = "/compute/v2.1"
ONE = "5a000000-0000-4000-8000-000000000001"
PLACES = {
    "server": (f"/servers/{ONE}", lambda body: body["server"]),
    "server.flavor": (f"/servers/{ONE}", lambda body: body["server"]["flavor"]),
    "servers": ("/servers/detail", lambda body: body["servers"][0]),
    "hypervisors": ("/os-hypervisors", lambda body: body["hypervisors"][0]),
    "hypervisors_detail": ("/os-hypervisors/detail", lambda body: body["hypervisors"][0]),
    "hypervisor.service": (
        "/os-hypervisors/detail",
        lambda body: body["hypervisors"][0]["service"],
    ),
    "services": ("/os-services", lambda body: body["services"][0]),
    "flavors": ("/flavors/detail", lambda body: body["flavors"][0]),
    "migrations": ("/os-migrations", lambda body: body["migrations"][0]),
    "server_migrations": (f"/servers/{ONE}/migrations", lambda body: body["migrations"][0]),
    "server_migration": (f"/servers/{ONE}/migrations/1", lambda body: body["migration"]),
}


def test_each_recorded_body_is_compared():
    assert set(SHAPES) == set(PLACES)


@pytest.mark.parametrize(
    ("kind", "version"), [(kind, version) for kind in PLACES for version in SHAPES[kind]]
)
def test_keys_are_those_of_a_real_nova(api, clock, kind, version):
    if "migration" in kind:
        api.act(ONE, {"os-migrateLive": {"host": "host-2", "block_migration": "auto"}})
        clock.pass_(5.0)
    path, pick = PLACES[kind]
    assert sorted(pick(api.get(ROOT + path, version))) == SHAPES[kind][version]
