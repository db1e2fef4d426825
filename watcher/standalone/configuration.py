# SPDX-License-Identifier: Apache-2.0
"""The configuration file and the credentials that the single process writes for itself.

It is an ordinary configuration file, left in the state directory for people to read and change:
what the single process does differently from separate daemons is all in there.
"""

from __future__ import annotations

import locale
import pathlib
from dataclasses import dataclass

import sqlalchemy

from watcher.simulator import written
from watcher.simulator.server import PASSWORD

DATABASE = "watcher.sqlite"

BASE = """\
# Written by watcher-standalone at each start; put your own options into another file and name
# it with --config-file.
[DEFAULT]
{state_path}transport_url = fake://
# Messages are few and handed on at once; idle threads of the library wake up each second.
executor_thread_pool_size = 2
[api]
{host}port = {port}
[database]
{connection}"""

SIMULATED = """\
[DEFAULT]
default_log_levels = alembic=WARN,cotyledon=WARN,keystonemiddleware=ERROR,
  oslo_db.sqlalchemy.exc_filters=CRITICAL,oslo_policy=WARN,taskflow=WARN,watcher=WARN
[nova]
migration_interval = 0.2
[keystone_authtoken]
www_authenticate_uri = {auth_url}
{credentials}
[watcher_clients_auth]
{credentials}
"""

CREDENTIALS = """\
auth_url = {auth_url}
auth_type = password
username = {username}
password = {password}
project_name = {project}
user_domain_name = Default
project_domain_name = Default
region_name = RegionOne"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the process keeps its files and where its API listens."""

    state: pathlib.Path
    host: str
    port: int
    has_tls: bool = False

    @property
    def api_url(self) -> str:
        """Address of the API on this machine."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.has_tls else 'http'}://{host}:{self.port}"


def write(place: Place, auth_url: str | None) -> pathlib.Path:
    """Write the configuration of the process and return its path.

    :param auth_url: Keystone of the simulated cloud; ``None`` leaves the cloud to other files.
    """
    text = BASE.format(
        state_path=written.option("state_path", str(place.state)),
        host=written.option("host", place.host),
        port=place.port,
        connection=written.option("connection", database_url(place.state)),
    )
    if auth_url:
        credentials = CREDENTIALS.format(
            auth_url=auth_url, username="watcher", password=PASSWORD, project="service"
        )
        text += SIMULATED.format(auth_url=auth_url, credentials=credentials)
    path = place.state / "watcher.conf"
    path.write_text(text)
    return path


def database_url(state: pathlib.Path) -> str:
    """Return the URL of the database in a folder, whatever characters its path has."""
    # Only the library knows what to quote: that depends on its version.
    url = sqlalchemy.URL.create("sqlite", database=str(state / DATABASE))
    return url.render_as_string()


def check_path(state: pathlib.Path) -> None:
    """Check that everything that names files of the folder can contain its path.

    :raises ValueError: if something cannot.
    """
    try:
        str(state).encode(locale.getpreferredencoding(False))
        written.option("state_path", str(state))
        found = sqlalchemy.make_url(database_url(state)).database
    except ValueError as error:
        raise ValueError(f"--state-dir {str(state)!r}: the path cannot be used: {error}") from error
    if found != str(state / DATABASE):
        raise ValueError(f"--state-dir {str(state)!r}: no URL of a database can contain this path")


def write_openrc(place: Place, auth_url: str) -> pathlib.Path:
    """Write an administrator's credentials for ``openstack`` and return the path."""
    values = {
        "OS_AUTH_URL": auth_url,
        "OS_AUTH_TYPE": "password",
        "OS_USERNAME": "admin",
        "OS_PASSWORD": PASSWORD,
        "OS_PROJECT_NAME": "admin",
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_DOMAIN_NAME": "Default",
        "OS_IDENTITY_API_VERSION": "3",
        "OS_REGION_NAME": "RegionOne",
        "OS_INFRA_OPTIM_API_VERSION": "1.7",
    }
    path = place.state / "openrc"
    path.write_text(written.openrc(values, [auth_url, place.api_url]))
    return path
