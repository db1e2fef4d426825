# SPDX-License-Identifier: Apache-2.0
"""The double of Nova has the methods of the real client."""

from __future__ import annotations

import inspect

import pytest

from tests.fixtures import fake_nova
from watcher.clients import nova

VERBS = [
    name
    for name, _function in inspect.getmembers(fake_nova.FakeNova, inspect.isfunction)
    if not name.startswith("_") and hasattr(nova.NovaClient, name)
]
OWN = {"add", "set", "set_migration", "add_migration", "under_way"}


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_has_the_signature_of_the_real_one(verb: str) -> None:
    fake = inspect.signature(getattr(fake_nova.FakeNova, verb), eval_str=True)
    assert fake == inspect.signature(getattr(nova.NovaClient, verb), eval_str=True)


def test_no_verb_is_made_up() -> None:
    public = {name for name in vars(fake_nova.FakeNova) if not name.startswith("_")}
    assert public - set(VERBS) == OWN
