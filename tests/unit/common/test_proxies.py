# SPDX-License-Identifier: Apache-2.0
"""Which hosts the HTTP libraries reach directly although there is a proxy."""

from __future__ import annotations

import urllib.request

import pytest
import requests.utils

from watcher.common import proxies

PROXY = "http://proxy.test:3128"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch, tmp_path):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost\n127.0.1.1 laptop.corp.test laptop # me\n192.0.2.1 far\n")
    monkeypatch.setattr(proxies, "HOSTS_FILE", hosts)


def used_for(url):
    """Return the proxy that keystoneauth's library uses for an address, if any."""
    return requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url))


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.0.0.2", "127.255.255.254", "127.1", "localhost", "LOCALHOST",
        "keystone.localhost", "localhost.", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]",
        "0.0.0.0", "laptop", "laptop.corp.test",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"])
def test_loopback_is_reached_directly(monkeypatch, name, host, scheme):
    monkeypatch.setenv(name, PROXY)
    proxies.spare_loopback()
    assert used_for(f"{scheme}://{host}:5000/v3") is None


@pytest.mark.parametrize(
    "host",
    ["keystone.test", "notlocalhost", "localhost.test", "128.0.0.1", "1.127.0.0", "10.0.0.1",
     "[2001:db8::1]", "[fe80::1:1]", "far", "corp.test", "my-laptop"],
)  # fmt: skip
def test_other_hosts_are_reached_through_the_proxy(monkeypatch, host):
    monkeypatch.setenv("http_proxy", PROXY)
    proxies.spare_loopback()
    assert used_for(f"http://{host}:5000/v3") == PROXY


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost:1", "[::1]:1", "laptop:1"])
def test_the_standard_library_agrees(monkeypatch, host):
    monkeypatch.setenv("http_proxy", PROXY)
    proxies.spare_loopback()
    assert urllib.request.proxy_bypass(host)


@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
def test_exceptions_of_the_user_stay(monkeypatch, name):
    monkeypatch.setenv("http_proxy", PROXY)
    monkeypatch.setenv(name, ".corp.test, 10.0.0.0/8")
    proxies.spare_loopback()
    for host in ("keystone.corp.test", "10.1.2.3", "127.0.0.1"):
        assert used_for(f"http://{host}/") is None
    assert used_for("http://keystone.test/") == PROXY


def test_an_empty_lower_case_list_hides_no_other():
    environ = {"https_proxy": PROXY, "no_proxy": "", "NO_PROXY": "mine.test"}
    proxies.spare_loopback(environ)
    assert environ["no_proxy"] == environ["NO_PROXY"]
    assert environ["no_proxy"].startswith("mine.test,127.0.0.1,")


def test_who_uses_no_proxy_at_all_is_left_alone():
    environ = {"http_proxy": PROXY, "no_proxy": "*"}
    proxies.spare_loopback(environ)
    assert environ == {"http_proxy": PROXY, "no_proxy": "*"}


@pytest.mark.parametrize("environ", [{}, {"http_proxy": ""}, {"no_proxy": "mine.test"}])
def test_nothing_is_changed_without_a_proxy(environ):
    before = dict(environ)
    proxies.spare_loopback(environ)
    assert environ == before


def test_a_second_call_adds_nothing():
    environ = {"http_proxy": PROXY}
    proxies.spare_loopback(environ)
    before = dict(environ)
    proxies.spare_loopback(environ)
    assert environ == before


def test_a_long_hosts_file_makes_no_long_environment(monkeypatch):
    lines = (f"127.0.0.1 advertiser{number}.test\n" for number in range(100_000))
    proxies.HOSTS_FILE.write_text("".join(lines))
    environ = {"http_proxy": PROXY}
    proxies.spare_loopback(environ)
    assert len(environ["no_proxy"]) < 4000


def test_a_missing_hosts_file_does_no_harm():
    proxies.HOSTS_FILE.unlink()
    environ = {"http_proxy": PROXY}
    proxies.spare_loopback(environ)
    assert "127.0.0.1" in environ["no_proxy"]
