# SPDX-License-Identifier: Apache-2.0
"""A real Keystone for tests: SQLite, Fernet tokens, a process of its own."""

from __future__ import annotations

import functools
import getpass
import grp
import os
import pathlib
import subprocess
import sys
from typing import Any

import requests

from tests.functional.deployment import BIN, free_port, wait_for

CONFIGURATION = """
[DEFAULT]
use_stderr = true
[database]
connection = sqlite:///{folder}/keystone.db
[cache]
enabled = false
[token]
provider = fernet
[fernet_tokens]
key_repository = {folder}/keys
[fernet_receipts]
key_repository = {folder}/keys
[identity]
password_hash_algorithm = bcrypt
password_hash_rounds = 4
"""
SERVER = pathlib.Path(__file__).parent / "real_keystone_server.py"
PASSWORD = "secret"


class Keystone:
    """A Keystone with the administrator ``admin``, and what tests ask of it."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/v3"
        self._process: subprocess.Popen[bytes] | None = None

    def install(self) -> None:
        """Make tables, keys and the administrator."""
        self._configuration.write_text(CONFIGURATION.format(folder=self.folder))
        (self.folder / "keys").mkdir(mode=0o700)
        group = grp.getgrgid(os.getgid()).gr_name
        self._manage("db_sync")
        self._manage(
            "fernet_setup", "--keystone-user", getpass.getuser(), "--keystone-group", group
        )
        urls = [f"--bootstrap-{kind}-url={self.url}" for kind in ("public", "internal", "admin")]
        region = "--bootstrap-region-id=RegionOne"
        self._manage("bootstrap", f"--bootstrap-password={PASSWORD}", region, *urls)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        with (self.folder / "keystone.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, SERVER, str(self.port)],
                stdout=log,
                stderr=log,
                env=self._environment,
            )
        wait_for("Keystone answers", lambda: requests.get(self.url, timeout=10).ok)

    def stop(self) -> None:
        """Stop the server at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def _configuration(self) -> pathlib.Path:
        return self.folder / "keystone.conf"

    @property
    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
        configuration = {"OS_KEYSTONE_CONFIG_FILES": str(self._configuration)}
        return kept | configuration | {"PYTHONWARNINGS": "ignore"}

    def _manage(self, *arguments: str) -> None:
        command = [BIN / "keystone-manage", "--config-file", self._configuration, *arguments]
        done = subprocess.run(
            command, env=self._environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    # What is in it

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Call the API as the administrator; return the document."""
        headers = {"X-Auth-Token": self._own_token}
        answer = requests.request(method, self.url + path, json=body, headers=headers, timeout=60)
        assert answer.ok, (method, path, answer.text)
        return answer.json() if answer.content else None

    @functools.cached_property
    def _own_token(self) -> str:
        return self.token("admin")

    def add_project(self, name: str) -> str:
        """Make a project and return its id."""
        return str(self.call("POST", "/projects", {"project": {"name": name}})["project"]["id"])

    def add_user(self, name: str, role: str, project_id: str | None = None) -> str:
        """Make a user with a role in a project, else in the whole system; return its id."""
        user = {"name": name, "password": PASSWORD}
        user_id = self.call("POST", "/users", {"user": user})["user"]["id"]
        role_id = self.call("GET", f"/roles?name={role}")["roles"][0]["id"]
        scope = f"/projects/{project_id}" if project_id else "/system"
        self.call("PUT", f"{scope}/users/{user_id}/roles/{role_id}")
        return str(user_id)

    def add_service(self, kind: str, url: str) -> None:
        """Put a service into the catalogue."""
        service = {"type": kind, "name": kind}
        found = self.call("POST", "/services", {"service": service})["service"]
        endpoint = {"interface": "public", "url": url, "service_id": found["id"]}
        self.call("POST", "/endpoints", {"endpoint": endpoint})

    def token(
        self, user: str, project: str | None = "admin", *, lifetime_s: int | None = None
    ) -> str:
        """Return a token of a user in a project; without one, in the whole system."""
        domain = {"id": "default"}
        identity = {
            "methods": ["password"],
            "password": {"user": {"name": user, "password": PASSWORD, "domain": domain}},
        }
        scope: dict[str, Any] = {"system": {"all": True}}
        if project:
            scope = {"project": {"name": project, "domain": domain}}
        return self._issue({"identity": identity, "scope": scope}, lifetime_s)

    def restricted_token(self, user: str, user_id: str, project: str, rule: dict[str, str]) -> str:
        """Return a token that may be used for one call only: method, path, service."""
        values = {"name": "restricted", "access_rules": [rule]}
        made = requests.post(
            f"{self.url}/users/{user_id}/application_credentials",
            json={"application_credential": values},
            headers={"X-Auth-Token": self.token(user, project)},
            timeout=60,
        )
        assert made.ok, made.text
        found = made.json()["application_credential"]
        credential = {"id": found["id"], "secret": found["secret"]}
        methods = ["application_credential"]
        return self._issue(
            {"identity": {"methods": methods, "application_credential": credential}}, None
        )

    def _issue(self, auth: dict[str, Any], lifetime_s: int | None) -> str:
        headers = {} if lifetime_s is None else {"X-Lifetime": str(lifetime_s)}
        answer = requests.post(
            f"{self.url}/auth/tokens", json={"auth": auth}, headers=headers, timeout=60
        )
        assert answer.status_code == 201, answer.text
        return str(answer.headers["X-Subject-Token"])
