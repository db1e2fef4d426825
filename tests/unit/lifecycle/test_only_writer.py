# SPDX-License-Identifier: Apache-2.0
"""Nobody but the lifecycle writes a state: looked for in the source of everything else."""

from __future__ import annotations

import ast
import pathlib
from collections.abc import Iterator

import pytest

import watcher

ROOT = pathlib.Path(watcher.__file__).parent

MAY_WRITE = ("lifecycle", "db", "objects", "simulator")
"""The verbs themselves, what they consist of, and the simulated cloud."""

WRITERS = {"transition", "create", "create_many", "update", "soft_delete", "values", "save"}
"""Functions that write columns, when called with a state."""


def _sources() -> Iterator[pathlib.Path]:
    for path in sorted(ROOT.rglob("*.py")):
        if path.relative_to(ROOT).parts[0] not in MAY_WRITE:
            yield path


def _writes_state(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(_is_state_of_another(one) for target in targets for one in ast.walk(target))
    if not isinstance(node, ast.Call):
        return False
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    if name == "transition":
        return True
    if name == "setattr":
        return any(isinstance(arg, ast.Constant) and arg.value == "state" for arg in node.args)
    module = getattr(getattr(node.func, "value", None), "id", "")
    return name in WRITERS and module == "repository" and "'state'" in ast.dump(node)


def _is_state_of_another(target: ast.AST) -> bool:
    """Say whether this is ``x.state``; an object that keeps its own state does not count."""
    if not (isinstance(target, ast.Attribute) and target.attr == "state"):
        return False
    return not (isinstance(target.value, ast.Name) and target.value.id == "self")


@pytest.mark.parametrize("path", list(_sources()), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_state_is_written_outside_the_lifecycle(path: pathlib.Path) -> None:
    tree = ast.parse(path.read_text())
    found = [node.lineno for node in ast.walk(tree) if _writes_state(node)]
    assert found == [], f"{path} writes a state in lines {found}"


@pytest.mark.parametrize(
    "line",
    [
        "audit.state = 'ONGOING'",
        "plan.state, x = 'ONGOING', 1",
        "setattr(plan, 'state', 'ONGOING')",
        "repository.transition(session, models.Audit, uuid)",
        "repository.update(session, models.Audit, uuid, {'state': 'ONGOING'})",
    ],
)
def test_a_forbidden_line_would_be_found(line: str) -> None:
    assert any(_writes_state(node) for node in ast.walk(ast.parse(line)))
