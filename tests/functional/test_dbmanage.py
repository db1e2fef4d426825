# SPDX-License-Identifier: Apache-2.0
"""``watcher-db-manage`` as an operator runs it, on each database: exit codes and what it prints."""

from __future__ import annotations

import pathlib
import subprocess
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from tests.functional import conftest
from tests.functional.deployment import BIN
from watcher.db import migration

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(params=["mysql", "postgresql"])
def url(request) -> Iterator[str]:
    """URL of an empty database of each kind."""
    yield from conftest.make_database(request.param)


@pytest.fixture
def run(url: str, tmp_path: pathlib.Path) -> Run:
    """A function that runs the command: exit code, standard output, standard error."""
    return runner("watcher-db-manage", url, tmp_path)


def runner(program: str, url: str, folder: pathlib.Path) -> Run:
    """Return a function that runs a program on a database."""
    configuration = folder / "watcher.conf"
    configuration.write_text(f"[database]\nconnection = {url}\nmax_retries = 0\n")

    def call(*arguments: str, answer: str = "") -> tuple[int, str, str]:
        done = subprocess.run(
            [BIN / program, "--config-file", configuration, *arguments],
            input=answer,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        return done.returncode, done.stdout, done.stderr

    return call


def test_each_sub_command_exits_and_prints_as_published(run: Run) -> None:
    assert run("version")[:2] == (0, "None\n")
    assert run()[:2] == (0, "")
    assert run("version")[:2] == (0, f"{migration.HEAD}\n")
    assert run("upgrade", "--revision", "nope")[:2] == (1, "")
    assert run("downgrade")[:2] == (1, "")
    assert run("stamp", migration.PUBLISHED_HEAD)[:2] == (0, "")
    assert run("upgrade")[:2] == (0, "")
    assert run("stamp")[:2] == (0, "")
    assert run("version")[:2] == (0, "None\n")
    assert run("create_schema")[:2] == (1, "")


def test_a_url_may_name_mariadb(mariadb: str, tmp_path: pathlib.Path) -> None:
    run = runner("watcher-db-manage", mariadb.replace("mysql+", "mariadb+", 1), tmp_path)
    code, out, told = run("purge", "--dry-run")
    assert (code, out.count("run 'watcher-db-manage upgrade'")) == (1, 1), told
    assert run("upgrade")[:2] == (0, "")
    assert run("version")[:2] == (0, f"{migration.HEAD}\n")
    assert run("purge", "--dry-run")[0] == 0


def test_a_schema_made_at_once_takes_rows_and_a_purge(run: Run, url: str) -> None:
    assert run("create_schema")[:2] == (0, "")
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO goals (id, uuid, name, display_name, efficacy_specification, deleted,"
            " deleted_at) VALUES (1, 'u', 'g', 'G', '[]', 1, '2020-01-02 03:04:05')"
        )
    engine.dispose()

    code, out, err = run("purge", "-d", "365", answer="y\n")

    assert code == 0
    assert "There are 1 objects set for deletion. Continue? [y/N]" in out
    assert "Purge results summary (orphans excluded):" in out
    assert "1 transactions" in err
    code, out, _ = run("purge")  # nothing is left, so it asks nothing
    assert (code, "can be purged" in out, "Continue?" in out) == (0, True, False)


def test_a_downgrade_to_nothing_leaves_no_table(run: Run, url: str) -> None:
    assert run("upgrade", "--revision", "609bec748f2a")[0] == 0
    assert run("downgrade", "--revision", "001")[:2] == (0, "")
    assert run("version")[1] == "001\n"
    assert run("downgrade")[:2] == (0, "")
    engine = sa.create_engine(url)
    assert set(sa.inspect(engine).get_table_names()) <= {"alembic_version"}
    engine.dispose()


@pytest.mark.parametrize("command", ["version", "upgrade"])
def test_a_server_that_does_not_answer_is_an_error_in_words(
    tmp_path: pathlib.Path, command: str
) -> None:
    run = runner(
        "watcher-db-manage", "mysql+pymysql://watcher:secret@127.0.0.1:9/watcher", tmp_path
    )

    code, out, err = run(command)

    assert code == 1
    assert "Can't connect to MySQL server on '127.0.0.1'" in out + err
    assert "Traceback" not in out + err
    assert "secret" not in out + err
