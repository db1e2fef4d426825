# SPDX-License-Identifier: Apache-2.0
"""What is printed for shells and configuration files is read back unchanged."""

from __future__ import annotations

import subprocess

import pytest
from oslo_config import cfg

from watcher.simulator import written

VALUES = [
    "simple", "two words", "$HOME", "$$", "${x}", "`ls`", "it's", 'say "x"', '"quoted"', "'q'",
    "\\", "#no comment", "%(x)s", "%20", "a;b", "a=b", " around ", "ünï 雲", "!", "*", "", "'", '"',
]  # fmt: skip
OURS = "127.0.0.1,127.0.0.0/8,localhost,::1"


def sourced(tmp_path, text, shell="sh", **environ):
    """Return the variables of a shell, as strict as scripts can be, that has read a text."""
    path = tmp_path / "openrc"
    path.write_text(text)
    done = subprocess.run(
        [shell, "-eu", "-c", '. "$1" && . "$1" && env -0', "sh", path],
        env={"PATH": "/usr/bin:/bin", **environ},
        capture_output=True,
        cwd="/",
        check=True,
    )
    assert done.stderr == b""
    return dict(each.split("=", 1) for each in done.stdout.decode().split("\0") if each)


@pytest.mark.parametrize("value", VALUES)
def test_a_shell_reads_every_value_back(tmp_path, value):
    assert sourced(tmp_path, written.openrc({"OS_PASSWORD": value}, []))["OS_PASSWORD"] == value


@pytest.mark.parametrize("value", VALUES)
def test_oslo_config_reads_every_value_back(tmp_path, value):
    path = tmp_path / "watcher.conf"
    path.write_text("[DEFAULT]\n" + written.option("password", value))
    read = cfg.ConfigOpts()
    read.register_opts([cfg.StrOpt("password"), cfg.StrOpt("HOME"), cfg.StrOpt("x")])
    read([f"--config-file={path}"])
    assert read.password == value


@pytest.mark.parametrize("value", ["two\nlines", "end\n", "two\rlines"])
def test_a_value_of_several_lines_is_refused(value):
    with pytest.raises(ValueError, match="password: expected one line, found '"):
        written.option("password", value)


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        ({}, OURS),
        ({"no_proxy": "corp.test,10.0.0.1"}, f"{OURS},corp.test,10.0.0.1"),
        ({"NO_PROXY": "corp.test"}, f"{OURS},corp.test"),
        ({"no_proxy": "", "NO_PROXY": "corp.test"}, f"{OURS},corp.test"),
        ({"no_proxy": "*"}, "*"),
    ],
)
def test_clients_use_no_proxy_for_this_machine(tmp_path, shell, theirs, expected):
    found = sourced(tmp_path, written.openrc({}, ["http://127.0.0.1:5/v3"]), shell, **theirs)
    assert found["no_proxy"] == found["NO_PROXY"] == expected


def test_clients_use_no_proxy_for_other_addresses_of_the_services(tmp_path):
    text = written.openrc({}, ["http://192.0.2.7:9322", "http://[2001:db8::5]:1/identity"])
    assert sourced(tmp_path, text)["no_proxy"] == f"{OURS},192.0.2.7,2001:db8::5"
