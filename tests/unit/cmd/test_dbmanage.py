# SPDX-License-Identifier: Apache-2.0
"""``watcher-db-manage``: sub-commands, options, texts and exit codes."""

from __future__ import annotations

import builtins
import datetime
import io
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from watcher.cmd import dbmanage, purging
from watcher.db import migration, models, purge, session
from watcher.db.types import machine_utc_now

Run = Callable[..., tuple[int, str, str]]
TABLE = """\
+-------+------------+-----------------+--------+--------------+---------+-------+
| Goals | Strategies | Audit Templates | Audits | Action Plans | Actions | Total |
+-------+------------+-----------------+--------+--------------+---------+-------+
|   {}   |     {}      |        {}        |   {}    |      {}       |    {}    |   {}   |
+-------+------------+-----------------+--------+--------------+---------+-------+
"""
CAN_BE_PURGED = "Here below is a table containing the objects that can be purged"


@pytest.fixture
def run(no_command, capsys, monkeypatch, tmp_path) -> Run:
    """A function that runs the command once: exit code, standard output, standard error."""
    configuration = tmp_path / "watcher.conf"
    configuration.touch()

    def call(*arguments: str, answer: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        try:
            code = dbmanage.main(["--config-file", str(configuration), *arguments])
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


@pytest.fixture
def rows(database) -> None:
    """A soft-deleted goal with a template, both 10 days old, and a live orphan."""
    gone = {"deleted_at": machine_utc_now() - datetime.timedelta(days=10)}
    with session.write() as unit:
        unit.add(models.Goal(name="g", display_name="G", efficacy_specification=[], **gone))
        unit.add(models.Goal(name="live", display_name="L", efficacy_specification=[]))
        unit.flush()
        unit.add(models.AuditTemplate(name="t", goal_id=1, **gone))
        unit.flush()
    with session.write() as unit:
        unit.add(models.Goal(name="old", display_name="G", efficacy_specification=[], **gone))
        unit.flush()
        unit.add(models.AuditTemplate(name="orphan", goal_id=3))


def _left() -> int:
    with session.read() as unit:
        return sum(
            unit.scalars(select(func.count()).select_from(model)).one()
            for model in (models.Goal, models.AuditTemplate)
        )


# -- the schema -----------------------------------------------------------------------------------


def test_without_a_sub_command_it_upgrades_and_prints_nothing(empty_database, run: Run) -> None:
    code, out, err = run()

    assert (code, out) == (0, "")
    assert "Running upgrade" in err  # progress
    assert migration.version() == migration.HEAD


def test_version_prints_none_where_nothing_is_recorded(empty_database, run: Run) -> None:
    assert run("version")[:2] == (0, "None\n")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("history",), 2),
        (("upgrade", "--revision", "nope"), 1),
        (("stamp", "nope"), 1),
        (("upgrade", "--revision"), 0),
        (("create_schema",), 0),
        (("--frob",), 2),
    ],
    ids=["sub-command", "upgrade", "stamp", "no value", "create_schema", "option"],
)
def test_exit_codes(empty_database, run: Run, arguments: tuple[str, ...], code: int) -> None:
    assert run(*arguments)[:2] == (code, "")


def test_a_failure_is_one_line_that_says_why(database, run: Run) -> None:
    code, out, err = run("create_schema")

    assert (code, out) == (1, "")
    assert err.splitlines()[-1].startswith("watcher-db-manage: the database already has tables")


def test_a_downgrade_to_an_unknown_revision_is_told_in_one_line(empty_database, run: Run) -> None:
    migration.create_schema()
    code, out, err = run("downgrade", "--revision", "nope")

    assert (code, out) == (1, "")
    assert err.splitlines()[-1] == "watcher-db-manage: No such revision or branch 'nope'"


def test_revision_writes_a_file(database, run: Run, monkeypatch, tmp_path) -> None:
    for name in ("env.py", "script.py.mako"):
        (tmp_path / name).write_bytes((migration.folder() / name).read_bytes())
    (tmp_path / "versions").mkdir()
    monkeypatch.setattr(migration, "folder", lambda: tmp_path)

    code, out, _ = run("revision", "-m", "more speed")

    [made] = (tmp_path / "versions").glob("*.py")
    assert code == 0
    assert made.name.endswith("_more_speed.py")
    assert "Generating" in out


# -- purge ----------------------------------------------------------------------------------------


def test_purge_asks_with_a_table_and_then_prints_what_it_did(rows, run: Run) -> None:
    code, out, err = run("purge", answer="y\n")

    counts = TABLE.format(1, 0, 1, 0, 0, 0, 2)
    question = "There are 2 objects set for deletion. Continue? [y/N] "
    assert out == f"{counts}{question}Purge results summary (orphans excluded):\n{counts}"
    assert code == 0
    assert _left() == 3
    assert "2 transactions, longest transaction 0." in err


@pytest.mark.parametrize("answer", ["n\n", "\n", "maybe\n", ""], ids=["n", "empty", "else", "end"])
def test_purge_does_nothing_without_a_yes(rows, run: Run, answer: str) -> None:
    code, out, _ = run("purge", answer=answer)

    assert code == 0
    assert out.endswith(
        f"{CAN_BE_PURGED} (orphans excluded):\n" + TABLE.format(1, 0, 1, 0, 0, 0, 2)
    )
    assert _left() == 5


@pytest.mark.parametrize("answer", ["y\n", "Yes\n", "1\n", "true\n", "on\n", "t\n"], ids=str.strip)
def test_purge_takes_every_usual_word_for_yes(rows, run: Run, answer: str) -> None:
    run("purge", answer=answer)
    assert _left() == 3


def test_a_rehearsal_asks_nothing_and_removes_nothing(rows, run: Run, monkeypatch) -> None:
    monkeypatch.setattr(builtins, "input", pytest.fail)

    code, out, _ = run("purge", "--dry-run")

    counts = TABLE.format(1, 0, 1, 0, 0, 0, 2)
    assert (code, out) == (0, f"{CAN_BE_PURGED} (orphans excluded):\n{counts}")
    assert _left() == 5


@pytest.fixture
def kept_rows(database) -> None:
    """Two deleted audits of a deleted goal; one has a live plan, the other a running one."""
    gone = {"deleted_at": machine_utc_now() - datetime.timedelta(days=10)}
    with session.write() as unit:
        unit.add(models.Goal(name="g", display_name="G", efficacy_specification=[], **gone))
        unit.flush()
        unit.add(models.Strategy(name="s", display_name="S", goal_id=1))
        unit.flush()
        for name, state in (("a", "RECOMMENDED"), ("b", "ONGOING")):
            audit = models.Audit(name=name, audit_type="ONESHOT", goal_id=1, **gone)
            unit.add(audit)
            unit.flush()
            plan = models.ActionPlan(audit_id=audit.id, state=state, strategy_id=1)
            unit.add(plan)


@pytest.mark.parametrize("arguments", [("--dry-run",), ()], ids=["rehearsal", "nothing to do"])
def test_purge_tells_what_stays_and_why_and_asks_nothing(
    kept_rows, run: Run, monkeypatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setattr(builtins, "input", pytest.fail)

    code, out, err = run("purge", *arguments)

    counts = TABLE.format(0, 0, 0, 0, 0, 0, 0)
    assert (code, out) == (0, f"{CAN_BE_PURGED} (orphans excluded):\n{counts}")
    assert err == (
        "Soft-deleted goals that are kept: 1, needed by audits and strategies.\n"
        "Soft-deleted audits that are kept: 2, needed by action plans.\n"
        "Rows that need them are not deleted. Delete those, or use --include-orphans.\n"
    )


def test_purge_with_orphans_tells_what_stays_because_it_is_at_work(kept_rows, run: Run) -> None:
    err = run("purge", "--dry-run", "--include-orphans")[2]

    assert "Soft-deleted audits that are kept: 1, needed by action plans.\n" in err
    assert err.endswith("Work that needs them is in progress. Purge again when it has ended.\n")


@pytest.mark.parametrize(
    "arguments", [(), ("-n", "5"), ("-n", "0"), ("--dry-run",), ("--include-orphans",)]
)
def test_purge_of_nothing_asks_nothing(
    database, run: Run, monkeypatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setattr(builtins, "input", pytest.fail)

    code, out, _ = run("purge", *arguments)

    assert code == 0
    assert out.endswith(TABLE.format(0, 0, 0, 0, 0, 0, 0))


def test_a_maximum_under_which_nothing_fits_asks_nothing(rows, run: Run, monkeypatch) -> None:
    monkeypatch.setattr(builtins, "input", pytest.fail)

    code, out, _ = run("purge", "-n", "0")

    assert code == 0
    assert "The number of objects (2) to delete exceeds the maximum number (0)." in out
    assert _left() == 5


def test_a_script_says_yes_to_all_questions(rows, run: Run, monkeypatch) -> None:
    monkeypatch.setattr(builtins, "input", pytest.fail)

    code, out, _ = run("purge", "--yes", "-n", "1")

    assert code == 0
    assert "The number of objects (2) to delete exceeds the maximum number (1)." in out
    assert out.endswith(TABLE.format(0, 0, 1, 0, 0, 0, 1))


def test_no_to_the_question_about_the_maximum_ends_it(rows, run: Run) -> None:
    code, out, _ = run("purge", "-n", "1", answer="n\n")

    assert code == 0
    assert out.startswith(TABLE.format(1, 0, 1, 0, 0, 0, 2))
    assert out.endswith("Do you want to delete objects up to the maximum number? [y/N] ")
    assert _left() == 5


def test_a_maximum_that_nothing_fits_says_so(rows, run: Run, monkeypatch) -> None:
    rehearsed = purge.Outcome(smallest_left=70)
    monkeypatch.setattr(purge, "rehearse", lambda *_: rehearsed)

    out = run("purge", "-n", "1", "--dry-run", answer="y\n")[1]

    assert out.endswith("Nothing fits: the smallest group that belongs together has 70 objects.\n")


def test_live_orphans_go_on_request_only(rows, run: Run) -> None:
    code, out, _ = run("purge", "--include-orphans", "--yes")

    assert code == 0
    assert "Purge results summary (may include orphans):" in out
    assert _left() == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-n", "-1"), "Limit should be positive\n"),
        (("-d", "-1"), "Age should not be negative\n"),
        (("-t", "live"), "The Goal resource live is not soft deleted\n"),
        (("-t", "nowhere"), "Goal nowhere could not be found\n"),
    ],
    ids=["limit", "age", "live goal", "unknown goal"],
)
def test_an_error_is_told_on_standard_output(rows, run: Run, arguments, said: str) -> None:
    assert run("purge", *arguments)[:2] == (1, said)


def test_a_database_without_tables_is_told_in_one_line(empty_database, run: Run) -> None:
    code, out, _ = run("purge", "--dry-run")
    assert code == 1
    assert out.startswith("The database sqlite:// has no tables yet")
    assert out.endswith("run 'watcher-db-manage upgrade'\n")


def test_purge_knows_every_published_option(rows, run: Run) -> None:
    code, out, _ = run("purge", "--age-in-days", "20", "--goal", "g", "-e", "--max-number", "9")

    assert code == 0
    assert TABLE.format(0, 0, 0, 0, 0, 0, 0) in out


def test_options_without_a_value_are_as_if_not_given(rows, run: Run) -> None:
    assert run("purge", "-d", "-n", "-t", "--dry-run")[1].endswith(
        TABLE.format(1, 0, 1, 0, 0, 0, 2)
    )


def test_orphans_cannot_be_both_included_and_excluded(rows, run: Run) -> None:
    assert run("purge", "-e", "--include-orphans")[0] == 2


def test_an_interrupt_at_the_question_ends_it_without_a_trace(rows, run: Run, monkeypatch) -> None:
    def interrupted() -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.input", interrupted)
    code, _, err = run("purge")
    assert code == 130
    assert "Traceback" not in err
    assert _left() == 5


def test_an_interrupt_prints_what_was_done(rows, run: Run, monkeypatch) -> None:
    def interrupted(_wanted, _limit, *, outcome: purge.Outcome, told) -> None:
        outcome.add(models.AuditTemplate, 1)
        told(models.AuditTemplate, 1)
        raise KeyboardInterrupt

    monkeypatch.setattr(purge, "purge", interrupted)

    code, out, _ = run("purge", "--yes")

    assert code == 130
    assert "Stopped; run it again to continue. Purge results summary (orphans excluded):" in out
    assert out.endswith(TABLE.format(0, 0, 1, 0, 0, 0, 1))


def test_progress_is_a_line_now_and_then(capsys, monkeypatch) -> None:
    seconds = iter([0.0, 1.0, 6.0, 7.0])
    monkeypatch.setattr(purging.time, "monotonic", lambda: next(seconds))
    progress = purging.Progress(5000)

    for _ in range(3):
        progress(models.Action, 1000)
    progress.end()

    assert capsys.readouterr().err == "2000 of 5000 removed, now actions\n"


def test_progress_on_a_terminal_writes_over_itself(capsys, monkeypatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    progress = purging.Progress(5000)

    progress(models.Action, 1000)
    progress.end()

    assert capsys.readouterr().err == ("\r\033[K1000 of 5000 removed, now actions\r\033[K")
