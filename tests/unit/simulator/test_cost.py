# SPDX-License-Identifier: Apache-2.0
"""A request about one thing looks at that thing, not at the whole cloud."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.simulator.conftest import Api, Clock
from watcher.simulator.cloud import Cloud

ONE, TWO = "5a000000-0000-4000-8000-000000000001", "5a000000-0000-4000-8000-000000000002"
HOST, SERVICE = "5f000000-0000-4000-8000-000000000001", "5e000000-0000-4000-8000-000000000001"
SERVERS = "/compute/v2.1/servers"
PROVIDER = f"/placement/resource_providers/{HOST}"
TO_HOST_2 = {"host": "host-2", "block_migration": "auto"}
NEW = {"server": {"name": "new", "flavorRef": "1", "networks": "none", "host": "host-3"}}


class Indexed(dict[str, Any]):
    """Records that can be looked up, but not walked over."""

    def _walk(self, *_args: Any) -> Any:
        raise AssertionError("the whole cloud was walked over")

    __iter__ = keys = values = items = _walk  # type: ignore[assignment]


def forbid_walks(cloud: Cloud) -> None:
    ledger = cloud._ledger
    for name in ("servers", "hosts", "migrations", "_held", "_used"):
        setattr(ledger, name, Indexed(getattr(ledger, name)))


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", f"{SERVERS}/{ONE}", None, 200),
        ("GET", f"{SERVERS}/detail?all_tenants=1&uuid={ONE}", None, 200),
        ("GET", f"{SERVERS}/detail?all_tenants=1&host=host-1", None, 200),
        ("GET", f"{SERVERS}/{ONE}/migrations", None, 200),
        ("GET", f"{SERVERS}/{ONE}/os-instance-actions", None, 200),
        ("GET", f"/compute/v2.1/os-migrations?instance_uuid={ONE}", None, 200),
        ("GET", f"/compute/v2.1/os-hypervisors/{HOST}", None, 200),
        ("GET", "/compute/v2.1/os-services?host=host-1", None, 200),
        ("PUT", f"/compute/v2.1/os-services/{SERVICE}", {"status": "disabled"}, 200),
        ("GET", PROVIDER, None, 200),
        ("GET", f"{PROVIDER}/inventories", None, 200),
        ("GET", f"{PROVIDER}/usages", None, 200),
        ("GET", f"{PROVIDER}/allocations", None, 200),
        ("GET", f"/placement/resource_providers?uuid={HOST}", None, 200),
        ("GET", f"/placement/allocations/{ONE}", None, 200),
        ("POST", f"{SERVERS}/{ONE}/action", {"os-migrateLive": TO_HOST_2}, 202),
        ("POST", f"{SERVERS}/{ONE}/action", {"migrate": {"host": "host-2"}}, 202),
        ("POST", f"{SERVERS}/{ONE}/action", {"os-stop": None}, 202),
        ("POST", SERVERS, NEW, 202),
        ("DELETE", f"{SERVERS}/{ONE}", None, 204),
    ],
)
def test_a_request_about_one_thing_does_not_walk_over_the_cloud(
    api: Api, clock: Clock, method: str, path: str, body: Any, status: int
) -> None:
    forbid_walks(api.application.cloud)
    version = "placement 1.39" if "/placement" in path else "2.96"
    assert api.send(method, path, body, version).status_int == status
    clock.pass_(100.0)
    api.application.cloud.now()


def test_a_new_server_has_a_number_that_no_other_ever_had(cloud: Cloud, clock: Clock) -> None:
    first = cloud.create_server("first", "1")
    cloud.delete_server(first.uuid)
    clock.pass_(100.0)
    assert cloud.create_server("second", "1").number == first.number + 1
