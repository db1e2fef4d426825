# SPDX-License-Identifier: Apache-2.0
"""The start of the single process."""

from __future__ import annotations

import logging

import pytest

from watcher.conf import CONF
from watcher.standalone import process
from watcher.standalone.configuration import Place


def test_options_of_the_bus_that_cannot_work_end_the_start_with_a_sentence(tmp_path) -> None:
    written = tmp_path / "own.conf"
    written.write_text(
        "[DEFAULT]\ntransport_url = rabbit://u:secret@127.0.0.1:1/\n"
        "[oslo_messaging_rabbit]\nheartbeat_rate = 0\n"
    )
    place = Place(tmp_path, "127.0.0.1", 0)
    told = r"^watcher-standalone: \[oslo_messaging_rabbit\] heartbeat_rate must be at least 1"
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        with (
            pytest.raises(SystemExit, match=told),
            process.services(place, None, [written]),
        ):
            pass
    finally:
        root.handlers[:] = handlers  # they write to the streams of this test
        root.setLevel(level)
        CONF.clear_default("use_stderr")
        CONF.reset()
        CONF([], default_config_files=[], default_config_dirs=[])
