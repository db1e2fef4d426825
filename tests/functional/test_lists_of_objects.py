# SPDX-License-Identifier: Apache-2.0
"""The lists of the objects take every published filter, operator and order on each database."""

from __future__ import annotations

import pytest

from tests import object_lists
from tests.functional import upgrades
from watcher.db import migration


@pytest.mark.parametrize("kind", ["mysql", "postgresql"])
def test_each_published_filter_and_order_chooses_and_sorts_rows(kind: str) -> None:
    with upgrades.empty_database(kind):
        migration.create_schema()
        object_lists.write_rows()
        assert object_lists.check() == []
