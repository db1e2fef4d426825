# SPDX-License-Identifier: Apache-2.0
"""Reading the JSON list of numbers that the built-in scoring engines take."""

from __future__ import annotations

import json


def read_numbers(features: str, *, count: int | None = None) -> list[float]:
    """Return the numbers in the JSON text *features*.

    :param count: how many there must be; None: at least one.
    :raises ValueError: not JSON, not a list, not numbers, or not as many as expected.
    """
    numbers = json.loads(features)  # its error is a ValueError
    if not isinstance(numbers, list):
        raise ValueError("The features must be a JSON list.")  # noqa: TRY004 - published type
    if any(isinstance(item, bool) or not isinstance(item, int | float) for item in numbers):
        raise ValueError("The features must be numbers.")
    if not numbers or (count is not None and len(numbers) != count):
        expected = "at least one number" if count is None else f"{count} numbers"
        raise ValueError(f"Expected {expected}, got {len(numbers)}.")
    return numbers
