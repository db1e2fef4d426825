# SPDX-License-Identifier: Apache-2.0
"""Tokens and catalog, as Keystone answers."""

from __future__ import annotations

import pytest

TOKENS = "/identity/v3/auth/tokens"
DENIED = {
    "error": {
        "code": 401,
        "message": "The request you have made requires authentication.",
        "title": "Unauthorized",
    }
}


def test_discovery_needs_no_token(api):
    api.token = None
    root = api.send("GET", "/identity")
    assert (root.status_int, root.headers["Location"]) == (300, "http://localhost/identity/v3/")
    assert root.json["versions"]["values"][0]["id"] == "v3.14"
    for path in ("/identity/v3", "/identity/v3/"):
        assert api.get(path)["version"]["links"][0]["href"] == "http://localhost/identity/v3/"


def test_a_password_gives_a_token_with_a_catalog(api):
    response = api.log_in("watcher", "service")
    token = response.json["token"]
    assert response.status_int == 201
    assert (token["user"]["name"], token["project"]["name"]) == ("watcher", "service")
    assert {"admin", "service"} <= {role["name"] for role in token["roles"]}
    assert {service["type"]: service["endpoints"][0]["url"] for service in token["catalog"]} == {
        "identity": "http://localhost/identity/v3",
        "compute": "http://localhost/compute/v2.1",
        "placement": "http://localhost/placement",
        "infra-optim": "http://127.0.0.1:9322",
    }
    assert sorted(token) == [
        "audit_ids",
        "catalog",
        "expires_at",
        "is_domain",
        "issued_at",
        "methods",
        "project",
        "roles",
        "user",
    ]


def test_a_token_gives_another_token(api):
    identity = {"methods": ["token"], "token": {"id": api.token}}
    scope = {"project": {"id": "0a0b0c0d0e0f40008000000000000002"}}
    response = api.send("POST", TOKENS, {"auth": {"identity": identity, "scope": scope}})
    assert response.json["token"]["project"]["name"] == "service"
    assert response.headers["X-Subject-Token"] != api.token


def test_without_a_scope_there_are_no_roles_and_no_catalog(api):
    token = api.log_in("admin", None).json["token"]
    assert not {"roles", "catalog", "project"} & set(token)


@pytest.mark.parametrize(
    ("user", "project"),
    [("nobody", "admin"), ("admin", "nothing"), ("demo", "admin")],
)
def test_who_may_not_come_in_stays_out(api, user, project):
    response = api.log_in(user, project)
    assert (response.status_int, response.json) == (401, DENIED)
    assert response.headers["WWW-Authenticate"].startswith("Keystone uri=")


def test_a_wrong_password_is_refused(api):
    password = {"user": {"name": "admin", "domain": {"id": "default"}, "password": "wrong"}}
    body = {"auth": {"identity": {"methods": ["password"], "password": password}}}
    assert api.send("POST", TOKENS, body).status_int == 401


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"auth": {}},
        {"auth": {"identity": {}}},
        {"auth": {"identity": {"methods": []}}},
        {"auth": {"identity": {"methods": ["password"]}}},
        {"auth": {"identity": {"methods": ["password"], "password": {"user": {}}}}},
    ],
)
def test_a_malformed_request_for_a_token_is_refused(api, body):
    response = api.send("POST", TOKENS, body)
    assert (response.status_int, response.json["error"]["title"]) == (400, "Bad Request")


def test_a_token_can_be_validated(api):
    response = api.send("GET", TOKENS, X_Subject_Token=api.token)
    assert response.headers["X-Subject-Token"] == api.token
    assert response.json["token"]["user"]["name"] == "admin"
    bare = api.send("GET", f"{TOKENS}?nocatalog", X_Subject_Token=api.token)
    assert "catalog" not in bare.json["token"]
    assert api.send("HEAD", TOKENS, X_Subject_Token=api.token).status_int == 200


def test_an_unknown_token_is_not_found_and_opens_nothing(api):
    assert api.send("GET", TOKENS, X_Subject_Token="unknown").status_int == 404
    assert api.send("GET", TOKENS).status_int == 404
    refused = api.send("GET", TOKENS, X_Subject_Token=api.token, X_Auth_Token="unknown")
    assert (refused.status_int, refused.json) == (401, DENIED)


def test_a_token_expires(api, clock):
    old = api.token
    clock.pass_(1000.0)
    assert api.send("GET", "/identity/v3/services").status_int == 401
    api.log_in()
    assert api.send("GET", TOKENS, X_Subject_Token=old).status_int == 404
    allowed = api.send("GET", f"{TOKENS}?allow_expired=1", X_Subject_Token=old)
    assert allowed.status_int == 200


def test_a_token_can_be_revoked(api):
    old = api.token
    api.log_in()
    assert api.send("DELETE", TOKENS, X_Subject_Token=old).status_int == 204
    assert api.send("GET", TOKENS, X_Subject_Token=old).status_int == 404


def test_services_can_be_found_by_type(api):
    found = api.get("/identity/v3/services?type=compute")["services"]
    assert [(each["name"], each["enabled"]) for each in found] == [("nova", True)]
    assert api.get("/identity/v3/services?type=block-storage")["services"] == []
    one = api.get(f"/identity/v3/services/{found[0]['id']}")
    assert one["service"] == found[0]


@pytest.mark.parametrize(
    "plural", ["endpoints", "projects", "users", "domains", "regions", "roles"]
)
def test_lists_and_their_members_agree(api, plural):
    rows = api.get(f"/identity/v3/{plural}")[plural]
    assert rows
    for row in rows:
        assert api.get(f"/identity/v3/{plural}/{row['id']}")[plural[:-1]] == row
    missing = api.send("GET", f"/identity/v3/{plural}/zz")
    assert missing.json["error"]["message"] == f"Could not find {plural[:-1]}: zz."


def test_lists_are_for_admins_but_own_projects_are_for_all(api):
    api.log_in("demo", "team")
    assert api.send("GET", "/identity/v3/users").status_int == 403
    assert api.get("/identity/v3/auth/projects")["projects"]
    assert api.get("/identity/v3/auth/catalog")["catalog"]
    assert api.send("GET", "/identity/v3/nothing").status_int == 404
