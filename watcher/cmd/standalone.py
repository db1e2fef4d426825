# SPDX-License-Identifier: Apache-2.0
"""``watcher-standalone``: everything in one process, with or without a simulated cloud."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys


def main() -> None:
    """Run the command line and end the process with its code.

    Everything has been stopped cleanly by then. What was left behind, because the cloud did not
    answer, would only be waited for: and once the interpreter shuts down no thread can start
    another, which a plan still running would take for its own failure.
    """
    # The imports take a second, and nothing is there yet that a Ctrl-C would have to clean up.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from watcher.standalone import command

    code = command.main(sys.argv[1:])
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):  # the terminal may be gone
            stream.flush()
    os._exit(code)
