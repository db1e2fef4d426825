# SPDX-License-Identifier: Apache-2.0
"""The state directory belongs to one process at a time."""

from __future__ import annotations

import pathlib

import pytest

from watcher.standalone import folder


def test_a_missing_folder_is_made_and_named_absolutely(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with folder.claimed(pathlib.Path("a/b")) as found:
        assert found == tmp_path / "a" / "b"
        assert found.is_dir()


def test_a_second_process_is_refused_until_the_first_has_ended(tmp_path) -> None:
    with (
        folder.claimed(tmp_path),
        pytest.raises(ValueError, match="another watcher-standalone uses it"),
        folder.claimed(tmp_path),
    ):
        pass
    with folder.claimed(tmp_path):
        pass


def test_a_file_in_its_place_is_named(tmp_path) -> None:
    path = tmp_path / "state"
    path.write_text("")
    with pytest.raises(ValueError, match=f"--state-dir {path}: is not a folder"):
        folder.claimed(path).__enter__()


def test_a_place_where_nothing_can_be_made_is_named() -> None:
    with pytest.raises(ValueError, match=r"--state-dir /proc/state: \w+"):
        folder.claimed(pathlib.Path("/proc/state")).__enter__()
