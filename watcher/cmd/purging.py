# SPDX-License-Identifier: Apache-2.0
"""What ``watcher-db-manage purge`` asks and prints; the work itself is ``watcher.db.purge``.

Tables, questions and results go to standard output; progress, and what is kept and why, to
standard error.
"""

from __future__ import annotations

import argparse
import sys
import time

import prettytable
from oslo_utils import strutils

from watcher.db import kept, models, purge, runs
from watcher.db.purgeable import Criteria, Model

COLUMNS: dict[str, Model] = {
    "Goals": models.Goal,
    "Strategies": models.Strategy,
    "Audit Templates": models.AuditTemplate,
    "Audits": models.Audit,
    "Action Plans": models.ActionPlan,
    "Actions": models.Action,
}
_NOUNS: dict[Model, str] = {model: title.lower() for title, model in COLUMNS.items()}
SECONDS_BETWEEN_LINES = 5.0
"""How often progress is reported where a terminal does not overwrite it."""
HELP = (
    "Remove soft-deleted rows for good. Rows that a live row needs stay, and so do live rows, "
    "unless --include-orphans is given. Safe while the services run."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the sub-command."""
    parser.add_argument(
        "-d",
        "--age-in-days",
        nargs="?",
        type=int,
        help="only what was soft-deleted more than this number of days ago, by the clock of the "
        "database (0: any age), with all that belongs to it",
    )
    parser.add_argument(
        "-n",
        "--max-number",
        nargs="?",
        type=int,
        help="number of rows to remove at most; rows that belong together go together",
    )
    parser.add_argument(
        "-t", "--goal", nargs="?", help="only this soft-deleted goal (uuid or name) and its rows"
    )
    orphans = parser.add_mutually_exclusive_group()
    orphans.add_argument(
        "-e",
        "--exclude-orphans",
        action="store_true",
        help="leave live rows alone whose parents are removed, and these parents; the default",
    )
    orphans.add_argument(
        "--include-orphans",
        action="store_true",
        help="also remove live rows whose parents are removed or missing, unless they are in use",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    parser.add_argument(
        "-y", "--yes", action="store_true", help="answer all questions with yes, for scripts"
    )


def run(options: argparse.Namespace) -> int:
    """Purge as the options say and return the exit code.

    :raises ValueError: for a number that makes no sense.
    :raises WatcherException: when the goal is live, or unknown.
    """
    limit: int | None = options.max_number
    if limit is not None and limit < 0:
        raise ValueError("Limit should be positive")
    orphans: bool = options.include_orphans
    wanted = purge.criteria(age_days=options.age_in_days, goal=options.goal, orphans=orphans)
    found = purge.count(wanted)
    note = "(may include orphans):" if orphans else "(orphans excluded):"
    if limit is not None and found.total > limit:
        rehearsed = purge.rehearse(wanted, limit)
        if not _may_be_cut(found, limit, rehearsed, yes=options.yes):
            return 0
        found = rehearsed
    question = f"There are {found.total} objects set for deletion. Continue? [y/N]"
    rehearsal = options.dry_run or not found.total
    if rehearsal or not _confirmed(question, found, yes=options.yes):
        print(f"Here below is a table containing the objects that can be purged {note}")
        print(table(found))
        _tell_what_never_fits(found)
        if rehearsal:
            _tell_what_is_kept(wanted)
        if not found.total and not options.dry_run:
            runs.forget_ended()
        return 0
    return _remove(wanted, limit, found.total, note)


def table(outcome: purge.Outcome) -> str:
    """Return the numbers of rows as a table of one row."""
    made = prettytable.PrettyTable([*COLUMNS, "Total"])
    made.add_row([*(outcome.rows[model] for model in COLUMNS.values()), outcome.total])
    return made.get_string()


class Progress:
    """Tells on standard error how far a purge is: in place on a terminal, else now and then."""

    def __init__(self, total: int) -> None:
        """Begin with none of ``total`` rows."""
        self._done, self._total = 0, total
        self._told_at = time.monotonic()
        self._in_place = sys.stderr.isatty()

    def __call__(self, model: Model, number: int) -> None:
        """Hear that rows of a table were removed."""
        self._done += number
        now = time.monotonic()
        if not self._in_place and now - self._told_at < SECONDS_BETWEEN_LINES:
            return
        self._told_at = now
        text = f"{self._done} of {self._total} removed, now {model.__tablename__}"
        print(f"\r\033[K{text}" if self._in_place else text, end="", file=sys.stderr)
        print(end="" if self._in_place else "\n", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave a clean line behind."""
        if self._in_place:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def _may_be_cut(found: purge.Outcome, limit: int, rehearsed: purge.Outcome, *, yes: bool) -> bool:
    """Ask whether to remove only a part, unless no part can be removed."""
    print(table(found))
    print(f"The number of objects ({found.total}) to delete exceeds the maximum number ({limit}).")
    if not rehearsed.total:
        return True
    return _answer("Do you want to delete objects up to the maximum number? [y/N]", yes=yes)


def _confirmed(question: str, found: purge.Outcome, *, yes: bool) -> bool:
    print(table(found))
    return _answer(question, yes=yes)


def _answer(question: str, *, yes: bool) -> bool:
    print(question, end=" ", flush=True)
    if yes:
        print("y")
        return True
    try:
        return bool(strutils.bool_from_string(input()))
    except EOFError:
        print()
        print("No answer on standard input, taken as no; use --yes in scripts.", file=sys.stderr)
        return False


def _remove(wanted: Criteria, limit: int | None, total: int, note: str) -> int:
    outcome, progress = purge.Outcome(), Progress(total)
    code = 0
    try:
        purge.purge(wanted, limit, outcome=outcome, told=progress)
        runs.forget_ended()
    except KeyboardInterrupt:
        code = 130
    finally:
        progress.end()
        stopped = "" if code == 0 else "Stopped; run it again to continue. "
        print(f"{stopped}Purge results summary {note}")
        print(table(outcome))
    _tell_what_never_fits(outcome)
    longest = f"longest transaction {outcome.longest_s:.3f} s"
    print(f"{outcome.transactions} transactions, {longest}", file=sys.stderr)
    return code


def _tell_what_never_fits(outcome: purge.Outcome) -> None:
    if outcome.total == 0 and outcome.smallest_left is not None:
        size = outcome.smallest_left
        print(f"Nothing fits: the smallest group that belongs together has {size} objects.")


def _tell_what_is_kept(wanted: Criteria) -> None:
    """Say which soft-deleted rows are kept, and what to do about it."""
    found = kept.kept(wanted)
    for each in found:
        parts = " and ".join(_NOUNS[model] for model in each.needed_by)
        text = f"Soft-deleted {_NOUNS[each.model]} that are kept: {each.number}, needed by {parts}."
        print(text, file=sys.stderr)
    if not found:
        return
    advice = "Rows that need them are not deleted. Delete those, or use --include-orphans."
    if wanted.orphans:
        advice = "Work that needs them is in progress. Purge again when it has ended."
    print(advice, file=sys.stderr)
