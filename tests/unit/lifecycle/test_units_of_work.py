# SPDX-License-Identifier: Apache-2.0
"""Every unit of work of the daemons is tried again when the database refuses it for a moment."""

from __future__ import annotations

import ast
import pathlib
from collections.abc import Iterator

import watcher

PACKAGES = ("lifecycle", "decision_engine", "applier")


def _functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    root = pathlib.Path(watcher.__file__).parent
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef):
                    yield f"{path.relative_to(root)}:{node.name}", node


def _opens_a_unit(function: ast.FunctionDef) -> bool:
    calls = [
        ast.unparse(item.context_expr)
        for node in ast.walk(function)
        if isinstance(node, ast.With)
        for item in node.items
    ]
    units = ("db.read()", "db.write()", "session.read()", "session.write()")
    return any(call in units for call in calls)


def test_no_unit_of_work_gives_up_at_the_first_lost_connection() -> None:
    found = [
        name
        for name, function in _functions()
        if _opens_a_unit(function)
        if not any("retried" in ast.unparse(one) for one in function.decorator_list)
    ]
    assert found == []
