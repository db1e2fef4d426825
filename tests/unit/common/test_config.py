# SPDX-License-Identifier: Apache-2.0
"""Start of a process: configuration and logging."""

from __future__ import annotations

import logging
import re

import pytest
import requests.utils

from watcher import conf
from watcher.common import config


def test_a_file_is_read(tmp_path) -> None:
    written = tmp_path / "watcher.conf"
    written.write_text("[DEFAULT]\nhost = engine-1\n[nova_client]\napi_version = 2.90\n")

    config.prepare(["--config-file", str(written)], prog="watcher-test")

    assert conf.CONF.host == "engine-1"
    assert conf.CONF.nova.api_version == "2.90"
    assert conf.CONF.prog == "watcher-test"
    assert logging.getLogger("sqlalchemy").level == logging.WARNING


def test_the_environment_is_read(monkeypatch) -> None:
    monkeypatch.setenv("OS_API__MAX_LIMIT", "17")

    config.parse_args([], default_config_files=[], default_config_dirs=[])

    assert conf.CONF.api.max_limit == 17


def test_the_transport_can_be_set_before_it_is_used() -> None:
    config.parse_args([], default_config_files=[], default_config_dirs=[])

    conf.CONF.set_override("transport_url", "fake:")
    try:
        assert conf.CONF.transport_url == "fake:"
    finally:
        conf.CONF.clear_override("transport_url")


def test_the_version_is_printed(capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        config.parse_args(["--version"])

    assert ended.value.code == 0
    assert capsys.readouterr().out.strip() == "17.0.0"


def test_a_file_that_is_missing_or_no_configuration_ends_with_a_sentence(tmp_path) -> None:
    missing, wrong = tmp_path / "missing.conf", tmp_path / "wrong.conf"
    wrong.write_text("[DEFAULT\n")

    for path in (missing, wrong):
        with pytest.raises(SystemExit, match=rf"^watcher-test: .*{path}"):
            config.prepare(["--config-file", str(path)], prog="watcher-test")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"\xff\xfe\x00", "utf-8"),
        (b"[DEFAULT]\nnotification_level = loud\n", r"\[DEFAULT\] notification_level: .*loud"),
        (b"[DEFAULT]\nstate_path = $nowhere\n", r"\[DEFAULT\] state_path: .*nowhere"),
        (b"[api]\nport = http\n", r"\[api\] port: .*watcher.conf is not valid: .*http"),
        (b"[watcher_applier]\nworkers = many\n", "watcher.conf is not valid: .*many"),
        (b"[nova]\nmigration_interval = 0\n", r"\[nova\] migration_interval"),
        (b"[DEFAULT]\nlog_config_append = /no/such/file\n", "/no/such/file"),
        (b"[DEFAULT]\nlog_file = /no/such/folder/x.log\n", "/no/such/folder"),
        (b"[DEFAULT]\ntransport_url = nonsense\n", r"\[DEFAULT\] transport_url: No scheme"),
        (
            b"[DEFAULT]\ntransport_url = rabbit://a:b@h:port/\n",
            r"\[DEFAULT\] transport_url: .*port",
        ),
    ],
)
def test_a_slip_in_a_file_ends_with_a_sentence_that_names_it(tmp_path, text, said) -> None:
    path = tmp_path / "watcher.conf"
    path.write_bytes(text)

    with pytest.raises(SystemExit) as ended:
        config.prepare(["--config-file", str(path)], prog="watcher-test")

    assert re.match(f"watcher-test: .*{said}", str(ended.value))
    assert "LocationInfo" not in str(ended.value)


def test_a_folder_in_place_of_a_file_ends_with_a_sentence(tmp_path) -> None:
    with pytest.raises(SystemExit, match=r"^watcher-test: .*directory"):
        config.prepare(["--config-file", str(tmp_path)], prog="watcher-test")


@pytest.mark.parametrize("form", [["--config-file", "{}"], ["--config-file={}"]])
@pytest.mark.parametrize("name", ["$HOME", "${x}", "$$", "a$", "%(x)s", "100%20", "a b", "what?#"])
def test_a_file_may_be_in_a_folder_of_any_name(tmp_path, name, form) -> None:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "policy.yaml").touch()
    written = folder / "watcher.conf"
    written.write_text("[DEFAULT]\nhost = engine-1\n")
    later = tmp_path / "later.conf"
    later.write_text("[api]\nport = 17\n")
    argv = [*(each.format(written) for each in form), f"--config-file={later}", "--debug"]

    config.prepare(argv, prog="watcher-test", default_config_files=["/missing"])

    assert (conf.CONF.host, conf.CONF.api.port, conf.CONF.debug) == ("engine-1", 17, True)
    assert conf.CONF.find_file("policy.yaml") == str(folder / "policy.yaml")
    conf.CONF.mutate_config_files()


def test_loopback_needs_no_proxy_once_options_are_read(monkeypatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.test:3128")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "")

    config.parse_args([], default_config_files=[], default_config_dirs=[])

    assert requests.utils.get_environ_proxies("http://127.0.0.1:5000/v3") == {}
