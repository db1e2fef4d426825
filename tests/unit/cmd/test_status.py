# SPDX-License-Identifier: Apache-2.0
"""``watcher-status upgrade check``: each check by itself, and the command."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable

import pytest
import sqlalchemy
from oslo_upgradecheck.upgradecheck import Code

from watcher import conf
from watcher.cmd import status
from watcher.db import migration, models, session
from watcher.db.types import machine_utc_now

# oslo.upgradecheck prints its table with an old name of prettytable's.
pytestmark = pytest.mark.filterwarnings("ignore:the 'ALL' constant is deprecated")

CHECKS = status.Checks()
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(no_command, capsys, tmp_path) -> Run:
    """A function that runs the command with a configuration: exit code and standard output."""

    def call(*arguments: str, configuration: str = "") -> tuple[int, str]:
        path = tmp_path / "watcher.conf"
        path.write_text(configuration)
        try:
            code = status.main(["--config-file", str(path), *arguments])
        except SystemExit as ended:
            code = int(ended.code or 0)
        return int(code), capsys.readouterr().out

    return call


@pytest.fixture
def upgraded(empty_database) -> None:
    """Use an empty database of the newest revision."""
    migration.create_schema()


def _add(*rows: models.Row) -> None:
    with session.write() as unit:
        unit.add_all(rows)


# -- the command ----------------------------------------------------------------------------------


def test_a_deployment_that_is_ready_exits_with_0_and_prints_the_table(upgraded, run: Run) -> None:
    code, out = run("upgrade", "check")

    assert code == 0, out
    assert "| Upgrade Check Results " in out
    assert out.count("| Result: Success") == 7
    assert "| Check: Minimum Nova API Version " in out
    assert "| Check: Policy File JSON to YAML Migration |" in out


def test_a_warning_exits_with_1(empty_database, run: Run) -> None:
    code, out = run("upgrade", "check")

    assert code == 1
    assert "| Result: Warning" in out


def test_a_failure_exits_with_2(upgraded, run: Run) -> None:
    code, out = run("upgrade", "check", configuration="[nova]\napi_version = 2.1\n")

    assert code == 2
    assert "| Result: Failure" in out
    assert "2.56" in out


def test_options_of_the_bus_that_cannot_work_are_a_failure(upgraded, run: Run) -> None:
    written = (
        "[DEFAULT]\ntransport_url = rabbit://u:secret@h/\n"
        "[oslo_messaging_rabbit]\nuse_queue_manager = true\n"
    )

    code, out = run("upgrade", "check", "--json", configuration=written)

    (failed,) = [each for each in json.loads(out)["checks"] if each["result"] == 2]
    assert code == 2
    assert failed["check"] == "Message Bus Options"
    assert "use_queue_manager needs [oslo_concurrency] lock_path" in failed["details"]


@pytest.mark.parametrize("arguments", [("--help",), ("upgrade", "--help")])
def test_help_describes_the_sub_command_with_an_example(run: Run, arguments) -> None:
    code, out = run(*arguments)

    said = " ".join(out.split())
    assert code == 0
    assert "Check options, policy file, database and daemons" in said
    assert "Example: watcher-status upgrade check" in said


def test_an_unexpected_error_exits_with_255(upgraded, run: Run, monkeypatch) -> None:
    monkeypatch.setattr(status.session, "engine", lambda: 1 / 0)
    assert run("upgrade", "check")[0] == 255


def test_the_results_as_json(upgraded, run: Run) -> None:
    code, out = run("upgrade", "check", "--json")

    found = json.loads(out)
    assert code == 0
    assert found["name"] == "Upgrade Check Results"
    assert [check["check"] for check in found["checks"]] == [
        "Minimum Nova API Version",
        "Policy File JSON to YAML Migration",
        "Message Bus Options",
        "Database Schema",
        "Duplicate Names",
        "Database Clock",
        "Services Alive",
    ]


@pytest.mark.parametrize(
    "arguments", [(), ("upgrade",), ("downgrade",), ("upgrade", "check", "-x")]
)
def test_wrong_arguments_exit_with_2(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments)[0] == 2


def test_a_policy_file_of_json_fails(upgraded, run: Run, tmp_path) -> None:
    policy = tmp_path / "policy.json"
    policy.write_text('{"admin_api": "role:admin"}')

    code, out = run(
        "upgrade", "check", "--json", configuration=f"[oslo_policy]\npolicy_file = {policy}\n"
    )

    assert code == 2
    assert json.loads(out)["checks"][1]["result"] == Code.FAILURE


# -- the checks -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "code"),
    [
        ("2.56", Code.SUCCESS),
        ("2.100", Code.SUCCESS),
        ("3.0", Code.SUCCESS),
        ("2.55", Code.FAILURE),
        ("2.6", Code.FAILURE),
        ("2", Code.FAILURE),
        ("new", Code.FAILURE),
    ],
)
def test_the_api_version_of_nova(version: str, code: Code) -> None:
    conf.CONF.set_override("api_version", version, group="nova")
    try:
        assert status.check_nova_api(CHECKS).code == code
    finally:
        conf.CONF.clear_override("api_version", group="nova")


@pytest.mark.parametrize("revision", ["001", "609bec748f2a"])
def test_an_older_schema_is_a_warning_and_the_other_checks_can_read_it(
    empty_database, revision: str
) -> None:
    migration.upgrade(revision)

    found = status.check_schema(CHECKS)

    assert found.code == Code.WARNING
    assert revision in found.details
    assert status.check_names(CHECKS).code == Code.SUCCESS
    assert status.check_services(CHECKS).code == Code.SUCCESS


def test_an_empty_database_is_named(empty_database) -> None:
    told = status.check_schema(CHECKS).details
    assert told.startswith("The database sqlite:// is empty; run watcher-db-manage upgrade")


def test_an_empty_database_is_a_warning(empty_database) -> None:
    found = status.check_schema(CHECKS)

    assert found.code == Code.WARNING
    assert "run watcher-db-manage upgrade" in found.details
    assert status.check_names(CHECKS).code == Code.SUCCESS
    assert status.check_services(CHECKS).code == Code.SUCCESS


def test_tables_without_a_revision_are_a_failure(upgraded) -> None:
    migration.stamp()
    assert status.check_schema(CHECKS).code == Code.FAILURE


def test_a_revision_that_was_only_recorded_is_a_failure(empty_database) -> None:
    migration.upgrade("d09a5945e4a0")
    migration.stamp(migration.HEAD)

    found = status.check_schema(CHECKS)

    assert found.code == Code.FAILURE
    assert found.details.startswith("The newest revision is recorded, but the database lacks: ")
    assert "action_plans.hostname" in found.details


def test_a_constraint_that_was_left_out_is_a_warning_until_it_is_there(empty_database) -> None:
    migration.upgrade(migration.PUBLISHED_HEAD)
    _add(models.Goal(id=1, name="g", display_name="G", efficacy_specification=[]))
    _add(*(models.Audit(audit_type="ONESHOT", goal_id=1, name="a") for _ in range(2)))
    migration.upgrade()

    found = status.check_schema(CHECKS)

    assert found.code == Code.WARNING
    way = re.search(r"downgrade --revision (\w+) and upgrade", found.details)
    assert way
    with session.write() as unit:
        unit.execute(sqlalchemy.update(models.Audit).where(models.Audit.id == 2).values(name="b"))
    migration.downgrade(way.group(1))
    migration.upgrade()
    assert status.check_schema(CHECKS).code == Code.SUCCESS


def test_a_revision_of_a_later_release_is_a_failure(upgraded) -> None:
    with session.write() as unit:
        unit.execute(sqlalchemy.text("UPDATE alembic_version SET version_num = 'fedcba987654'"))

    found = status.check_schema(CHECKS)

    assert found.code == Code.FAILURE
    assert "does not know revision fedcba987654 of the database" in found.details


def test_live_audits_of_the_same_name_are_a_failure(empty_database) -> None:
    migration.upgrade(migration.PUBLISHED_HEAD)
    _add(models.Goal(id=1, name="g", display_name="G", efficacy_specification=[]))
    _add(
        *(models.Audit(audit_type="ONESHOT", goal_id=1, name=name) for name in ("a", "a", "b")),
        models.Audit(audit_type="ONESHOT", goal_id=1),
        models.Audit(audit_type="ONESHOT", goal_id=1),
        models.Audit(
            audit_type="ONESHOT", goal_id=1, name="b", deleted=9, deleted_at=machine_utc_now()
        ),
    )

    found = status.check_names(CHECKS)

    assert found.code == Code.FAILURE
    assert found.details.endswith(": audits: a (2 times)")


@pytest.mark.parametrize(
    ("apart_s", "code", "said"),
    [
        (0, Code.SUCCESS, None),
        (4.5, Code.SUCCESS, None),
        (-4, Code.SUCCESS, None),
        (60, Code.WARNING, "60 s ahead of"),
        (-3600, Code.WARNING, "3600 s behind"),
    ],
)
def test_the_databases_clock(
    upgraded, monkeypatch, apart_s: float, code: Code, said: str | None
) -> None:
    there = status._machine_now() + datetime.timedelta(seconds=apart_s)
    monkeypatch.setattr(status.clock, "utc_now", lambda _unit: there)

    found = status.check_clock(CHECKS)

    assert found.code == code
    assert (said or "") in (found.details or "")


def test_the_clock_of_a_real_database_is_right(upgraded) -> None:
    assert status.check_clock(CHECKS).code == Code.SUCCESS


def test_a_service_that_is_silent_is_a_warning(upgraded) -> None:
    now = machine_utc_now()
    _add(
        models.Service(name="watcher-applier", host="a", last_seen_up=now),
        models.Service(
            name="watcher-applier", host="b", last_seen_up=datetime.datetime(2020, 1, 2, 3, 4, 5)
        ),
    )

    found = status.check_services(CHECKS)

    assert found.code == Code.WARNING
    assert found.details == (
        "Not running: watcher-applier on b, last seen 2020-01-02 03:04:05 (UTC)."
    )


def test_services_that_beat_are_alive(upgraded) -> None:
    _add(models.Service(name="watcher-applier", host="a", last_seen_up=machine_utc_now()))
    assert status.check_services(CHECKS).code == Code.SUCCESS


@pytest.mark.parametrize(
    "check",
    [status.check_schema, status.check_names, status.check_clock, status.check_services],
    ids=lambda check: check.__name__,
)
def test_a_database_that_cannot_be_opened_is_a_failure_that_says_why(check, tmp_path) -> None:
    session.configure(f"sqlite:///{tmp_path}/nowhere/watcher.sqlite")
    try:
        found = check(CHECKS)
    finally:
        session.reset()

    assert found.code == Code.FAILURE
    assert found.details == "The database cannot be used: unable to open database file"
