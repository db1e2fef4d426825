# SPDX-License-Identifier: Apache-2.0
"""``watcher-api-wsgi`` as a command."""

from __future__ import annotations

import pathlib
import signal
import subprocess
import sys

from tests.functional.deployment import _get, free_port, wait_for

SCRIPT = pathlib.Path(__file__).parents[2] / "tools" / "bin" / "watcher-api-wsgi"


def test_the_script_serves_until_it_is_interrupted(tmp_path):
    path = tmp_path / "watcher.conf"
    path.write_text(
        f"[DEFAULT]\ntransport_url = fake://\n[database]\nconnection = sqlite:///{tmp_path}/w\n"
    )
    port = free_port()
    command = [sys.executable, SCRIPT, "-p", str(port), "--host", "127.0.0.1"]
    process = subprocess.Popen([*command, "--", "--config-file", path], cwd=tmp_path)
    try:
        wait_for("the API answers", lambda: _get(f"http://127.0.0.1:{port}/"))
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
