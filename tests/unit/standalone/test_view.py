# SPDX-License-Identifier: Apache-2.0
"""What the demonstration prints, with and without a terminal."""

from __future__ import annotations

import io

from watcher.standalone.view import View


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_a_line_per_step_without_a_terminal():
    stream = io.StringIO()
    view = View(stream)
    for done in (0, 0, 1, 1, 2):
        view.progress(done, 2, "working")
    lines = [line.split("] ")[1] for line in stream.getvalue().splitlines()]
    assert lines == [f"{done}/2 actions done; working" for done in range(3)]


def test_progress_is_one_redrawn_bar_on_a_terminal():
    stream = Terminal()
    view = View(stream)
    view.progress(0, 2, "working")
    view.progress(1, 2, "working")
    assert "\n" not in stream.getvalue()
    assert stream.getvalue().count("\r") == 2
    assert "[###############...............] 1/2 working" in stream.getvalue()


def test_a_line_after_the_bar_takes_its_place():
    stream = Terminal()
    view = View(stream)
    view.progress(1, 2, "working")
    view.line("done")
    assert stream.getvalue().endswith("done\n")
    assert stream.getvalue().count("\n") == 1


def test_nothing_to_do_is_an_empty_bar():
    stream = Terminal()
    View(stream).progress(0, 0, "idle")
    assert "0/0 idle" in stream.getvalue()


def test_tables_line_up():
    stream = io.StringIO()
    View(stream).table("Hosts", ("host", "servers"), [("a-long-name", 5), ("b", 100)])
    assert stream.getvalue().splitlines() == [
        "",
        "Hosts",
        "-------------+---------",
        " host        | servers ",
        "-------------+---------",
        " a-long-name |       5 ",
        " b           |     100 ",
        "-------------+---------",
    ]


def test_a_bar_is_never_wider_than_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    stream = Terminal()
    View(stream).progress(1, 2, "x" * 500)
    assert len(stream.getvalue().removeprefix("\r\x1b[K")) == 59
