# SPDX-License-Identifier: Apache-2.0
"""The flat list: a row a server, and one for each empty host."""

from __future__ import annotations

from watcher.decision_engine.model import data_model
from watcher.domain.snapshot import Host, Server, Snapshot


def test_rows_are_sorted_and_empty_hosts_have_one() -> None:
    snapshot = Snapshot.of(
        [Host("h2", "b"), Host("h1", "a")],
        [Server("s2", host="b"), Server("s1", host="b"), Server("s3", host=None)],
    )
    rows = data_model.flat_list(snapshot)
    assert [(row["node_uuid"], row.get("server_uuid")) for row in rows] == [
        ("h1", None),
        ("h2", "s1"),
        ("h2", "s2"),
    ]
    assert "server_name" not in rows[0]


def test_rows_are_plain_data() -> None:
    snapshot = Snapshot.of([Host("h1", "a")], [Server("s1", host="a")])
    (row,) = data_model.flat_list(snapshot)
    plain = (str, int, float, bool, dict, type(None))
    assert all(isinstance(value, plain) for value in row.values())
    assert row["server_created"] is None
