# SPDX-License-Identifier: Apache-2.0
"""What the package imports is what it declares: nothing arrives by way of somebody else."""

from __future__ import annotations

import ast
import configparser
import importlib.metadata
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).parents[2]
OURS = frozenset({"watcher"})


def normal(name: str) -> str:
    """Return the name of a distribution as indexes compare it.

    >>> normal("oslo.DB[x]>=16.0")
    'oslo-db'
    """
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", name)[0]).lower()


#: Requirements that are not imported, but run, or used by another one.
RUN = {
    "coverage", "pytest-timeout", "pytest-xdist", "pytest-rerunfailures",
    "doc8", "import-linter", "mypy", "reno", "ruff", "types-jsonschema", "types-pyyaml",
    "openstackdocstheme", "os-api-ref", "sphinx",
    "python-openstackclient", "keystone",
}  # fmt: skip


def imported(*folders: str) -> set[str]:
    found = set()
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    found |= {each.name.partition(".")[0] for each in node.names}
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    found.add(str(node.module).partition(".")[0])
    return found - OURS - sys.stdlib_module_names


def test_each_package_that_is_imported_is_declared() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    extras = setup["options.extras_require"]  # a driver is imported where its dialect is in use
    lines = [setup["options"]["install_requires"], extras["mysql"], extras["postgresql"]]
    declared = {normal(line) for text in lines for line in text.split("\n") if line}
    owners = importlib.metadata.packages_distributions()
    undeclared = {
        name
        for name in imported("watcher", "alembic")
        if not declared & {normal(each) for each in owners[name]}
    }
    assert undeclared == set()


def test_each_package_that_is_required_is_imported_or_run() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    extras = setup["options.extras_require"]
    product = imported("watcher", "alembic")
    everything = product | imported("tests", "tools", "bench", "doc", "api-ref")
    assert unused(setup["options"]["install_requires"], product) == set()
    for lines in extras.values():
        assert unused(lines, everything) <= RUN


def unused(lines: str, names: set[str]) -> set[str]:
    """Return the requirements, of those that are installed, whose packages are not imported."""
    owners = importlib.metadata.packages_distributions()
    used = {normal(each) for name in names for each in owners.get(name, ())}
    installed = {normal(each) for found in owners.values() for each in found}
    return {normal(line) for line in lines.split("\n") if line} & installed - used
