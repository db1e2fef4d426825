# SPDX-License-Identifier: Apache-2.0
"""The command line of the single process."""

from __future__ import annotations

import errno
import io
import os
import socket
import sys
import tempfile

import pytest

from watcher.standalone import command
from watcher.standalone.view import View


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("generate:", (20, 200, 1)),
        ("generate:hosts=3", (3, 200, 1)),
        ("generate:seed=7,servers=5,hosts=2", (2, 5, 7)),
    ],
)
def test_values_that_are_left_out_have_defaults(text, expected):
    assert command._generate_values(text) == expected


@pytest.mark.parametrize(
    "part", ["hosts=many", "racks=3", "hosts", "hosts=-1", "hosts=1.5", "seed=1,seed=2"]
)
def test_other_values_are_refused_with_what_was_expected_and_found(part, capsys):
    assert command.main(["--cloud", f"generate:{part}"]) == 2
    said = capsys.readouterr().err
    assert "whole number" in said
    assert part in said


def test_no_cloud_at_all_is_refused_with_what_to_do(capsys):
    assert command.main([]) == 2
    assert "--cloud" in capsys.readouterr().err


def test_a_missing_snapshot_file_is_named(capsys, tmp_path):
    missing = tmp_path / "cloud.json"
    assert command.main(["--cloud", str(missing)]) == 2
    assert str(missing) in capsys.readouterr().err


def test_more_servers_than_fit_are_refused(capsys):
    assert command.main(["--cloud", "generate:hosts=1,servers=100000"]) == 2
    assert "watcher-standalone:" in capsys.readouterr().err


def test_a_missing_configuration_file_is_named_before_anything_starts(capsys, tmp_path):
    missing = tmp_path / "watcher.conf"
    assert command.main(["--config-file", str(missing), "--state-dir", str(tmp_path / "s")]) == 2
    assert f"--config-file {missing}: there is no such file" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("port", ["65536", "-1", "http"])
def test_a_port_that_cannot_be_is_refused(port, capsys):
    with pytest.raises(SystemExit) as ended:
        command.main(["--demo", f"--port={port}"])
    assert ended.value.code == 2
    assert f"expected a port, 0 to 65535, found '{port}'" in capsys.readouterr().err


@pytest.mark.parametrize("seconds", ["-1", "nan", "inf", "soon"])
def test_a_duration_that_cannot_be_is_refused(seconds, capsys):
    with pytest.raises(SystemExit) as ended:
        command.main(["--demo", f"--migration-seconds={seconds}"])
    assert ended.value.code == 2
    assert f"expected seconds, 0 or more, found '{seconds}'" in capsys.readouterr().err


@pytest.mark.parametrize("argument", ["command line", "file"])
@pytest.mark.parametrize("mode", [["--cloud=generate:hosts=1,servers=1"], ["--demo"]])
def test_a_port_in_use_is_named_with_a_way_out_and_leaves_nothing(
    mode, argument, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config = tmp_path / "own.conf"
        config.write_text(f"[api]\nport = {port}\n")
        named = [f"--port={port}"] if argument == "command line" else [f"--config-file={config}"]
        assert command.main([*mode, *named]) == 2
    said = capsys.readouterr().err
    assert f"another process listens on 127.0.0.1, port {port}" in said
    assert "--port 0" in said
    assert len(said.splitlines()) == 1
    assert list(tmp_path.iterdir()) == [config]


@pytest.mark.parametrize(
    "arguments",
    [["--host=192.0.2.1"], ["--host=no.such.host.invalid"], ["--port=1", "--host=192.0.2.1"]],
)
def test_an_address_that_cannot_be_listened_on_leaves_nothing(arguments, capsys, tmp_path):
    state = tmp_path / "a" / "state"
    cloud = "--cloud=generate:hosts=1,servers=1"
    assert command.main([cloud, *arguments, f"--state-dir={state}"]) == 2
    assert "cannot listen on" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["two\nlines", "two\rlines", os.fsdecode(b"\xff")])
def test_a_path_that_no_file_can_name_is_refused_and_not_made(name, capsys, tmp_path):
    cloud = "--cloud=generate:hosts=1,servers=1"
    assert command.main([cloud, "--port=0", f"--state-dir={tmp_path / name}"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("watcher-standalone: --state-dir '")
    assert len(said.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


class Gone(io.StringIO):
    """A terminal that was closed."""

    def write(self, text):
        raise OSError(errno.EIO, f"cannot write {text!r}")


def test_a_terminal_that_is_gone_does_not_change_how_the_process_ends(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "stdout", Gone())
    monkeypatch.setattr(sys, "stderr", Gone())
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(command, "_run", lambda *_: View(sys.stdout).line("hello"))
    assert command.main(["--demo", "--port=0"]) == 2
    assert list(tmp_path.iterdir()) == []


def test_the_address_is_read_from_files_where_the_command_line_says_none(tmp_path):
    path = tmp_path / "watcher.conf"
    path.write_text("[api]\nhost = 127.0.0.2\nport = 0\n")
    options = command._parser().parse_args(["--config-file", str(path), "--state-dir", "s"])
    options.state_dir = tmp_path / "state"
    with command._place(options) as place:
        assert place.host == "127.0.0.2"
        assert place.port > 0
