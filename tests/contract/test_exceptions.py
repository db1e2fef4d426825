# SPDX-License-Identifier: Apache-2.0
"""The exceptions are the published ones: names, bases, HTTP status, arguments."""

from __future__ import annotations

import inspect
import re

import pytest

from tests.contract import spec
from watcher.common import exception

PUBLISHED = spec.load("exceptions.json")


def published() -> list[dict]:
    return next(value for value in PUBLISHED.values() if isinstance(value, list) and value)


@pytest.mark.parametrize("fact", published(), ids=lambda fact: fact["name"])
def test_an_exception_is_the_published_one(fact: dict) -> None:
    found = getattr(exception, fact["name"])

    assert found.__module__ == fact["module"]
    assert [base.__name__ for base in found.__bases__] == fact["bases"]
    assert found.code == fact["http_status"]
    # An argument called message is the whole text and so needs no place in the template.
    arguments = set(fact["message_keyword_args"]) - {"message"}
    assert set(re.findall(r"%\((\w+)\)", found.msg_fmt)) == arguments


def test_all_published_exceptions_are_there() -> None:
    ours = {
        name
        for name, each in inspect.getmembers(exception, inspect.isclass)
        if issubclass(each, exception.WatcherException)
    }

    assert len(published()) == PUBLISHED["count"]
    assert ours == {fact["name"] for fact in published()}
