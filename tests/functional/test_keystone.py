# SPDX-License-Identifier: Apache-2.0
"""The API behind a real Keystone: whose token opens what, and what happens without Keystone.

Two APIs share a database: a usual one, and one with public webhooks and the policy file for
readers.  Neither needs a broker.
"""

from __future__ import annotations

import base64
import importlib.util
import os
import pathlib
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import requests
import sqlalchemy

from tests.functional.deployment import Deployment
from tests.functional.real_keystone import Keystone

POLICY = pathlib.Path(__file__).parents[2] / "etc/watcher/policy-reader.yaml"
OPEN = f"""
[api]
enable_webhooks_auth = false
[oslo_policy]
policy_file = {POLICY}
"""
AUDIT = "00000000-0000-4000-8000-000000000001"

#: Whatever a client might try: what keystonemiddleware sets, and what oslo.context reads.
FORGED = {
    "X-Roles": "admin",
    "X-Role": "admin",
    "X-User-Id": "forged",
    "X-User": "forged",
    "X-User-Name": "admin",
    "X-Project-Id": "forged",
    "X-Tenant-Id": "forged",
    "X-Is-Admin-Project": "True",
    "X-Identity-Status": "Confirmed",
    "X-Service-Identity-Status": "Confirmed",
    "X-Service-Roles": "admin",
    "OpenStack-System-Scope": "all",
}


class Site(NamedTuple):
    """What is running."""

    keystone: Keystone
    api: Deployment
    open_api: Deployment
    tokens: dict[str, str]

    def ask(
        self,
        path: str,
        token: str | None = None,
        *,
        method: str = "GET",
        open_api: bool = False,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> requests.Response:
        """Send a request; ``token`` is the name of one of the tokens, or a token."""
        sent = dict(headers or {})
        if token is not None:
            sent["X-Auth-Token"] = self.tokens.get(token, token)
        url = (self.open_api if open_api else self.api).api_url
        return requests.request(method, url + path, headers=sent, timeout=120, **options)


def _fill(keystone: Keystone, url: str) -> dict[str, str]:
    service, demo = keystone.add_project("service"), keystone.add_project("demo")
    keystone.add_user("watcher", "service", service)
    keystone.add_user("aodh", "service", service)
    keystone.add_user("member", "member", demo)
    keystone.add_user("reader", "reader", demo)
    keystone.add_user("auditor", "reader")
    operator = keystone.add_user("operator", "admin", demo)
    keystone.add_service("infra-optim", url)
    rule = {"method": "GET", "path": "/v1/audits", "service": "infra-optim"}
    return {
        "admin": keystone.token("admin"),
        "service": keystone.token("aodh", "service"),
        "member": keystone.token("member", "demo"),
        "reader": keystone.token("reader", "demo"),
        "auditor": keystone.token("auditor", None),
        "restricted": keystone.restricted_token("operator", operator, "demo", rule),
        "expired": keystone.token("admin", lifetime_s=1),
    }


def _deploy(folder: pathlib.Path, keystone: Keystone, database: pathlib.Path) -> Deployment:
    folder.mkdir()
    made = Deployment(folder, f"sqlite:///{database}", "fake:/")
    made.auth_url = keystone.url
    return made


def _add_audit(database: pathlib.Path) -> None:
    engine = sqlalchemy.create_engine(f"sqlite:///{database}")
    with engine.begin() as connection:
        goal = "INSERT INTO goals (uuid, name, display_name, efficacy_specification, deleted) "
        connection.execute(sqlalchemy.text(goal + "VALUES ('g', 'dummy', 'Dummy', '[]', 0)"))
        audit = "INSERT INTO audits (uuid, name, audit_type, state, goal_id, auto_trigger, deleted)"
        values = " SELECT :uuid, 'event', 'EVENT', 'PENDING', id, 0, 0 FROM goals"
        connection.execute(sqlalchemy.text(audit + values), {"uuid": AUDIT})
    engine.dispose()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Keystone, two APIs, and tokens of everybody."""
    if importlib.util.find_spec("keystone") is None:
        message = "Keystone is not installed; it is among the requirements of 'functional'"
        (pytest.fail if os.environ.get("WATCHER_REQUIRE_SERVICES") else pytest.skip)(message)
    folder = tmp_path_factory.mktemp("keystone")
    keystone, database = Keystone(folder), folder / "watcher.db"
    api = _deploy(folder / "api", keystone, database)
    open_api = _deploy(folder / "open", keystone, database)
    open_api.extra = OPEN
    try:
        keystone.install()
        keystone.start()
        tokens = _fill(keystone, api.api_url)
        api.upgrade_database()
        _add_audit(database)
        api.start("watcher-api")
        open_api.start("watcher-api")
        yield Site(keystone, api, open_api, tokens)
    finally:
        api.stop()
        open_api.stop()
        keystone.stop()


def refused(answer: requests.Response, site: Site) -> None:
    """Check the published answer to a token that does not open anything."""
    assert answer.status_code == 401
    assert answer.headers["Content-Type"].startswith("application/json")
    message = "The request you have made requires authentication."
    assert answer.json() == {"error": {"code": 401, "title": "Unauthorized", "message": message}}
    assert answer.headers["WWW-Authenticate"] == f'Keystone uri="{site.keystone.url}"'
    assert answer.headers["X-OpenStack-Request-ID"].startswith("req-")


def test_an_administrators_token_opens_the_api(site: Site) -> None:
    answer = site.ask("/v1/audits", "admin")
    assert answer.status_code == 200
    assert [each["uuid"] for each in answer.json()["audits"]] == [AUDIT]


def test_no_token_opens_nothing(site: Site) -> None:
    refused(site.ask("/v1/audits"), site)
    refused(site.ask("/v1/audits", ""), site)


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "a" * 8000,
        "g%C3%A4rbage",
        base64.urlsafe_b64encode(b"\x80" + bytes(80)).decode(),
        "../../v3/users",
    ],
    ids=["short", "long", "encoded", "like Fernet", "a path"],
)
def test_garbage_opens_nothing(site: Site, token: str) -> None:
    refused(site.ask("/v1/audits", token), site)


def test_an_expired_token_opens_nothing(site: Site) -> None:
    time.sleep(1)  # it was made before the APIs were started
    refused(site.ask("/v1/audits", "expired"), site)


def test_a_token_of_which_the_end_is_cut_off_opens_nothing(site: Site) -> None:
    refused(site.ask("/v1/audits", site.tokens["admin"][:-8]), site)


def test_a_revoked_token_opens_nothing(site: Site) -> None:
    token = site.keystone.token("admin")
    headers = {"X-Auth-Token": site.tokens["admin"], "X-Subject-Token": token}
    requests.delete(f"{site.keystone.url}/auth/tokens", headers=headers, timeout=60)
    refused(site.ask("/v1/audits", token), site)


@pytest.mark.parametrize("path", ["/v1/audits", f"/v1/audits/{AUDIT}", "/v1/services"])
def test_a_member_is_forbidden(site: Site, path: str) -> None:
    answer = site.ask(path, "member")
    assert answer.status_code == 403
    assert "Policy doesn't allow" in answer.json()["error_message"]


def test_headers_of_a_client_give_no_rights(site: Site) -> None:
    refused(site.ask("/v1/audits", headers=FORGED), site)
    assert site.ask("/v1/audits", "member", headers=FORGED).status_code == 403
    assert site.ask("/v1/audits", "reader", open_api=True, headers=FORGED).status_code == 403


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/", "/healthcheck"])
def test_the_roots_and_the_health_are_public(site: Site, path: str) -> None:
    assert site.ask(path).status_code == 200
    assert site.ask(path, "garbage").status_code == 200


def test_a_service_may_trigger_and_nothing_else(site: Site) -> None:
    webhook = f"/v1/webhooks/{AUDIT}"
    assert site.ask(webhook, "service", method="POST", json={}).status_code == 202
    assert site.ask(webhook, "member", method="POST", json={}).status_code == 403
    refused(site.ask(webhook, method="POST", json={}), site)
    assert site.ask("/v1/audits", "service").status_code == 403


def test_a_service_token_lets_a_request_outlive_its_users_token(site: Site) -> None:
    """A service that works on for long sends its own token along with the user's."""
    vouched = {"X-Service-Token": site.tokens["service"]}
    assert site.ask("/v1/audits", "expired", headers=vouched).status_code == 200
    vouched = {"X-Service-Token": site.tokens["member"]}
    refused(site.ask("/v1/audits", "expired", headers=vouched), site)
    refused(site.ask("/v1/audits", headers=vouched), site)


def test_webhooks_are_public_if_so_configured(site: Site) -> None:
    webhook = f"/v1/webhooks/{AUDIT}"
    answer = site.ask(webhook, method="POST", json={}, open_api=True)
    assert answer.status_code == 202
    answer = site.ask(webhook, "garbage", method="POST", json={}, open_api=True, headers=FORGED)
    assert answer.status_code == 202
    refused(site.ask("/v1/audits", open_api=True), site)
    refused(site.ask("/v1/webhooks", method="POST", json={}, open_api=True), site)


def test_an_auditor_may_read_with_the_policy_file_for_readers(site: Site) -> None:
    assert site.ask("/v1/audits", "auditor").status_code == 403
    assert site.ask("/v1/audits", "auditor", open_api=True).status_code == 200
    assert site.ask(f"/v1/audits/{AUDIT}", "auditor", open_api=True).status_code == 200
    answer = site.ask(f"/v1/audits/{AUDIT}", "auditor", open_api=True, method="DELETE")
    assert answer.status_code == 403
    assert site.ask("/v1/audits", "reader", open_api=True).status_code == 403


def test_a_restricted_credential_opens_what_it_names(site: Site) -> None:
    assert site.ask("/v1/audits", "restricted").status_code == 200
    refused(site.ask("/v1/goals", "restricted"), site)


def test_without_keystone_known_tokens_work_and_others_get_503(site: Site) -> None:
    fresh = site.keystone.token("admin")
    assert site.ask("/v1/audits", "admin").status_code == 200
    site.keystone.stop()
    try:
        began = time.monotonic()
        answer = site.ask("/v1/audits", fresh)
        assert answer.status_code == 503
        assert set(answer.json()) == {"error_message"}
        assert answer.headers["X-OpenStack-Request-ID"].startswith("req-")
        assert time.monotonic() - began < 90
        assert site.ask("/v1/audits", "admin").status_code == 200
        assert site.ask("/").status_code == 200
        refused(site.ask("/v1/audits"), site)
    finally:
        site.keystone.start()
    assert site.ask("/v1/audits", fresh).status_code == 200
