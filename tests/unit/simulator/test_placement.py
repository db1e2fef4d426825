# SPDX-License-Identifier: Apache-2.0
"""Placement's answers."""

from __future__ import annotations

import pytest

HOST = "5f000000-0000-4000-8000-000000000001"
ONE = "5a000000-0000-4000-8000-000000000001"


def get(api, path, version=None):
    return api.send("GET", f"/placement{path}", None, version and f"placement {version}")


def test_discovery_needs_no_token(api):
    api.token = None
    (version,) = get(api, "/").json["versions"]
    assert (version["min_version"], version["max_version"]) == ("1.0", "1.39")
    assert get(api, "/resource_providers").status_int == 401


def test_inventories_hold_totals_reserved_and_ratios(api):
    body = get(api, f"/resource_providers/{HOST}/inventories").json
    assert body["inventories"]["VCPU"] == {
        "total": 8,
        "reserved": 0,
        "min_unit": 1,
        "max_unit": 8,
        "step_size": 1,
        "allocation_ratio": 4.0,
    }
    assert body["inventories"]["MEMORY_MB"]["reserved"] == 512
    assert list(body["inventories"]) == ["VCPU", "MEMORY_MB", "DISK_GB"]
    one = get(api, f"/resource_providers/{HOST}/inventories/VCPU").json
    generation = body["resource_provider_generation"]
    assert one == {**body["inventories"]["VCPU"], "resource_provider_generation": generation}


def test_usages_are_the_sum_of_allocations(api):
    usages = get(api, f"/resource_providers/{HOST}/usages").json["usages"]
    body = get(api, f"/resource_providers/{HOST}/allocations").json
    for name, amount in usages.items():
        assert amount == sum(each["resources"][name] for each in body["allocations"].values())
    assert usages == {"VCPU": 5, "MEMORY_MB": 9216, "DISK_GB": 57}


def test_a_move_holds_its_source_in_the_name_of_the_migration(api, cloud):
    before = get(api, f"/resource_providers/{HOST}").json["generation"]
    cloud.live_migrate(ONE, "host-2")
    (migration,) = cloud.migrations(ONE)
    (held,) = get(api, f"/allocations/{ONE}").json["allocations"]
    assert held == cloud.host("host-2").uuid
    (held,) = get(api, f"/allocations/{migration.uuid}").json["allocations"]
    assert held == HOST
    assert get(api, f"/resource_providers/{HOST}").json["generation"] > before
    assert get(api, "/allocations/nobody").json == {"allocations": {}}


def test_providers_are_found_by_name(api):
    (found,) = get(api, "/resource_providers?name=host-2").json["resource_providers"]
    assert found["uuid"].endswith("2")
    assert len(get(api, "/resource_providers").json["resource_providers"]) == 3


@pytest.mark.parametrize(
    ("version", "keys"),
    [
        (None, {"uuid", "name", "generation", "links"}),
        (
            "1.39",
            {"uuid", "name", "generation", "links", "parent_provider_uuid", "root_provider_uuid"},
        ),
    ],
)
def test_a_provider_has_the_keys_of_its_microversion(api, version, keys):
    response = get(api, f"/resource_providers/{HOST}", version)
    assert set(response.json) == keys
    assert response.headers["openstack-api-version"] == f"placement {version or '1.0'}"


@pytest.mark.parametrize(
    "path", ["/nope", "/resource_providers/zz", "/resource_providers/zz/inventories"]
)
def test_what_does_not_exist_is_not_found(api, path):
    response = get(api, path, "1.39")
    (error,) = response.json["errors"]
    assert (response.status_int, error["status"], error["title"]) == (404, 404, "Not Found")
    assert sorted(error) == ["code", "detail", "request_id", "status", "title"]


@pytest.mark.parametrize("version", ["1.99", "x"])
def test_other_microversions_are_refused(api, version):
    response = get(api, "/resource_providers", version)
    (error,) = response.json["errors"]
    assert (response.status_int, error["max_version"]) == (406, "1.39")


def test_placement_is_for_admins(api):
    api.log_in("demo", "team")
    assert get(api, "/resource_providers").status_int == 403
