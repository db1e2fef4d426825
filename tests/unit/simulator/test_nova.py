# SPDX-License-Identifier: Apache-2.0
"""Nova's paths, microversions, bodies and status codes; what is expected was seen on a real one."""

from __future__ import annotations

import pytest

ROOT = "/compute/v2.1"
ONE = "5a000000-0000-4000-8000-000000000001"
TWO = "5a000000-0000-4000-8000-000000000002"
LIVE = {"os-migrateLive": {"host": "host-2", "block_migration": "auto"}}
NO_HOST = "No valid host was found. There are not enough hosts available."


def test_discovery_needs_no_token(api):
    api.token = None
    (version,) = api.get("/compute")["versions"]
    assert (version["min_version"], version["version"]) == ("2.1", "2.96")
    assert api.get(f"{ROOT}/")["version"]["status"] == "CURRENT"


def test_without_a_token_nothing_else_is_served(api):
    api.token = None
    response = api.send("GET", f"{ROOT}/servers")
    assert (response.status_int, response.json["error"]["title"]) == (401, "Unauthorized")
    assert response.headers["WWW-Authenticate"] == 'Keystone uri="http://localhost/identity/v3"'


@pytest.mark.parametrize(
    ("sent", "served"), [(None, "2.1"), ("2.96", "2.96"), ("latest", "2.96"), ("foo 2.96", "2.1")]
)
def test_the_microversion_is_negotiated(api, sent, served):
    response = api.send("GET", f"{ROOT}/flavors", None, sent)
    assert response.headers["OpenStack-API-Version"] == f"compute {served}"
    assert response.headers["X-OpenStack-Nova-API-Version"] == served


def test_the_old_header_is_understood(api):
    response = api.send("GET", f"{ROOT}/flavors", X_OpenStack_Nova_API_Version="2.53")
    assert response.headers["OpenStack-API-Version"] == "compute 2.53"


@pytest.mark.parametrize(("sent", "status"), [("2.97", 406), ("3.0", 406), ("x.y", 400)])
def test_other_microversions_are_refused(api, sent, status):
    response = api.send("GET", f"{ROOT}/servers", None, sent)
    ((fault, body),) = response.json.items()
    assert (response.status_int, body["code"]) == (status, status)
    assert fault == ("computeFault" if status == 406 else "badRequest")


@pytest.mark.parametrize("call", [("GET", "/nope"), ("DELETE", "/os-hypervisors")])
def test_unknown_paths_are_not_found(api, call):
    response = api.send(call[0], ROOT + call[1])
    assert (response.status_int, response.content_type) == (404, "text/plain")


def test_servers_are_listed_newest_first_by_pages(api):
    path = f"{ROOT}/servers/detail?all_tenants=True&limit=2"
    first = api.get(path)
    assert [server["name"] for server in first["servers"]] == ["vm-3", "vm-2"]
    (link,) = first["servers_links"]
    assert link == {
        "rel": "next",
        "href": f"http://localhost{ROOT}/servers/detail?all_tenants=True&limit=2&marker={TWO}",
    }
    second = api.get(link["href"].removeprefix("http://localhost"))
    assert [server["name"] for server in second["servers"]] == ["vm-1"]
    assert "servers_links" not in second
    assert api.get(f"{path[:-1]}0")["servers"] == []


def test_servers_of_other_projects_are_listed_only_when_asked_for(api):
    names = [server["name"] for server in api.get(f"{ROOT}/servers")["servers"]]
    assert names == ["vm-2", "vm-1"]
    names = [server["name"] for server in api.get(f"{ROOT}/servers?all_tenants=1")["servers"]]
    assert names == ["vm-3", "vm-2", "vm-1"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("host=host-1", ["vm-2", "vm-1"]),
        ("host=nowhere", []),
        ("name=m-3", ["vm-3"]),
        ("status=ACTIVE", ["vm-3", "vm-2", "vm-1"]),
        ("status=ERROR", []),
        (f"uuid={ONE}", ["vm-1"]),
        ("flavor=2", ["vm-2"]),
        ("locked=true", []),
        ("deleted=false", ["vm-3", "vm-2", "vm-1"]),
        ("sort_key=display_name&sort_dir=asc", ["vm-1", "vm-2", "vm-3"]),
    ],
)
def test_servers_can_be_filtered_and_sorted(api, query, names):
    found = api.get(f"{ROOT}/servers/detail?all_tenants=True&{query}")["servers"]
    assert [server["name"] for server in found] == names


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/servers/detail?marker=zzz", "marker [zzz] not found"),
        ("/servers/detail?foo=zzz", "'foo' does not match any of the regexes: '^_'"),
        (
            "/servers/detail?limit=zzz",
            "Invalid input for query parameters limit. Value: zzz. 'zzz' does not match '^[0-9]*$'",
        ),
        (
            "/os-hypervisors/detail?foo=1",
            "Additional properties are not allowed ('foo' was unexpected)",
        ),
        ("/os-hypervisors/1", "Invalid uuid 1"),
    ],
)
def test_wrong_queries_are_refused_in_novas_words(api, path, message):
    response = api.send("GET", ROOT + path, None, "2.96")
    assert (response.status_int, response.json) == (
        400,
        {"badRequest": {"code": 400, "message": message}},
    )


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/servers/nope", "Instance nope could not be found."),
        ("/servers/nope/migrations", "Instance nope could not be found."),
        ("/flavors/nope", "Flavor nope could not be found."),
        ("/os-aggregates/9", "Aggregate 9 could not be found."),
        ("/os-hypervisors/detail?hypervisor_hostname_pattern=zz", "No hypervisor matching 'zz'"),
        (
            "/os-hypervisors/5f000000-0000-4000-8000-00000000000a",
            "Hypervisor with ID '5f000000-0000-4000-8000-00000000000a' could not be found.",
        ),
    ],
)
def test_what_does_not_exist_is_not_found(api, path, message):
    response = api.send("GET", ROOT + path, None, "2.96")
    fault = response.json["itemNotFound"]
    assert (response.status_int, fault["code"]) == (404, 404)
    assert fault["message"].startswith(message)


def test_a_server_shows_where_it_is_and_how_large(api):
    server = api.get(f"{ROOT}/servers/{TWO}")["server"]
    assert server["OS-EXT-SRV-ATTR:host"] == "host-1"
    assert server["OS-EXT-AZ:availability_zone"] == "left"
    assert server["flavor"] == {
        "vcpus": 4,
        "ram": 8192,
        "disk": 40,
        "ephemeral": 5,
        "swap": 2000,
        "original_name": "big",
        "extra_specs": {},
    }


def test_hypervisors_are_found_by_a_part_of_their_name_with_their_servers(api):
    path = f"{ROOT}/os-hypervisors/detail?hypervisor_hostname_pattern=t-1&with_servers=True"
    (host,) = api.get(path, "2.88")["hypervisors"]
    assert host["service"] == {
        "id": "5e000000-0000-4000-8000-000000000001",
        "host": "host-1",
        "disabled_reason": None,
    }
    assert [server["uuid"] for server in host["servers"]] == [ONE, TWO]


def test_hypervisors_show_their_use_below_2_88(api):
    host = api.get(f"{ROOT}/os-hypervisors/detail", "2.87")["hypervisors"][0]
    assert (host["vcpus"], host["vcpus_used"], host["running_vms"]) == (8, 5, 2)
    assert (host["memory_mb"], host["memory_mb_used"]) == (16384, 9216 + 512)
    assert (host["local_gb"], host["local_gb_used"]) == (200, 10 + 40 + 5 + 2)


def test_hypervisors_come_in_pages(api):
    first = api.get(f"{ROOT}/os-hypervisors?limit=2")
    (link,) = first["hypervisors_links"]
    second = api.get(link["href"].removeprefix("http://localhost"))
    names = [each["hypervisor_hostname"] for each in first["hypervisors"] + second["hypervisors"]]
    assert names == ["host-1", "host-2", "host-3"]


def test_a_service_is_disabled_with_a_reason_and_enabled_again(api):
    (service,) = api.get(f"{ROOT}/os-services?binary=nova-compute&host=host-2")["services"]
    path = f"{ROOT}/os-services/{service['id']}"
    wanted = {"status": "disabled", "disabled_reason": "watcher_x"}
    changed = api.send("PUT", path, wanted, "2.69").json["service"]
    assert (changed["status"], changed["disabled_reason"]) == ("disabled", "watcher_x")
    host = api.get(f"{ROOT}/os-hypervisors/detail")["hypervisors"][1]
    assert (host["status"], host["service"]["disabled_reason"]) == ("disabled", "watcher_x")
    changed = api.send("PUT", path, {"status": "enabled"}, "2.69").json["service"]
    assert (changed["status"], changed["disabled_reason"]) == ("enabled", None)
    changed = api.send("PUT", path, {"forced_down": True}, "2.69").json["service"]
    assert (changed["state"], changed["forced_down"]) == ("down", True)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"status": "foo"}, "'foo' is not one of ['enabled', 'disabled']"),
        ({"status": "enabled", "disabled_reason": "d"}, "Specifying 'disabled_reason'"),
        ({}, "No updates were requested."),
    ],
)
def test_wrong_changes_of_a_service_are_refused(api, body, message):
    path = f"{ROOT}/os-services/5e000000-0000-4000-8000-000000000001"
    response = api.send("PUT", path, body, "2.69")
    assert response.status_int == 400
    assert message in response.json["badRequest"]["message"]
    missing = api.send("PUT", f"{ROOT}/os-services/nope", {"status": "enabled"}, "2.69")
    assert missing.json["itemNotFound"]["message"] == "Service nope could not be found."


def test_a_live_migration_can_be_watched_and_aborted(api, clock):
    assert api.act(ONE, LIVE, "2.30").status_int == 202
    clock.pass_(5.0)
    (migration,) = api.get(f"{ROOT}/servers/{ONE}/migrations")["migrations"]
    assert (migration["status"], migration["dest_compute"]) == ("running", "host-2")
    assert migration["memory_remaining_bytes"] == migration["memory_total_bytes"] // 2
    path = f"{ROOT}/servers/{ONE}/migrations/{migration['id']}"
    assert api.get(path)["migration"] == migration
    assert api.send("DELETE", path, None, "2.80").status_int == 202
    assert api.send("GET", path, None, "2.80").json["itemNotFound"]["message"] == (
        f"Live migration 1 for server {ONE} is not in progress."
    )
    again = api.send("DELETE", path, None, "2.80")
    assert (again.status_int, list(again.json)) == (409, ["conflictingRequest"])
    (record,) = api.get(f"{ROOT}/os-migrations?instance_uuid={ONE}")["migrations"]
    assert (record["status"], record["migration_type"]) == ("cancelled", "live-migration")


def test_a_cold_migration_is_confirmed(api, clock):
    assert api.act(ONE, {"migrate": {"host": "host-2"}}).status_int == 202
    clock.pass_(10.0)
    assert api.get(f"{ROOT}/servers/{ONE}")["server"]["status"] == "VERIFY_RESIZE"
    assert api.act(ONE, {"confirmResize": None}).status_int == 204
    clock.pass_(10.0)
    server = api.get(f"{ROOT}/servers/{ONE}")["server"]
    assert (server["status"], server["OS-EXT-SRV-ATTR:host"]) == ("ACTIVE", "host-2")


def test_other_actions_answer_as_nova(api, clock):
    calls = [
        ({"os-stop": None}, "SHUTOFF"),
        ({"os-start": None}, "ACTIVE"),
        ({"resize": {"flavorRef": "2"}}, "VERIFY_RESIZE"),
        ({"revertResize": None}, "ACTIVE"),
    ]
    for body, status in calls:
        assert api.act(ONE, body).status_int == 202
        clock.pass_(10.0)
        assert api.get(f"{ROOT}/servers/{ONE}")["server"]["status"] == status
    assert api.act(ONE, {"lock": {"locked_reason": "because"}}).status_int == 202
    server = api.get(f"{ROOT}/servers/{ONE}")["server"]
    assert (server["locked"], server["locked_reason"]) == (True, "because")
    assert api.act(ONE, {"unlock": None}).status_int == 202
    assert not api.get(f"{ROOT}/servers/{ONE}")["server"]["locked"]


def live(host):
    return {"os-migrateLive": {"host": host, "block_migration": "auto"}}


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (live("nope"), 400, "Compute host nope could not be found."),
        (live("host-1"), 400, NO_HOST),
        ({"os-migrateLive": {}}, 400, "'block_migration' is a required property"),
        ({"foo": {}}, 400, "There is no such action: foo"),
        ({"os-stop": None, "os-start": None}, 400, "Malformed request body"),
        ([], 400, "Malformed request body"),
        ({"migrate": {"host": "host-1"}}, 400, "Cannot migrate to the host where the server"),
        ({"resize": {}}, 400, "'flavorRef' is a required property"),
        (
            {"confirmResize": None},
            409,
            f"Cannot 'confirmResize' instance {ONE} while it is in vm_state active",
        ),
        ({"os-start": None}, 409, f"Cannot 'start' instance {ONE} while it is in vm_state active"),
    ],
)
def test_wrong_actions_are_refused_in_novas_words(api, body, status, message):
    response = api.act(ONE, body, "2.30" if "migrate" not in body else "2.96")
    fault = {400: "badRequest", 409: "conflictingRequest"}[status]
    assert (response.status_int, response.json[fault]["code"]) == (status, status)
    assert message in response.json[fault]["message"]


def test_a_migration_without_a_host_is_refused_below_2_34_and_accepted_from_it_on(api):
    for name in ("2", "3"):
        api.send(
            "PUT",
            f"{ROOT}/os-services/5e000000-0000-4000-8000-00000000000{name}",
            {"status": "disabled"},
            "2.69",
        )
    refused = api.act(ONE, live(None), "2.30")
    assert refused.json == {"badRequest": {"code": 400, "message": NO_HOST}}
    assert api.act(ONE, live(None), "2.96").status_int == 202


def test_a_server_is_created_and_deleted(api, clock):
    wanted = {"name": "new", "flavorRef": "1", "imageRef": "x", "networks": "none"}
    response = api.send("POST", f"{ROOT}/servers", {"server": {**wanted, "host": "host-3"}}, "2.96")
    ident = response.json["server"]["id"]
    assert response.status_int == 202
    assert api.get(f"{ROOT}/servers/{ident}")["server"]["status"] == "BUILD"
    clock.pass_(10.0)
    server = api.get(f"{ROOT}/servers/{ident}")["server"]
    assert (server["status"], server["OS-EXT-SRV-ATTR:host"]) == ("ACTIVE", "host-3")
    assert api.send("DELETE", f"{ROOT}/servers/{ident}").status_int == 204
    clock.pass_(10.0)
    assert api.send("GET", f"{ROOT}/servers/{ident}").status_int == 404
    assert api.send("DELETE", f"{ROOT}/servers/{ident}").status_int == 404


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"flavorRef": "99"}, "Flavor 99 could not be found."),
        ({"host": "nope"}, "Compute host nope could not be found."),
        ({"availability_zone": "zz"}, "The requested availability zone is not available"),
    ],
)
def test_a_server_that_cannot_be_created_is_refused(api, change, message):
    wanted = {"name": "x", "flavorRef": "1", "networks": "none", **change}
    response = api.send("POST", f"{ROOT}/servers", {"server": wanted}, "2.96")
    assert response.json == {"badRequest": {"code": 400, "message": message}}
    del wanted["networks"]
    response = api.send("POST", f"{ROOT}/servers", {"server": wanted}, "2.96")
    assert "'networks' is a required property" in response.json["badRequest"]["message"]


def test_flavors_aggregates_and_zones(api):
    flavors = api.get(f"{ROOT}/flavors/detail?is_public=None", "2.61")["flavors"]
    assert [(each["name"], each["swap"]) for each in flavors] == [("small", ""), ("big", 2000)]
    assert api.get(f"{ROOT}/flavors/2")["flavor"]["OS-FLV-EXT-DATA:ephemeral"] == 5
    assert api.get(f"{ROOT}/flavors/2/os-extra_specs") == {"extra_specs": {}}
    (aggregate,) = api.get(f"{ROOT}/os-aggregates", "2.81")["aggregates"]
    assert (aggregate["hosts"], aggregate["availability_zone"]) == (["host-1", "host-2"], "left")
    assert api.get(f"{ROOT}/os-aggregates/1", "2.81")["aggregate"] == aggregate
    zones = api.get(f"{ROOT}/os-availability-zone/detail")["availabilityZoneInfo"]
    assert {zone["zoneName"]: list(zone["hosts"]) for zone in zones} == {
        "left": ["host-1", "host-2"],
        "nova": ["host-3"],
    }


@pytest.mark.parametrize(
    "call",
    [
        ("GET", "/os-hypervisors", None),
        ("GET", "/os-services", None),
        ("GET", "/servers/detail?all_tenants=1", None),
        ("POST", "/servers/5a000000-0000-4000-8000-000000000003/action", LIVE),
    ],
)
def test_what_is_for_admins_is_forbidden_to_others(api, call):
    api.log_in("demo", "team")
    method, path, body = call
    response = api.send(method, ROOT + path, body, "2.96")
    assert (response.status_int, list(response.json)) == (403, ["forbidden"])


def test_others_see_and_stop_only_their_own_servers(api):
    three = "5a000000-0000-4000-8000-000000000003"
    api.act(three, {"lock": None})
    api.log_in("demo", "team")
    assert [each["id"] for each in api.get(f"{ROOT}/servers")["servers"]] == [three]
    assert "OS-EXT-SRV-ATTR:host" not in api.get(f"{ROOT}/servers/{three}")["server"]
    assert api.send("GET", f"{ROOT}/servers/{ONE}").status_int == 404
    locked = api.act(three, {"os-stop": None})
    assert locked.json["conflictingRequest"]["message"] == f"Instance {three} is locked"
