# SPDX-License-Identifier: Apache-2.0
"""Nova's paging by marker and limit, with its ``next`` link."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Callable, Sequence
from typing import TypeVar

from watcher.simulator.errors import BadRequest
from watcher.simulator.http import Call

MAX_LIMIT = 1000
R = TypeVar("R")


def page(
    call: Call, rows: Sequence[R], ident: Callable[[R], str], *, missing: str
) -> tuple[Sequence[R], list[dict[str, str]]]:
    """Return the page that a request asks for and its links, none if it is the last.

    :param missing: what to say about an unknown marker, with ``{}`` for it
    :raises BadRequest: for a limit that is not a number or a marker that does not exist
    """
    text = call.query.get("limit", str(MAX_LIMIT))
    if not re.fullmatch("[0-9]+", text):
        raise BadRequest(
            f"Invalid input for query parameters limit. Value: {text}. "
            f"'{text}' does not match '^[0-9]*$'"
        )
    limit = min(int(text), MAX_LIMIT)
    marker = call.query.get("marker")
    start = 0
    if marker is not None:
        start = next((at for at, row in enumerate(rows, 1) if ident(row) == marker), 0)
        if not start:
            raise BadRequest(missing.format(marker))
    found = rows[start : start + limit]
    if not found or start + limit >= len(rows):
        return found, []
    query = {**call.query, "limit": str(limit), "marker": ident(found[-1])}
    if "limit" not in call.query:
        del query["limit"]
    url = f"{call.request.path_url}?{urllib.parse.urlencode(sorted(query.items()))}"
    return found, [{"rel": "next", "href": url}]
