# SPDX-License-Identifier: Apache-2.0
"""The lists of the objects take every published filter, operator and order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import object_lists, tables, text_columns
from watcher import objects
from watcher.common import exception
from watcher.common.context import make_admin_context
from watcher.db import session


@pytest.fixture(autouse=True)
def _store() -> Iterator[None]:
    session.configure("sqlite://")
    tables.make()
    yield
    session.reset()


def test_each_published_filter_and_order_chooses_and_sorts_rows() -> None:
    object_lists.write_rows()
    assert object_lists.check() == []


def test_each_table_with_filters_is_tried() -> None:
    tried = {model.__tablename__ for model in text_columns.MODELS}
    assert tried == set(object_lists.SPEC["filterable_fields"])


def test_the_operators_are_those_published() -> None:
    published = {name for name in object_lists.SPEC["operators"] if name != "(none)=eq"}
    assert set(object_lists.COMPARISONS) == published


def test_a_filter_that_is_published_but_no_column_is_refused() -> None:
    objects.register_all()
    with pytest.raises(exception.InvalidParameter):
        objects.EfficacyIndicator.list(make_admin_context(), filters={"schema": "x"})
