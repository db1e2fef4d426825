# SPDX-License-Identifier: Apache-2.0
"""The commands."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys

import pytest
from sqlalchemy import select

from watcher.cmd import sync
from watcher.db import models, session


@pytest.mark.parametrize("module", ["decisionengine", "applier", "sync"])
def test_a_command_tells_its_version(module: str, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", [module, "--version"])

    with pytest.raises(SystemExit) as ended:
        importlib.import_module(f"watcher.cmd.{module}").main()

    assert ended.value.code == 0
    assert capsys.readouterr().out.strip() == "17.0.0"


@pytest.mark.parametrize("module", ["api", "applier", "decisionengine", "sync"])
def test_a_command_tells_what_it_is_for(module: str, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", [module, "--help"])

    with pytest.raises(SystemExit) as ended:
        importlib.import_module(f"watcher.cmd.{module}").main()

    assert ended.value.code == 0
    usage, description, *rest = capsys.readouterr().out.split("\n\n")
    assert usage.startswith("usage: watcher-")
    assert description.endswith(".")
    assert re.search(r"^Example: watcher-[a-z-]+ --config-file \S+$", rest[-1], re.M)


@pytest.mark.parametrize("module", ["decisionengine", "applier", "sync"])
def test_a_command_refuses_unknown_arguments(module: str, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", [module, "--loud"])

    with pytest.raises(SystemExit) as ended:
        importlib.import_module(f"watcher.cmd.{module}").main()

    assert ended.value.code == 2
    assert "--loud" in capsys.readouterr().err


@pytest.mark.parametrize("module", ["api", "applier", "decisionengine", "sync"])
def test_options_of_the_bus_that_cannot_work_end_a_command_with_a_sentence(
    module: str, monkeypatch, tmp_path, forgotten_files
) -> None:
    written = tmp_path / "watcher.conf"
    written.write_text(
        "[DEFAULT]\nuse_stderr = false\ntransport_url = rabbit://u:secret@127.0.0.1:1/\n"
        "[oslo_messaging_rabbit]\nrabbit_stream_fanout = true\n"
        f"[database]\nconnection = sqlite:///{tmp_path}/w\n"
    )
    monkeypatch.setattr(sys, "argv", [module, "--config-file", str(written)])

    with pytest.raises(SystemExit) as ended:
        importlib.import_module(f"watcher.cmd.{module}").main()

    told = "[oslo_messaging_rabbit] rabbit_stream_fanout needs a rabbit_qos_prefetch_count"
    assert re.match(rf"watcher-[a-z-]+: {re.escape(told)}", str(ended.value))


def test_sync_fills_the_catalogue_and_prints_nothing(database, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", ["watcher-sync"])

    assert sync.main() == 0
    assert sync.main() == 0

    with session.read() as reading:
        goals = reading.scalars(select(models.Goal.name)).all()
    assert "cluster_maintaining" in goals
    assert len(goals) == len(set(goals))
    assert capsys.readouterr().out == ""


def test_sync_tells_in_one_line_which_command_makes_the_tables(
    empty_database, monkeypatch, capsys
) -> None:
    monkeypatch.setattr(sys, "argv", ["watcher-sync"])

    assert sync.main() == 1

    told = "the database sqlite:// has no tables yet: run 'watcher-db-manage upgrade'"
    assert f"watcher-sync: {told}" in capsys.readouterr().err.splitlines()


def test_sync_does_not_wait_for_a_database_that_is_away(monkeypatch, tmp_path, capsys) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("a unit of work is tried for half a minute, without a word")

    monkeypatch.setattr(sys, "argv", ["watcher-sync"])
    monkeypatch.setattr(sync.sync, "sync", refused)
    session.configure(f"sqlite:///{tmp_path}/missing/watcher.sqlite")
    try:
        assert sync.main() == 1
    finally:
        session.reset()

    told = "watcher-sync: the database cannot be used: unable to open database file"
    assert told in capsys.readouterr().err.splitlines()


@pytest.mark.parametrize("module", ["api", "decisionengine", "applier", "sync"])
@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mysql+nothing_like_it://u:secret@h/d", "cannot be used"),
        ("no url", "cannot be used"),
        ("postgresql+pg8000://u:secret@h/d", "the driver of postgresql+pg8000://u:***@h/d"),
    ],
    ids=["unknown database", "no url", "no driver"],
)
def test_without_a_driver_of_the_database_a_command_ends_with_a_sentence(
    module: str, url: str, told: str, monkeypatch, tmp_path, forgotten_files
) -> None:
    written = tmp_path / "watcher.conf"
    written.write_text(f"[DEFAULT]\nuse_stderr = false\n[database]\nconnection = {url}\n")
    monkeypatch.setattr(sys, "argv", [module, "--config-file", str(written)])

    with pytest.raises(SystemExit) as ended:
        importlib.import_module(f"watcher.cmd.{module}").main()

    assert re.match(r"watcher-[a-z-]+: ", str(ended.value))
    assert told in str(ended.value)
    assert "secret" not in str(ended.value)


def test_the_database_command_starts_without_message_bus_and_web_libraries() -> None:
    heavy = "{'oslo_messaging', 'keystonemiddleware', 'oslo_middleware', 'pecan', 'taskflow'}"
    program = f"""
import subprocess
import sys
from watcher.cmd import dbmanage
try:
    dbmanage.main(["--version"])
except SystemExit:
    print(sorted({heavy} & set(sys.modules)))
"""
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert found.stdout.splitlines()[-1] == "[]"
