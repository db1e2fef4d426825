# SPDX-License-Identifier: Apache-2.0
"""Checks of our own for ``st run``; it imports this file by ``SCHEMATHESIS_HOOKS``."""

from __future__ import annotations

import json
from typing import Any

import schemathesis


@schemathesis.check
def published_errors(_context: Any, response: Any, case: Any) -> None:
    """Fail unless an error is JSON of the published shape."""
    if response.status_code < 400 or case.method == "HEAD":
        return
    content_type = response.headers.get("content-type", [""])[0]
    assert content_type.startswith("application/json"), f"an error of type {content_type!r}"
    document = json.loads(response.content)
    assert set(document) == {"error_message"}, f"an error without the published shape: {document}"
    assert isinstance(document["error_message"], str)
