# SPDX-License-Identifier: Apache-2.0
"""The request context."""

from __future__ import annotations

import pytest

from watcher.common import context


def test_an_admin_context_belongs_to_nobody() -> None:
    values = context.make_admin_context(show_deleted=True).to_dict()

    assert values["is_admin"] is True
    assert values["show_deleted"] is True
    assert values["user"] is None
    assert values["roles"] == []


def test_a_context_survives_the_way_through_a_dictionary() -> None:
    made = context.make_context(
        user_id="u1", project_id="p1", roles=["admin"], global_request_id=None
    )

    again = context.RequestContext.from_dict(made.to_dict())

    assert again.to_dict() == made.to_dict()


@pytest.mark.parametrize(("text", "meant"), [("false", False), ("true", True), ("1", True)])
def test_show_deleted_as_text_is_understood(text: str, meant: bool) -> None:
    assert context.make_context(show_deleted=text).show_deleted is meant


def test_unknown_keys_of_a_message_are_ignored() -> None:
    found = context.RequestContext.from_dict({"user": "u1", "tenant": "old", "auth_token_info": {}})

    assert found.user_id == "u1"
    assert found.auth_token_info == {}


def test_an_admin_context_carries_the_request_ids_of_its_thread() -> None:
    current = context.make_context(user_id="u1", global_request_id="req-of-the-caller")

    made = context.make_admin_context()

    assert made.request_id == current.request_id
    assert made.global_request_id == "req-of-the-caller"
