# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501 - the tables of values are easier to read as they are
"""Values at the edges of what JSON, Unicode, calendars and columns can hold."""

from __future__ import annotations

import json
import time
import xml.etree.ElementTree as ET
from typing import Any

import pytest
import webob

from tests.api.conftest import Catalogue, Client
from watcher.db import models

AUDIT = {"goal": "dummy", "strategy": "dummy", "audit_type": "EVENT"}
AUDIT_BYTES = json.dumps(AUDIT).encode()
#: Of the processor, so that other work of the machine does not count.
SLOWEST_S = 5


def ask(client: Client, *arguments: Any, **options: Any) -> webob.Response:
    """Send a request; fail when the answer breaks the published promises."""
    began = time.thread_time()
    answer = client(*arguments, **options)
    assert time.thread_time() - began < SLOWEST_S
    assert answer.status_int < 500, answer.text
    if answer.status_int >= 400:
        assert answer.content_type == "application/json"
        assert set(answer.json) == {"error_message"}
        assert len(answer.body) < 40_000
    return answer


def nested(depth: int, leaf: Any = None) -> dict[str, Any]:
    value: dict[str, Any] = {} if leaf is None else {"a": leaf}
    for _ in range(depth - 1):
        value = {"a": value}
    return value


def scope(depth: int) -> list[Any]:
    return [{"compute": [{"exclude": [{"instance_metadata": [nested(depth)]}]}]}]


BODIES: dict[str, tuple[bytes, set[int]]] = {
    "100 000 lists": (b"[" * 50_000 + b"]" * 50_000, {400}),
    "20 000 objects": (b'{"a":' * 18_000 + b"1" + b"}" * 18_000, {400}),
    "an open end": (b"[" * 100_000, {400}),
    "10 MB": (b'{"name":"' + b"x" * 10_000_000 + b'"}', {413}),
    "UTF-16": (json.dumps(AUDIT).encode("utf-16"), {400}),
    "UTF-16 without a mark": (json.dumps(AUDIT).encode("utf-16-le"), {400}),
    "UTF-32": (json.dumps(AUDIT).encode("utf-32"), {400}),
    "a byte order mark": (b"\xef\xbb\xbf" + AUDIT_BYTES, {400}),
    "Latin-1": ('{"name": "é"}'.encode("latin-1"), {400}),
    "an overlong NUL": (b'{"name": "\xc0\x80"}', {400}),
    "a surrogate in UTF-8": (b'{"name": "\xed\xa0\x80"}', {400}),
    "gzip": (b"\x1f\x8b\x08\x00", {400}),
    "the last of two equal keys counts": (b'{"audit_type": "NO",' + AUDIT_BYTES[1:], {201}),
    "a number of 5000 digits": (b'{"name": ' + b"9" * 5_000 + b"}", {400}),
}


@pytest.mark.parametrize(("body", "expected"), BODIES.values(), ids=BODIES.keys())
def test_bodies(client: Client, catalogue: Catalogue, body: bytes, expected: set[int]) -> None:
    assert ask(client, "POST", "/v1/audits", body).status_int in expected


NUMBERS = ("NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1" * 4000, "-0", "1e-400", "1.0")


@pytest.mark.parametrize("number", NUMBERS, ids=[n[:9] for n in NUMBERS])
def test_numbers(client: Client, catalogue: Catalogue, number: str) -> None:
    audit = ask(client, "POST", "/v1/audits", AUDIT).json
    for member in (f'"parameters": {{"para1": {number}}}', f'"force": {number}'):
        body = f"{json.dumps(AUDIT)[:-1]}, {member}}}".encode()
        ask(client, "POST", "/v1/audits", body)
    for attribute in ("parameters", "force", "hostname", "state", "scope", "end_time"):
        patch = f'[{{"op": "replace", "path": "/{attribute}", "value": {number}}}]'.encode()
        ask(client, "PATCH", f"/v1/audits/{audit['uuid']}", patch)


@pytest.mark.parametrize(("depth", "status"), [(57, 201), (58, 400), (300, 400), (900, 400)])
def test_documents_have_so_many_levels(
    client: Client, catalogue: Catalogue, depth: int, status: int
) -> None:
    body = {"name": "deep", "goal": "dummy", "scope": scope(depth)}
    assert ask(client, "POST", "/v1/audit_templates", body).status_int == status
    ask(client, "POST", "/v1/audit_templates", {"name": "it", "goal": "dummy"})
    patch = [{"op": "replace", "path": "/scope", "value": scope(depth)}]
    changed = ask(client, "PATCH", "/v1/audit_templates/it", patch)
    assert changed.status_int == (200 if status == 201 else status)


def test_patches_do_not_pile_up_levels(client: Client, catalogue: Catalogue) -> None:
    ask(client, "POST", "/v1/audit_templates", {"name": "it", "goal": "dummy", "scope": scope(1)})
    path = "/scope/0/compute/0/exclude/0/instance_metadata/0"
    patch = [{"op": "add", "path": f"{path}{'/a' * level}", "value": {}} for level in range(1, 150)]
    assert ask(client, "PATCH", "/v1/audit_templates/it", patch).status_int == 400


@pytest.mark.parametrize("character", ["x", "é", "\U0001f600"])
def test_documents_take_so_many_bytes(client: Client, catalogue: Catalogue, character: str) -> None:
    room = 65535 - len(json.dumps({"para2": ""}))
    length = room // (len(json.dumps(character)) - 2)
    for more, status in ((0, 201), (1, 400)):
        body = {**AUDIT, "parameters": {"para1": 2, "para2": character * (length - 20 + more * 30)}}
        raw = json.dumps(body, ensure_ascii=False).encode()
        assert ask(client, "POST", "/v1/audits", raw).status_int == status


def test_thousands_of_scope_rules(client: Client, catalogue: Catalogue) -> None:
    zones = [{"availability_zones": [{"name": f"z{n}"}]} for n in range(1_100)]
    body = {"name": "many", "goal": "dummy", "scope": [{"compute": zones}]}
    assert ask(client, "POST", "/v1/audit_templates", body).status_int == 201
    wrong = [{"host_aggregates": [{"id": f"z{n}"}]} for n in range(2_500)]
    body = {"name": "wrong", "goal": "dummy", "scope": [{"compute": wrong}]}
    assert ask(client, "POST", "/v1/audit_templates", body).status_int == 400


PATHS = (
    "/name~0", "/name~1x", "/parameters/~0", "/parameters/~1", "/parameters/a~2", "/parameters/-",
    "/scope/99999999999999999999", "/scope/-", "/scope/-1", "/scope/01", "/scope/1e1",
    "/scope/9223372036854775808", "/" + "a" * 50_000, "/parameters" + "/a" * 20_000, "//name", "/",
    "", "/name/", "/__class__", "/ｓｃｏｐｅ", "/name\n", "/name\x00", "/٣",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS, ids=[repr(path[:24]) for path in PATHS])
@pytest.mark.parametrize("op", ["add", "replace", "remove"])
def test_paths_of_patches(client: Client, catalogue: Catalogue, rows, op: str, path: str) -> None:
    rows(models.Audit, name="it", audit_type="EVENT", goal_id=catalogue.goal.id)
    patch = [{"op": op, "path": path, "value": 1}]
    assert ask(client, "PATCH", "/v1/audits/it", patch).status_int == 400


class TestWithLargeBodies:
    """An operator may allow larger bodies than by default."""

    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"oslo_middleware.max_request_body_size": 20_000_000}

    def test_ten_thousand_operations(self, client: Client, catalogue: Catalogue, rows) -> None:
        rows(models.Audit, name="it", audit_type="EVENT", goal_id=catalogue.goal.id)
        one = {"op": "replace", "path": "/hostname", "value": "h"}
        assert ask(client, "PATCH", "/v1/audits/it", [one] * 10_000).status_int == 200
        grow = {"op": "add", "path": "/scope/0", "value": 1}
        assert ask(client, "PATCH", "/v1/audits/it", [grow] * 10_000).status_int == 400
        wrong = {"op": "replace", "path": "/hostname", "value": 1}
        assert ask(client, "PATCH", "/v1/audits/it", [wrong] * 10_000).status_int == 400

    def test_ten_megabytes(self, client: Client, catalogue: Catalogue) -> None:
        for value in ("x" * 10_000_000, [0] * 300_000, {str(n): n for n in range(50_000)}):
            for member in ("name", "parameters", "start_time"):
                body = {**AUDIT, member: value}
                assert ask(client, "POST", "/v1/audits", body).status_int in (201, 400, 404)


TIMES: dict[str, int] = {
    "0001-01-01": 400,
    "0001-01-01T00:00:00Z": 201,
    "0001-01-01T00:00:00+23:59": 400,
    "9999-12-31T23:59:59Z": 201,
    "9999-12-31T23:59:59-23:59": 400,
    "0000-00-00": 400,
    "-2035-01-01": 400,
    "2035-02-29": 400,
    "2035-01-01T24:00:01": 400,
    "2035-01-01T00:00:60Z": 400,
    "2035-01-01T00:00:00+24:00": 400,
    "2035-01-01T00:00:00+99:99": 400,
    "1969-12-31T23:59:59Z": 201,
    "2038-01-19T03:14:08Z": 201,
    "2035-03-25T02:30:00": 201,
    "1" * 10_000: 400,
    " ": 400,
    "２０３５-01-01": 400,
    "2035-01-01T00:00:00Z\x00": 400,
    "9" * 30: 400,
    "2035-1-2 25:00": 400,
    "tomorrow": 400,
    "T": 400,
}


@pytest.mark.parametrize("moment", TIMES, ids=[repr(moment[:28]) for moment in TIMES])
def test_times(client: Client, catalogue: Catalogue, moment: str) -> None:
    body = {**AUDIT, "start_time": moment, "end_time": moment}
    assert ask(client, "POST", "/v1/audits", body).status_int == TIMES[moment]
    audit = ask(client, "POST", "/v1/audits", AUDIT).json["uuid"]
    patch = [{"op": "replace", "path": "/end_time", "value": moment}]
    expected = {201: 200}.get(TIMES[moment], TIMES[moment])
    assert ask(client, "PATCH", f"/v1/audits/{audit}", patch).status_int == expected


#: Ways to write it that are not ISO 8601, and that Watcher 17.0.0 reads; what they say in UTC.
OTHER_WAYS: dict[str, str] = {
    "2035-1-2 3:04": "2035-01-02T03:04:00",
    "2035-01-02T3:04:05": "2035-01-02T03:04:05",
    "2035/01/02 03:04:05": "2035-01-02T03:04:05",
    "2035-01-02 03:04:05 UTC": "2035-01-02T03:04:05",
    "2035-01-02 03:04:05 GMT": "2035-01-02T03:04:05",
    "2035-01-02t03:04:05z": "2035-01-02T03:04:05",
    "2035-01-02 03:04:05 PM": "2035-01-02T15:04:05",
    "Tue, 02 Jan 2035 03:04:05 GMT": "2035-01-02T03:04:05",
    "Tue Jan 02 2035 03:04:05 GMT+0000": "2035-01-02T03:04:05",
    "Jan 2 2035 3:04": "2035-01-02T03:04:00",
    "2 January 2035": "2035-01-02T00:00:00",
    "2035-01-02 03:04:05 -0300": "2035-01-02T06:04:05",
}


@pytest.mark.parametrize(("text", "moment"), OTHER_WAYS.items(), ids=OTHER_WAYS)
def test_times_in_other_ways(
    client: Client, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, text: str, moment: str
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    try:
        body = {**AUDIT, "audit_type": "EVENT", "start_time": text}
        made = ask(client, "POST", "/v1/audits", body).json
        assert made["start_time"] == moment
        patch = [{"op": "replace", "path": "/end_time", "value": text}]
        patched = ask(client, "PATCH", f"/v1/audits/{made['uuid']}", patch).json
        assert patched["end_time"] == moment
    finally:
        monkeypatch.undo()
        time.tzset()


INTERVALS: dict[str, int] = {
    "* * * * * *": 201,
    "@hourly": 201,
    "0": 201,
    "-1": 201,
    "@foo": 400,
    "@reboot": 400,
    "": 400,
    "0 0 30 2 *": 400,
    "*/0 * * * *": 400,
    str(2**31 - 1): 201,
    str(2**31): 400,
    str(2**63): 400,
    str(-(2**63)): 400,
    str(10**400): 400,
    "1e3": 400,
    "NaN": 400,
    "inf": 400,
    "60\x00": 400,
    "1," * 50_000 + "1 * * * *": 400,
    "* " * 50_000: 400,
    "\U0001f600": 400,
}


@pytest.mark.parametrize("interval", INTERVALS, ids=[repr(text[:24]) for text in INTERVALS])
def test_intervals(client: Client, catalogue: Catalogue, interval: str) -> None:
    continuous = {**AUDIT, "audit_type": "CONTINUOUS"}
    body = {**continuous, "interval": interval}
    assert ask(client, "POST", "/v1/audits", body).status_int == INTERVALS[interval]
    audit = ask(client, "POST", "/v1/audits", {**continuous, "interval": "60"}).json["uuid"]
    patch = [{"op": "replace", "path": "/interval", "value": interval}]
    expected = {201: 200}.get(INTERVALS[interval], INTERVALS[interval])
    assert ask(client, "PATCH", f"/v1/audits/{audit}", patch).status_int == expected


NAMES = (
    "", " ", "\U0001f600" * 63, "e\u0301" * 31, "\u202eabc", "a/b", "a\x01b", "\x7f", "\ufffe", "\uffff",
    "\u2028", "'; DROP TABLE audits;--", "%", "_", "\\", "..", "detail", "null", "1", "-1", ".json",
    "x.json", "x.xml", '"<>&', "0" * 63, "00000000-0000-4000-8000-00000000dead",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=[ascii(name[:12]) for name in NAMES])
def test_names_are_stored_and_shown_as_they_are(
    client: Client, catalogue: Catalogue, name: str
) -> None:
    for plural, body in (
        ("audit_templates", {"name": name, "goal": "dummy"}),
        ("audits", {**AUDIT, "name": name}),
    ):
        made = ask(client, "POST", f"/v1/{plural}", body)
        assert made.status_int == 201
        stored = client.get(f"/v1/{plural}/{made.json['uuid']}")["name"]
        assert stored == name or (plural == "audits" and not name)
        for path in (f"/v1/{plural}/{made.json['uuid']}", f"/v1/{plural}"):
            shown = ask(client, "GET", path, Accept="application/xml")
            ET.fromstring(shown.body)


@pytest.mark.parametrize("length", [64, 1000, 100_000])
@pytest.mark.parametrize("character", ["n", "\U0001f600"])
def test_texts_longer_than_their_column(
    client: Client, catalogue: Catalogue, length: int, character: str
) -> None:
    text = character * min(length, 100_000 // (len(json.dumps(character)) - 2))
    template = {"name": "t", "goal": "dummy"}
    ask(client, "POST", "/v1/audit_templates", template)
    audit = ask(client, "POST", "/v1/audits", {**AUDIT, "name": text})
    assert audit.status_int == 201
    assert audit.json["name"] == text[:63]
    assert ask(client, "POST", "/v1/audit_templates", {**template, "name": text}).status_int == 400
    patch = [{"op": "replace", "path": "/name", "value": text}]
    assert ask(client, "PATCH", "/v1/audit_templates/t", patch).status_int == 400
    if length > 255:
        body = {**template, "name": "u", "description": text}
        assert ask(client, "POST", "/v1/audit_templates", body).status_int == 400
        for attribute in ("hostname", "state", "audit_type", "interval"):
            patch = [{"op": "replace", "path": f"/{attribute}", "value": text}]
            path = f"/v1/audits/{audit.json['uuid']}"
            assert ask(client, "PATCH", path, patch).status_int == 400


QUERIES = (
    "marker=9223372036854775808", "marker=-1", "marker=" + "9" * 5_000, "limit=1e5", "limit=" + "9" * 400,
    "sort_key=id&sort_key=id", "sort_key[]=x", "a" * 60_000 + "=1", "=", "%=1", "sort_dir=ASC",
    "&".join(f"a{n}=b" for n in range(5_000)), "sort_key=__class__", "sort_key=id;drop", "sort_key=%00",
    "sort_key='", "limit=%ff", "%ff=1", "_method=DELETE", "limit=1&limit=2",
)  # fmt: skip


@pytest.mark.parametrize("query", QUERIES, ids=[query[:24] for query in QUERIES])
@pytest.mark.parametrize("plural", ["services", "audits", "actions"])
def test_queries(client: Client, catalogue: Catalogue, plural: str, query: str) -> None:
    ask(client, "GET", f"/v1/{plural}?{query}")


@pytest.mark.parametrize("filter_", ["goal", "strategy", "audit_uuid", "marker"])
@pytest.mark.parametrize(
    "value", ["%00", "'", "%25", "a" * 60_000, "%F0%9F%98%80", "9" * 30, "%EF%BF%BF", "' OR 1=1 --"]
)
def test_filters(client: Client, catalogue: Catalogue, filter_: str, value: str) -> None:
    for plural in ("audits", "action_plans"):
        answer = ask(client, "GET", f"/v1/{plural}?{filter_}={value}")
        assert answer.status_int != 200 or answer.json[plural] == []


ADDRESSES = (
    "/v1/goals/%00", "/v1/goals/%2e%2e", "/v1/goals/%252f", "/v1/goals/a%2fb", "/v1//goals", "//v1/goals",
    "/v1/goals//", "/v1/goals/;a=b", "/v1/goals/%c0%80", "/v1/goals/%ED%A0%80", "/v1/goals/" + "a" * 60_000,
    "/v1" + "/a" * 20_000, "/v1/goals/\\", "/v1/goals/.json", "/v1/.json", "/.json", "/v1/goals/..",
    "/v1/goals/%0d%0aX:y", "/v1/goals/9223372036854775808", "/v1/audits/2147483648", "/v1/audits/-0",
    "/v1/services/9223372036854775808", "/v1/actions/9223372036854775808", "/v1/goals/%F0%9F%98%80",
    "/v1/audits/%20", "/v1/audits/" + "9" * 5_000, "/v1/goals/0x1", "/%2e%2e/%2e%2e/etc/passwd",
)  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES, ids=[address[:32] for address in ADDRESSES])
def test_addresses(client: Client, catalogue: Catalogue, address: str) -> None:
    for method in ("GET", "DELETE", "PATCH", "POST", "PUT", "BREW"):
        ask(client, method, address, [] if method == "PATCH" else None)
    assert client("HEAD", address).status_int < 500


HEADERS = [
    ("OpenStack-API-Version", text)
    for text in (
        "infra-optim " + "1" * 60_000, "infra-optim 1." + "9" * 5_000, "," * 50_000,
        "infra-optim latest," * 3_000, "infra-optim \x00", "infra-optim 1.1\xff", "a b " * 10_000,
        "infra-optim 1" + ".1" * 10_000, "infra-optim -1.-1", "infra-optim \xb2", "=?utf-8?q?=00?=",
    )
] + [
    ("X-Show-Deleted", "\xff"), ("X-Roles", "," * 50_000), ("X-Service-Catalog", "{"),
    ("X-Is-Admin-Project", "maybe"), ("X-Openstack-Request-Id", "x" * 10_000), ("X-User-Id", "\x00"),
    ("X-System-Scope", "all"), ("X-Auth-Token", "\xe9"), ("X-HTTP-Method-Override", "DELETE"),
    ("X-Method-Override", "DELETE"), ("Accept", "a" * 50_000), ("Accept", "*/*;q=abc"),
    ("Accept", "application/xml;q=0"), ("Accept", "," * 20_000), ("Range", "bytes=0-1"), ("If-Match", "*"),
    ("If-None-Match", "*"), ("If-Modified-Since", "garbage"), ("Host", 'a b"<>'), ("Host", "["),
    ("Cookie", "a" * 10_000), ("X-Project-Id", "'; DROP TABLE goals"), ("Forwarded", "for="),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"), HEADERS, ids=[f"{name}: {value[:12]!a}" for name, value in HEADERS]
)
def test_headers(client: Client, catalogue: Catalogue, name: str, value: str) -> None:
    header: dict[str, Any] = (
        {"version": value} if name == "OpenStack-API-Version" else {name.replace("-", "_"): value}
    )
    ask(client, "GET", "/v1/goals/dummy", **header)
    ask(client, "POST", "/v1/audits", AUDIT, **header)
    assert client.get("/v1/goals/dummy")["name"] == "dummy"


@pytest.mark.parametrize(
    ("content_type", "body", "statuses"),
    [
        ("application/json; charset=utf-16", AUDIT_BYTES, {201}),
        ("application/json; charset=foo", AUDIT_BYTES, {201}),
        ('application/json; charset="\x01', AUDIT_BYTES, {201}),
        ("application/json;" + "a=b;" * 5_000, AUDIT_BYTES, {201}),
        ("application/x-www-form-urlencoded", b"_method=DELETE", {400}),
        ("application/x-www-form-urlencoded", b"%ff=%ff", {400}),
        ("application/x-www-form-urlencoded", b"a=b&" * 20_000, {400}),
        ("multipart/form-data; boundary=x", b"--x\r\nbroken", {400}),
        ("multipart/form-data", b"--x\r\nbroken", {400}),
        ("text/html", AUDIT_BYTES, {415}),
        ("\xff", AUDIT_BYTES, {415}),
    ],
)
def test_content_types(
    client: Client, catalogue: Catalogue, content_type: str, body: bytes, statuses: set[int]
) -> None:
    answer = ask(client, "POST", "/v1/audits", body, Content_Type=content_type)
    assert answer.status_int in statuses


@pytest.mark.parametrize("reference", ["http://127.0.0.1:9/", "file:///etc/passwd", "#"])
def test_references_in_values_mean_nothing(
    client: Client, catalogue: Catalogue, rows, reference: str
) -> None:
    value = {"$ref": reference, "$schema": reference, "id": reference}
    for body in ({**AUDIT, "parameters": value}, {**AUDIT, "parameters": {"para2": value}}):
        assert ask(client, "POST", "/v1/audits", body).status_int == 400
    body = {"name": "t", "goal": "dummy", "scope": [{"compute": [value]}]}
    assert ask(client, "POST", "/v1/audit_templates", body).status_int == 400


SPECS: dict[str, dict[str, Any]] = {
    "a reference to a URL": {"properties": {"a": {"$ref": "http://127.0.0.1:9/schema"}}},
    "a reference to itself": {"properties": {"a": {}}, "$ref": "#"},
    "a bomb": {"properties": {"a": {"type": "string", "pattern": "^(a|aa)+$"}}},
    "a broken pattern": {"properties": {"a": {"type": "string", "pattern": "("}}},
    "an unknown type": {"properties": {"a": {"type": "colour"}}},
}


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())
def test_schemas_of_strategies_that_would_hang_or_ask_the_network(
    client: Client, catalogue: Catalogue, rows, spec: dict[str, Any]
) -> None:
    rows(
        models.Strategy, name="hostile", display_name="h", goal_id=catalogue.goal.id,
        parameters_spec=spec,
    )  # fmt: skip
    body = {**AUDIT, "strategy": "hostile", "parameters": {"a": "a" * 50 + "b"}}
    assert ask(client, "POST", "/v1/audits", body).status_int == 400
