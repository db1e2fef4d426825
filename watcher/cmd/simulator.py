# SPDX-License-Identifier: Apache-2.0
"""Entry point of ``watcher-simulator``."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from watcher.simulator import command


def main() -> int:
    """Run the simulator; returns the exit status."""
    code = command.run()
    for stream in (sys.stdout, sys.stderr):
        finish_output(stream)
    return code


def finish_output(stream: TextIO) -> None:
    """Write what is still to be written; drop it if its reader, such as a terminal, is gone.

    Otherwise the interpreter would try it again at its end, and exit with 120.
    """
    try:
        stream.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
