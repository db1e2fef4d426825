# SPDX-License-Identifier: Apache-2.0
"""Entry point of ``watcher-simulator``."""

from __future__ import annotations

from watcher.simulator import command


def main() -> int:
    """Run the simulator; returns the exit status."""
    return command.run()
