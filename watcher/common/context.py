# SPDX-License-Identifier: Apache-2.0
"""Who is asking: the request context that travels with every call.

It knows no database and no HTTP; the API builds it from the environment of a request, the RPC
layer from a message.
"""

from __future__ import annotations

from typing import Any

from oslo_context import context
from oslo_utils import strutils


class RequestContext(context.RequestContext):
    """The published context: oslo.context's fields and ``auth_token_info``.

    :param is_admin: ``None`` for requests of users, whose rights are the policy's concern
    :param auth_token_info: always empty in practice; kept because it is part of the messages
    """

    FROM_DICT_EXTRA_KEYS = ["auth_token_info"]

    def __init__(
        self,
        is_admin: bool | None = None,
        auth_token_info: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if isinstance(kwargs.get("show_deleted"), str):
            # Other services put the text of the HTTP header into the message, "false" included.
            kwargs["show_deleted"] = strutils.bool_from_string(kwargs["show_deleted"])
        super().__init__(is_admin=is_admin, **kwargs)
        self.auth_token_info = auth_token_info

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by their published keys."""
        return {**super().to_dict(), "auth_token_info": self.auth_token_info}


def make_context(*args: Any, **kwargs: Any) -> RequestContext:
    """Return a context made of these fields (published helper)."""
    return RequestContext(*args, **kwargs)


def make_admin_context(show_deleted: bool = False) -> RequestContext:
    """Return a context for work that a daemon does on its own behalf.

    It carries the request ids that this thread logs with, if there are any.
    """
    current = context.get_current()
    return RequestContext(
        is_admin=True,
        overwrite=False,
        show_deleted=show_deleted,
        request_id=current.request_id if current else None,
        global_request_id=current.global_request_id if current else None,
    )
