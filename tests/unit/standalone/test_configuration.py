# SPDX-License-Identifier: Apache-2.0
"""What the single process writes for itself and for people."""

from __future__ import annotations

import configparser
import pathlib

import pytest
import sqlalchemy
from oslo_config import cfg

from watcher.standalone import configuration
from watcher.standalone.configuration import Place


@pytest.mark.parametrize(
    ("host", "expected"), [("127.0.0.1", "http://127.0.0.1:9322"), ("::1", "http://[::1]:9322")]
)
def test_the_address_is_one_that_clients_can_use(host, expected):
    assert Place(pathlib.Path("/x"), host, 9322).api_url == expected


def test_a_simulated_cloud_is_named_in_both_credentials(tmp_path):
    path = configuration.write(Place(tmp_path, "127.0.0.1", 9322), "http://cloud/v3")
    found = configparser.ConfigParser(strict=False)
    found.read(path)
    for section in ("keystone_authtoken", "watcher_clients_auth"):
        assert found[section]["auth_url"] == "http://cloud/v3"


def test_a_real_cloud_is_left_to_other_files(tmp_path):
    path = configuration.write(Place(tmp_path, "127.0.0.1", 9322), None)
    assert "auth_url" not in path.read_text()


def test_threads_that_wait_for_messages_are_few(tmp_path):
    path = configuration.write(Place(tmp_path, "127.0.0.1", 9322), None)
    assert "executor_thread_pool_size = 2\n" in path.read_text()


def test_openrc_names_the_cloud(tmp_path):
    path = configuration.write_openrc(Place(tmp_path, "127.0.0.1", 9322), "http://cloud/v3")
    assert "export OS_AUTH_URL=http://cloud/v3\n" in path.read_text()


PATHS = [
    "100%20done", "a%2Fb", "%(x)s", "%", "$host", "$$", "${host}", "what?", "a?b=c&d=e", "#1",
    "it's", 'say "x"', '"quoted"', "two words", " around ", "ünï 雲 é", "a;b", "a:b@c",
    "back\\slash", "[x]", "{x}", "a=b", "`ls`", "&", "tab\there", "-x", "~", "*", "!",
]  # fmt: skip


@pytest.mark.parametrize("name", PATHS)
def test_a_folder_may_have_any_name(tmp_path, name):
    state = tmp_path / name
    state.mkdir()
    configuration.check_path(state)
    path = configuration.write(Place(state, "127.0.0.1", 9322), None)
    read = cfg.ConfigOpts()
    read.register_opts([cfg.StrOpt("state_path"), cfg.StrOpt("host", default="wrong")])
    read.register_opts([cfg.StrOpt("connection")], group="database")
    read([f"--config-file={path}"])
    assert read.state_path == str(state)
    engine = sqlalchemy.create_engine(read.database.connection)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE a (b INTEGER)")
    engine.dispose()
    assert (state / "watcher.sqlite").stat().st_size > 0
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_the_address_says_when_the_api_speaks_tls(tmp_path):
    assert Place(tmp_path, "h", 1, has_tls=True).api_url == "https://h:1"
