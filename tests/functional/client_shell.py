# SPDX-License-Identifier: Apache-2.0
"""The client programs in one process of their own, so that a hundred commands load them once.

Reads ``{"program": ..., "arguments": [...]}`` lines, runs each command with the program's own
``main`` and answers ``{"returncode": ..., "stdout": ..., "stderr": ...}`` lines.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import sys
import traceback
from typing import Any


def run(program: str, arguments: list[str]) -> dict[str, Any]:
    """Run one command as the entry point of the program would."""
    if program == "openstack":
        from openstackclient.shell import main
    else:
        from watcherclient.shell import main
    stdout, stderr = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        try:
            code = main(arguments)
        except SystemExit as error:
            code = error.code
        except Exception:  # noqa: BLE001 - told to the test, with its traceback
            traceback.print_exc()
            code = 1
    logging.getLogger("").handlers.clear()  # they hold the streams of this command
    return {"returncode": code or 0, "stdout": stdout.getvalue(), "stderr": stderr.getvalue()}


if __name__ == "__main__":
    answers = sys.stdout
    for line in sys.stdin:
        print(json.dumps(run(**json.loads(line))), file=answers, flush=True)
