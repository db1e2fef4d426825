# SPDX-License-Identifier: Apache-2.0
"""The state directory: made when missing, and used by one process at a time.

Two processes on one database would both be the daemon of this host, and each would take the
other's work for its own, left behind.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
from collections.abc import Iterator

LOCK = "lock"


@contextlib.contextmanager
def claimed(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """Yield the absolute path of the folder, which only this process uses during the context.

    The lock is the kernel's: it is gone with the process, however that ends.

    :raises ValueError: when it cannot be made or written to, or another process uses it.
    """
    folder = folder.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except FileExistsError as error:
        raise ValueError(f"--state-dir {folder}: is not a folder") from error
    except OSError as error:
        raise ValueError(f"--state-dir {folder}: {error.strerror}") from error
    with os.fdopen(lock):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ValueError(
                f"--state-dir {folder}: another watcher-standalone uses it; stop that one, or "
                "name another folder"
            ) from error
        yield folder
