# SPDX-License-Identifier: Apache-2.0
"""The options of ``watcher-simulator``."""

from __future__ import annotations

import json

import pytest

from watcher.simulator import command
from watcher.simulator.generator import generate


def parse(*argv):
    return command.parser().parse_args(argv)


def test_a_cloud_is_made_of_the_numbers_given():
    cloud = command.make_cloud(parse("--hosts", "4", "--servers", "9", "--seed", "3"))
    assert cloud.contents() == generate(4, 9, 3)


def test_a_cloud_is_loaded_from_a_file(tmp_path):
    path = str(tmp_path / "cloud.json")
    command.make_cloud(parse("--hosts", "4", "--servers", "9")).dump(path)
    assert command.make_cloud(parse("--load", path)).contents() == generate(4, 9, 1)


def test_options_reach_the_cloud():
    arguments = parse("--migration-seconds", "7", "--live-migrations-per-host", "2")
    options = command.make_cloud(arguments).options
    assert (options.migration_seconds, options.live_migrations_per_host) == (7.0, 2)


def test_faults_are_read_from_a_file(tmp_path):
    path = tmp_path / "faults.json"
    path.write_text(json.dumps([{"kind": "error", "count": 1}]))
    assert [fault.kind for fault in command.read_faults(str(path))] == ["error"]


@pytest.mark.parametrize("text", ["{", "1", "{}", "[" * 100_000, '[{"kind": "x"}]', "[1]"])
def test_a_wrong_file_of_faults_is_refused(tmp_path, text):
    path = tmp_path / "faults.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"faults\.json: "):
        command.read_faults(str(path))


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--load", "/nonexistent"], "No such file"),
        (["--hosts", "0"], "expected 1 to 10000 hosts"),
        (["--hosts", "999999999"], "expected 1 to 10000 hosts and 0 to 200000 servers"),
    ],
)
def test_what_cannot_be_done_ends_with_a_sentence_and_status_2(capsys, argv, message):
    assert command.run([*argv, "--port", "0"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("watcher-simulator: ")
    assert error.count("\n") == 1
    assert message in error


@pytest.mark.parametrize("option", ["--migration-seconds", "--token-seconds"])
@pytest.mark.parametrize("value", ["-1", "nan", "inf", "soon"])
def test_what_is_no_duration_is_refused(capsys, option, value):
    with pytest.raises(SystemExit) as ended:
        command.parser().parse_args([f"{option}={value}"])
    assert ended.value.code == 2
    assert f"expected seconds, 0 or more, found '{value}'" in capsys.readouterr().err


def test_help_explains_faults_and_files(capsys):
    with pytest.raises(SystemExit):
        parse("--help")
    text = capsys.readouterr().out
    assert "GET /v1/data_model" in text
    assert "/simulator/faults" in text
