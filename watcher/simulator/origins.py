# SPDX-License-Identifier: Apache-2.0
"""Where a simulated cloud comes from: generated, or read from a file."""

from __future__ import annotations

import pathlib
import time
from collections.abc import Callable

from watcher.simulator import generator, snapshot_file
from watcher.simulator.cloud import Cloud
from watcher.simulator.motion import Options


def generate(
    hosts: int,
    servers: int,
    seed: int,
    options: Options | None = None,
    *,
    pinned_ratio: float = 0.0,
    clock: Callable[[], float] = time.monotonic,
) -> Cloud:
    """Return a generated cloud; the same numbers give the same cloud.

    :param pinned_ratio: share of the servers that may not leave their availability zone, 0..1

    :raises ValueError: when the numbers are out of range or the servers do not fit
    """
    contents = generator.generate(hosts, servers, seed, pinned_ratio=pinned_ratio)
    return Cloud(contents, options, clock=clock)


def load(
    path: str | pathlib.Path,
    options: Options | None = None,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> Cloud:
    """Return the cloud of a snapshot file, or of an answer of ``GET /v1/data_model``.

    :raises ValueError: when the file is neither
    """
    return Cloud(snapshot_file.read(path), options, clock=clock)
