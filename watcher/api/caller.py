# SPDX-License-Identifier: Apache-2.0
"""From the environment of a request to the request context.

The identity headers were set by keystonemiddleware, which removes those that a client sends, or by
the client itself where authentication is switched off.
"""

from __future__ import annotations

from typing import Any

from watcher.common.context import RequestContext

_KEY = "watcher.api.caller"


def context_of(environ: dict[str, Any]) -> RequestContext:
    """Return the context of a request; made at the first call, then kept in the environment."""
    context: RequestContext | None = environ.get(_KEY)
    if context is None:
        context = RequestContext.from_environ(
            environ,
            show_deleted="HTTP_X_SHOW_DELETED" in environ,
            is_admin=None,
        )
        environ[_KEY] = context
    return context
