# SPDX-License-Identifier: Apache-2.0
"""Schemas of parameters that several actions share."""

from __future__ import annotations

from typing import Any, Final

NAME: Final[dict[str, Any]] = {"type": "string", "minLength": 1}

SERVER_ID: Final[dict[str, Any]] = {
    "type": "string",
    "minLength": 1,
    "pattern": "^([a-fA-F0-9]){8}-([a-fA-F0-9]){4}-([a-fA-F0-9]){4}-([a-fA-F0-9]){4}-"
    "([a-fA-F0-9]){12}$",
}
