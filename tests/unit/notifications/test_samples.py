# SPDX-License-Identifier: Apache-2.0
"""The samples in the documentation are what is really sent."""

from __future__ import annotations

import pytest

from tests.unit.notifications import samples
from watcher import objects
from watcher.conf import CONF
from watcher.notifications import EVENTS


@pytest.fixture(autouse=True)
def _configured() -> None:
    CONF([], project="watcher", default_config_files=[], default_config_dirs=[])
    objects.register_all()


@pytest.mark.parametrize("event_type", EVENTS)
def test_the_sample_in_the_documentation_is_what_is_sent(event_type: str) -> None:
    command = "python -m tests.unit.notifications.samples"
    assert samples.path(event_type).read_text() == samples.text(event_type), f"run {command}"


def test_there_is_no_sample_of_anything_else() -> None:
    assert {file.name for file in samples.FOLDER.iterdir()} == {
        samples.path(event_type).name for event_type in EVENTS
    }
