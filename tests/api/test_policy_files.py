# SPDX-License-Identifier: Apache-2.0
"""Policy files: the one for readers, one that changes while the service runs, a broken one."""

from __future__ import annotations

import os
import pathlib
from typing import Any

import pytest

from tests.api.conftest import Catalogue, Client, fault
from tests.api.test_routes import BODIES, _items
from watcher.api.controller import ROUTES, Route
from watcher.common import policy
from watcher.rpc import transport

READERS = pathlib.Path(__file__).parents[2] / "etc/watcher/policy-reader.yaml"


@pytest.fixture
def file(tmp_path: pathlib.Path) -> pathlib.Path:
    """A policy file without rules."""
    made = tmp_path / "policy.yaml"
    made.write_text("{}")
    return made


def _named(file: pathlib.Path) -> dict[str, Any]:
    policy.init()  # registers the option
    return {"oslo_policy.policy_file": str(file)}


class TestReaders:
    """``etc/watcher/policy-reader.yaml``: see everything, change nothing."""

    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return _named(READERS)

    @pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
    def test_a_reader_of_the_system_may_only_look(
        self,
        client: Client,
        rows,
        catalogue: Catalogue,
        monkeypatch: pytest.MonkeyPatch,
        route: Route,
    ) -> None:
        monkeypatch.setattr(transport, "is_reachable", lambda: False)  # by what two calls ask
        item = _items(rows, catalogue).get(route.path.split("/")[2], "")
        path = route.path.replace("{ident}", item)
        body = {"create": BODIES["create"].get(route.path), "update": []}.get(route.verb, {})

        def status(roles: str, **headers: str) -> int:
            sent = None if route.method in ("GET", "DELETE") else body
            return int(client(route.method, path, sent, roles=roles, **headers).status_int)

        assert status("reader") == 403
        assert status("member", OpenStack_System_Scope="all") == 403
        of_the_system = status("reader", OpenStack_System_Scope="all")
        assert (of_the_system == 403) == (route.method != "GET")
        assert status("admin") != 403


class TestChanges:
    """A policy file is read again when it changes."""

    @pytest.fixture(autouse=True)
    def _look_each_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(policy, "LOOK_EVERY_S", 0.0)

    @pytest.fixture
    def settings(self, file: pathlib.Path) -> dict[str, Any]:
        return _named(file)

    def _write(self, file: pathlib.Path, text: str, age: int) -> None:
        file.write_text(text)
        os.utime(file, (age, age))  # as if time had passed

    def test_a_change_needs_no_restart(self, client: Client, file: pathlib.Path) -> None:
        assert client("GET", "/v1/goals", roles="member").status_int == 403
        self._write(file, '"goal:get_all": "role:member"', 2_000_000_000)
        assert client("GET", "/v1/goals", roles="member").status_int == 200
        assert client("GET", "/v1/goals").status_int == 403
        self._write(file, "{}", 2_000_000_010)
        assert client("GET", "/v1/goals", roles="member").status_int == 403
        assert client("GET", "/v1/goals").status_int == 200

    def test_a_broken_file_lets_nobody_in(self, client: Client, file: pathlib.Path) -> None:
        assert client("GET", "/v1/goals").status_int == 200
        self._write(file, '"goal:get_all": [', 2_000_000_000)
        answer = client("GET", "/v1/goals", roles="member")
        assert answer.status_int == 500
        assert fault(answer)
