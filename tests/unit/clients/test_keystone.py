# SPDX-License-Identifier: Apache-2.0
"""Which login, session and endpoint a service gets. Making them touches no network."""

from __future__ import annotations

import pytest
from keystoneauth1 import exceptions
from oslo_config import cfg

from watcher.clients import bundle, keystone
from watcher.conf import clients_auth, nova, nova_client, placement

COMMON = {
    "auth_url": "http://keystone.test/v3",
    "username": "watcher",
    "password": "secret",
    "project_name": "service",
    "user_domain_name": "Default",
    "project_domain_name": "Default",
}


def login(group: str, **changes: str) -> str:
    options = {"auth_type": "password", **COMMON, **changes}
    return f"[{group}]\n" + "\n".join(f"{key} = {value}" for key, value in options.items()) + "\n"


def configured(tmp_path: object, text: str) -> cfg.ConfigOpts:
    path = f"{tmp_path}/watcher.conf"
    with open(path, "w") as target:
        target.write(text)
    conf = cfg.ConfigOpts()
    for module in (nova, nova_client, placement, clients_auth):
        module.register_opts(conf)
    conf(["--config-file", path])
    return conf


def test_a_group_without_a_login_uses_the_common_one(tmp_path: object) -> None:
    conf = configured(tmp_path, login("watcher_clients_auth"))
    assert keystone.login_group(conf, "nova") == "watcher_clients_auth"


def test_a_group_with_a_login_uses_its_own(tmp_path: object) -> None:
    text = login("watcher_clients_auth") + login("nova", username="other")
    conf = configured(tmp_path, text)
    assert keystone.login_group(conf, "nova") == "nova"
    assert keystone.Sessions(conf).adapter("nova", "compute").auth._username == "other"


def test_an_auth_section_counts_as_a_login(tmp_path: object) -> None:
    text = login("watcher_clients_auth") + "[nova]\nauth_section = watcher_clients_auth\n"
    conf = configured(tmp_path, text)
    assert keystone.login_group(conf, "nova") == "nova"
    assert keystone.Sessions(conf).adapter("nova", "compute").auth._username == "watcher"


def test_a_service_has_one_adapter(tmp_path: object) -> None:
    sessions = keystone.Sessions(configured(tmp_path, login("watcher_clients_auth")))
    assert sessions.adapter("nova", "compute") is sessions.adapter("nova", "compute")


def test_every_request_has_a_time_limit(tmp_path: object) -> None:
    conf = configured(tmp_path, login("watcher_clients_auth"))
    made = keystone.Sessions(conf).adapter("nova", "compute")
    assert made.session.timeout == keystone.DEFAULT_TIMEOUT_S


@pytest.mark.parametrize(
    ("own", "common", "expected"), [("5", "7", 5.0), (None, "7", 7.0), ("5", None, 5.0)]
)
def test_the_time_limit_can_be_set(
    tmp_path: object, own: str | None, common: str | None, expected: float
) -> None:
    text = login("watcher_clients_auth") + (f"timeout = {common}\n" if common else "")
    text += f"[nova]\ntimeout = {own}\n" if own else ""
    made = keystone.Sessions(configured(tmp_path, text)).adapter("nova", "compute")
    assert made.session.timeout == expected


@pytest.mark.parametrize(
    ("own", "expected"), [("", "/common.pem"), ("[nova]\ncafile = /own.pem\n", "/own.pem")]
)
def test_the_services_own_certificates_come_first(
    tmp_path: object, own: str, expected: str
) -> None:
    text = login("watcher_clients_auth") + "cafile = /common.pem\n" + own
    made = keystone.Sessions(configured(tmp_path, text)).adapter("nova", "compute")
    assert made.session.verify == expected


@pytest.mark.parametrize(
    ("text", "interface", "region"),
    [
        pytest.param("", "public", None, id="defaults"),
        pytest.param(
            "[nova_client]\nendpoint_type = internalURL\nregion_name = old\n",
            "internal",
            "old",
            id="deprecated group",
        ),
        pytest.param(
            "[nova]\nvalid_interfaces = admin,internal\nregion_name = new\n"
            "[nova_client]\nendpoint_type = publicURL\nregion_name = old\n",
            ["admin", "internal"],
            "new",
            id="own options win",
        ),
    ],
)
def test_the_endpoint_is_chosen_by_the_published_options(
    tmp_path: object, text: str, interface: object, region: str | None
) -> None:
    conf = configured(tmp_path, login("watcher_clients_auth") + text)
    made = bundle.OpenStackClients(conf).nova._rest._make_adapter()
    assert (made.interface, made.region_name, made.service_type) == (interface, region, "compute")


def test_placement_reads_its_deprecated_group(tmp_path: object) -> None:
    text = login("watcher_clients_auth") + "[placement_client]\ninterface = internal\n"
    clients = bundle.OpenStackClients(configured(tmp_path, text))
    assert clients.placement._rest._make_adapter().interface == ["internal"]


def test_clients_are_made_once(tmp_path: object) -> None:
    clients = bundle.OpenStackClients(configured(tmp_path, login("watcher_clients_auth")))
    assert clients.nova is clients.nova
    assert clients.placement is clients.placement


def test_a_login_that_is_incomplete_is_told_at_the_first_request(tmp_path: object) -> None:
    sessions = keystone.Sessions(configured(tmp_path, ""))
    with pytest.raises(exceptions.ClientException):
        sessions.adapter("nova", "compute").get("/")
