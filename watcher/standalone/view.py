# SPDX-License-Identifier: Apache-2.0
"""What the demonstration prints: tables, lines that say what changed, a progress bar.

On a terminal the bar is redrawn in place; elsewhere (a pipe, a log) each step is a plain line.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from typing import TextIO

BAR_WIDTH = 30


class View:
    """Lines and one progress bar on a text stream."""

    def __init__(self, stream: TextIO, *, started: float | None = None) -> None:
        self._stream = stream
        self._terminal = stream.isatty()
        self._started = time.monotonic() if started is None else started
        self._bar_shown = False
        self._last_done = -1

    def line(self, text: str = "") -> None:
        """Print one line with the seconds since the start in front."""
        self._clear_bar()
        stamp = f"[{time.monotonic() - self._started:5.1f} s] " if text else ""
        print(f"{stamp}{text}", file=self._stream, flush=True)

    def table(self, title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Print a table: first column to the left, the others to the right."""
        self._clear_bar()
        cells = [[str(cell) for cell in row] for row in [heads, *rows]]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        rule = "+".join("-" * (width + 2) for width in widths)
        print(f"\n{title}\n{rule}", file=self._stream)
        for number, row in enumerate(cells):
            first, *others = (
                f" {cell:<{width}} " if index == 0 else f" {cell:>{width}} "
                for index, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            print("|".join([first, *others]), file=self._stream)
            if number == 0:
                print(rule, file=self._stream)
        print(rule, file=self._stream, flush=True)

    def progress(self, done: int, total: int, what: str) -> None:
        """Show how much is done; a plain line per step where there is no terminal."""
        if not self._terminal:
            if done != self._last_done:
                self.line(f"{done}/{total} actions done; {what}")
            self._last_done = done
            return
        filled = BAR_WIDTH * done // max(total, 1)
        bar = "#" * filled + "." * (BAR_WIDTH - filled)
        # A line that wraps could not be taken back.
        text = f"[{bar}] {done}/{total} {what}"[: shutil.get_terminal_size().columns - 1]
        print(f"\r\x1b[K{text}", end="", file=self._stream, flush=True)
        self._bar_shown = True

    def _clear_bar(self) -> None:
        if self._bar_shown:
            print("\r\x1b[K", end="", file=self._stream)
            self._bar_shown = False
