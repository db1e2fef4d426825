# SPDX-License-Identifier: Apache-2.0
"""The end of ``watcher-simulator``."""

from __future__ import annotations

import os

from watcher.cmd import simulator


def test_output_whose_reader_is_gone_is_dropped() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream:
        stream.write("never read")
        os.close(reading)
        simulator.finish_output(stream)
        stream.flush()


def test_output_that_is_read_is_written() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream, os.fdopen(reading) as reader:
        stream.write("read\n")
        simulator.finish_output(stream)
        assert reader.readline() == "read\n"
