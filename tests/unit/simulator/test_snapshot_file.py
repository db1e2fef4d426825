# SPDX-License-Identifier: Apache-2.0
"""Clouds from files: our own form, the data model of a real cloud, and what is neither."""

from __future__ import annotations

import json

import pytest

from watcher.simulator import origins, snapshot_file
from watcher.simulator.motion import Options

MINIMAL = {
    "watcher_simulator": 1,
    "hosts": [{"hostname": "a", "vcpus": 4, "memory_mib": 8192, "disk_gib": 100}],
    "flavors": [{"name": "small", "vcpus": 1, "memory_mib": 1024, "disk_gib": 10}],
    "servers": [{"name": "vm", "flavor": "small", "host": "a"}],
}
NODE = {
    "node_uuid": "5f000000-0000-4000-8000-000000000001",
    "node_hostname": "node-a",
    "node_status": "disabled",
    "node_disabled_reason": "watcher_x",
    "node_state": "up",
    "node_vcpus": 16,
    "node_vcpu_reserved": 1,
    "node_vcpu_ratio": 4.0,
    "node_memory": 32768,
    "node_memory_mb_reserved": 512,
    "node_memory_ratio": 1.5,
    "node_disk": 400,
    "node_disk_gb_reserved": 10,
    "node_disk_ratio": 1.0,
}
SERVER = {
    "server_uuid": "5a000000-0000-4000-8000-000000000001",
    "server_name": "vm-one",
    "server_state": "stopped",
    "server_vcpus": 1,
    "server_memory": 1024,
    "server_disk": 10,
    "server_metadata": {"role": "web"},
    "server_project_id": "0a0b0c0d0e0f40008000000000000009",
    "server_locked": True,
    "server_pinned_az": "zone-1",
    "server_flavor_extra_specs": {"hw:cpu_policy": "dedicated"},
}


def a_minimal_host(**values):
    return {**MINIMAL, "hosts": [{**MINIMAL["hosts"][0], **values}]}


def a_minimal_server(**values):
    return {**MINIMAL, "servers": [{**MINIMAL["servers"][0], **values}]}


def a_model_row(**values):
    return {"context": [{**NODE, **SERVER, **values}]}


def test_what_is_left_out_of_a_file_gets_a_default_and_the_same_id_each_time():
    first, second = snapshot_file.parse(MINIMAL), snapshot_file.parse(MINIMAL)
    assert first.hosts == second.hosts
    assert first.servers[0].uuid == second.servers[0].uuid
    assert first.hosts[0].vcpu_ratio == 4.0
    assert [project.name for project in first.projects] == ["admin"]


def test_a_data_model_is_a_cloud():
    other = {**NODE, "node_uuid": "5f000000-0000-4000-8000-000000000002", "node_hostname": "b"}
    cloud = snapshot_file.parse({"context": [{**NODE, **SERVER}, other]})
    host, server = cloud.hosts[0], cloud.servers[0]
    assert [each.hostname for each in cloud.hosts] == ["node-a", "b"]
    assert (host.uuid, host.status, host.disabled_reason) == (
        NODE["node_uuid"],
        "disabled",
        "watcher_x",
    )
    assert host.capacity == (60.0, 48384.0, 390.0)
    assert (server.uuid, server.host, server.vm_state, server.locked) == (
        SERVER["server_uuid"],
        "node-a",
        "stopped",
        True,
    )
    assert server.size() == (1, 1024, 10)
    assert server.flavor.extra_specs == {"hw:cpu_policy": "dedicated"}
    assert (server.pinned_zone, cloud.zones()) == ("zone-1", {"node-a": "zone-1", "b": "nova"})
    assert {project.name for project in cloud.projects} == {"admin", "project-0a0b0c0d"}


def test_servers_of_one_size_share_a_flavor():
    second = {**SERVER, "server_uuid": "5a000000-0000-4000-8000-000000000002"}
    cloud = snapshot_file.parse({"context": [{**NODE, **SERVER}, {**NODE, **second}]})
    assert (len(cloud.flavors), len(cloud.servers), len(cloud.hosts)) == (1, 2, 1)


def test_a_cloud_dumped_during_a_migration_is_at_rest(tmp_path, make_cloud, clock):
    cloud = make_cloud(Options(migration_seconds=10.0))
    one, two, _three = (server.uuid for server in cloud.servers())
    cloud.live_migrate(one, "host-2")
    cloud.cold_migrate(two, "host-2")
    clock.pass_(9.0)
    path = tmp_path / "cloud.json"
    cloud.dump(path)
    loaded = origins.load(path, clock=clock)
    assert [(s.host, s.vm_state, s.task_state) for s in loaded.servers()] == [
        ("host-1", "active", None),
        ("host-2", "active", None),
        ("host-2", "active", None),
    ]
    loaded.live_migrate(one, "host-2")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "expected JSON, found too many levels of nesting"),
        ('{"watcher_simulator": 1, "hosts": ' + "[" * 9999 + "]" * 9999 + "}", "levels of nesting"),
        (b'{"name": "caf\xe9"}', "expected JSON in UTF-8, found byte 0xe9 at position 13"),
        ("9" * 5000, "expected JSON with numbers of usual size"),
        ("[NaN]", "expected JSON with numbers of usual size: found NaN"),
        *(
            (document, f"expected an object with the key 'watcher_simulator' or .*, found {found}")
            for document, found in (
                ({"x": 1}, "an object"),
                ([], "a list"),
                ([1], "a list"),
                ("3", "a number"),
                ("null", "null"),
                ('"x"', "a string"),
                ("true", "a boolean"),
            )
        ),
        ({"context": {}}, "context: expected a list of objects, found an object"),
        ({"context": [3]}, "context: expected a list of objects, found a number in it"),
        ({"context": []}, "expected at least one host, found none"),
        ({**MINIMAL, "hosts": [], "servers": []}, "expected at least one host, found none"),
        ({**MINIMAL, "hosts": {}}, "hosts: expected a list of objects, found an object"),
        ({**MINIMAL, "servers": ["vm"]}, "servers: expected a list of objects, found a string in"),
        ({**MINIMAL, "projects": None}, "projects: expected a list of objects, found null"),
        ({**MINIMAL, "hosts": [{"hostname": "a"}]}, "a host needs vcpus, memory_mib, disk_gib"),
        (a_minimal_host(vcpus="4"), "vcpus of a host: expected a whole number >= 0, found '4'"),
        (a_minimal_host(vcpus=-4), "vcpus of a host: expected a whole number >= 0, found -4"),
        (a_minimal_host(vcpus=True), "vcpus of a host: expected a whole number >= 0, found True"),
        (a_minimal_host(vcpu_ratio=None), "vcpu_ratio of a host: expected a number >= 0"),
        (a_minimal_host(forced_down=1), "forced_down of a host: expected true or false, found 1"),
        (a_minimal_host(hostname=["a"]), "hostname of a host: expected a string, found a list"),
        (a_minimal_host(hostname=""), "hostname of a host: expected a name, found ''"),
        (a_minimal_host(uuid="seven"), "uuid of a host: expected a UUID, found 'seven'"),
        (
            a_minimal_host(service_uuid="9"),
            "service_uuid of a host: expected a UUID, found '9'",
        ),
        (a_minimal_server(name=""), "name of a server: expected a name, found ''"),
        (a_minimal_server(uuid="a/b"), "uuid of a server: expected a UUID, found 'a/b'"),
        (
            a_minimal_server(created="soon"),
            "created of a server: expected .* ISO 8601, found 'soon'",
        ),
        (a_minimal_server(created=5), "created of a server: expected .* ISO 8601, found 5"),
        (a_model_row(node_hostname=["a"]), "node_hostname: expected a string, found a list"),
        (a_model_row(node_hostname=None), "node_hostname: expected a string, found null"),
        (a_model_row(node_uuid=None), "uuid of a host: expected a string, found null"),
        (a_model_row(node_vcpus="x"), "node_vcpus: expected a number, found 'x'"),
        (a_model_row(node_vcpus=float("1e999")), "numbers of usual size"),
        (json.dumps(a_model_row(node_vcpus=77)).replace("77", "1e999"), "a number, found inf"),
        (a_model_row(node_vcpus=None), "node_vcpus: expected a number, found null"),
        (a_model_row(node_disk=-5), "disk_gib of a host: expected a whole number >= 0, found -5"),
        (a_model_row(server_name=None), "name of a server: expected a string, found null"),
        (a_model_row(server_memory={}), "server_memory: expected a number, found an object"),
        (a_model_row(server_metadata=[1]), "server_metadata: expected an object, found a list"),
        ({**MINIMAL, "watcher_simulator": 2}, "expected version 1, found 2"),
        ({**MINIMAL, "hosts": [{"hostname": "a", "cpus": 4}]}, "a host has no cpus"),
        ({"watcher_simulator": 1, "hosts": []}, "'flavors' is missing"),
        (
            {**MINIMAL, "servers": [{"name": "vm", "flavor": "big", "host": "a"}]},
            "server 'vm' has the unknown flavor 'big'",
        ),
        (
            {**MINIMAL, "servers": [{"name": "vm", "flavor": "small", "host": "b"}]},
            "server 'vm' is on the unknown host 'b'",
        ),
        ({**MINIMAL, "hosts": MINIMAL["hosts"] * 2}, "two hosts have the same hostname"),
        (
            {
                **MINIMAL,
                "hosts": [
                    {**MINIMAL["hosts"][0], "hostname": x, "uuid": SERVER["server_uuid"]}
                    for x in "ab"
                ],
            },
            "two hosts have the same uuid",
        ),
        ({**MINIMAL, "servers": MINIMAL["servers"] * 2}, "two servers have the same uuid"),
        (
            {**MINIMAL, "aggregates": [{"name": "x", "hosts": ["b"]}]},
            "aggregate 'x' names an unknown host",
        ),
    ],
)
def test_a_file_that_is_no_cloud_says_why(tmp_path, document, message):
    path = tmp_path / "cloud.json"
    text = document if isinstance(document, str | bytes) else json.dumps(document)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=f"cloud.json: .*{message}") as raised:
        snapshot_file.read(path)
    assert "\n" not in str(raised.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ValueError, match=f"{tmp_path}: expected a JSON file, found: Is a dir"):
        snapshot_file.read(tmp_path)
