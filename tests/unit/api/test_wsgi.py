# SPDX-License-Identifier: Apache-2.0
"""The application as loaded by servers that have their own processes."""

from __future__ import annotations

import logging

import pytest

from watcher.api import wsgi
from watcher.conf import CONF


def test_options_of_the_bus_that_cannot_work_are_refused_with_a_sentence(tmp_path) -> None:
    written = tmp_path / "watcher.conf"
    written.write_text(
        "[DEFAULT]\ntransport_url = rabbit://u:secret@127.0.0.1:1/\n"
        "[oslo_messaging_rabbit]\nuse_queue_manager = true\n"
    )
    told = r"^watcher-api: \[oslo_messaging_rabbit\] use_queue_manager needs .* lock_path"
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        with pytest.raises(SystemExit, match=told):
            wsgi.initialize_wsgi_app(["--config-file", str(written)])
    finally:
        root.handlers[:] = handlers  # they write to the streams of this test
        root.setLevel(level)
        CONF.reset()
        CONF([], default_config_files=[], default_config_dirs=[])
