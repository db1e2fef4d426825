# SPDX-License-Identifier: Apache-2.0
"""Read a JSON file from a user; whatever is wrong with it becomes one message."""

from __future__ import annotations

import json
import pathlib
from typing import Any


def read(path: str | pathlib.Path) -> Any:
    """Return the document of a file.

    :raises ValueError: with the file's name, what was expected and what was found
    """
    try:
        text = pathlib.Path(path).read_bytes().decode("utf-8")
        return json.loads(text, parse_constant=_no_number)
    except OSError as error:
        raise ValueError(f"{path}: expected a JSON file, found: {error.strerror}") from error
    except UnicodeDecodeError as error:
        found = f"byte 0x{error.object[error.start]:02x} at position {error.start}"
        raise ValueError(f"{path}: expected JSON in UTF-8, found {found}") from error
    except RecursionError as error:
        raise ValueError(f"{path}: expected JSON, found too many levels of nesting") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: not JSON: {error}") from error
    except ValueError as error:
        raise ValueError(f"{path}: expected JSON with numbers of usual size: {error}") from error


def _no_number(name: str) -> None:
    raise ValueError(f"found {name}")
