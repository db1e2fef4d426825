# SPDX-License-Identifier: Apache-2.0
"""Private names of libraries that are used here: each is watched, and each release bounded.

Python keeps nobody from using a private name, and no release promises to keep it.  So a release
without one shows here, by a sentence, and not in an installation, by a service that hangs.
"""

from __future__ import annotations

import ast
import configparser
import importlib
import importlib.metadata
import pathlib
import re
import types
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

ROOT = pathlib.Path(__file__).parents[2]


@dataclass(frozen=True)
class Private:
    """A name inside a library: where it is looked up, and which module here needs it."""

    library: str
    owner: str
    name: str
    used_in: str

    def __str__(self) -> str:
        return f"{self.owner}.{self.name}"


NAMES = (
    Private("cheroot", "cheroot.server:HTTPServer", "_connections", "watcher/api/http/server.py"),
    Private(
        "cheroot",
        "cheroot.connections:ConnectionManager",
        "_from_server_socket",
        "watcher/api/http/server.py",
    ),
    Private(
        "cheroot",
        "cheroot.connections:ConnectionManager",
        "_selector",
        "watcher/api/http/server.py",
    ),
    Private(
        "cotyledon",
        "cotyledon:ServiceManager",
        "_graceful_shutdown_timeout",
        "watcher/rpc/daemon.py",
    ),
    Private(
        "oslo.upgradecheck",
        "oslo_upgradecheck.upgradecheck:UpgradeCommands",
        "_upgrade_checks",
        "watcher/cmd/status.py",
    ),
    Private(
        "oslo.versionedobjects",
        "oslo_versionedobjects.base:VersionedObject",
        "_changed_fields",
        "watcher/objects/record.py",
    ),
    Private(
        "oslo.versionedobjects",
        "oslo_versionedobjects.base:VersionedObject",
        "_context",
        "watcher/objects/record.py",
    ),
    Private(
        "oslo.versionedobjects", "oslo_versionedobjects.base", "_obj_", "watcher/objects/record.py"
    ),
    Private(
        "oslo.versionedobjects",
        "oslo_versionedobjects.fields:Field",
        "_null",
        "watcher/objects/fields.py",
    ),
    Private("pecan", "pecan.core", "getargspec", "watcher/api/expose.py"),
    Private("pecan", "pecan.routing", "getargspec", "watcher/api/expose.py"),
    Private("pecan", "pecan.core", "override_content_type", "watcher/api/expose.py"),
    Private(
        "PyMySQL", "pymysql.connections:Connection", "_create_ssl_ctx", "watcher/db/connections.py"
    ),
    Private("PyMySQL", "pymysql.connections:Connection", "_sock", "watcher/db/pooling.py"),
    Private("WSME", "wsme.types", "_wsme_attr_order", "watcher/api/resource.py"),
)


def complaint(private: Private) -> str | None:
    """Return what is wrong with a name; None if the installed release has it."""
    module, _, inner = private.owner.partition(":")
    owner = importlib.import_module(module)
    if private.name in _names(getattr(owner, inner) if inner else owner):
        return None
    release = importlib.metadata.version(private.library)
    return (
        f"{private.library} {release} has no {private} any more, which {private.used_in} uses: "
        f"do it another way, or keep this release out by the upper bound in setup.cfg."
    )


def _names(owner: object) -> set[str]:
    """Return what a class or a module defines, and what its functions read and set."""
    found = set(vars(owner))
    waiting = list(vars(owner).values())
    while waiting:
        each = waiting.pop()
        each = getattr(each, "__func__", each)
        if isinstance(each, type) and isinstance(owner, types.ModuleType):
            waiting += vars(each).values() if each.__module__ == owner.__name__ else ()
        elif isinstance(each, types.FunctionType):
            waiting.append(each.__code__)
        elif isinstance(each, types.CodeType):
            found |= {*each.co_names, *(text for text in each.co_consts if isinstance(text, str))}
            waiting += each.co_consts
    return found


@pytest.mark.parametrize("private", NAMES, ids=str)
def test_the_installed_release_has_the_private_name(private: Private) -> None:
    assert complaint(private) is None


@pytest.mark.parametrize("private", NAMES, ids=str)
def test_a_release_without_it_is_told_by_name(private: Private) -> None:
    gone = Private(private.library, private.owner, f"{private.name}_gone", private.used_in)
    assert f"{private.library} {importlib.metadata.version(private.library)}" in complaint(gone)
    assert f"has no {private.owner}.{private.name}_gone any more" in complaint(gone)


def test_the_releases_of_these_libraries_have_an_upper_bound() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    texts = [setup["options"]["install_requires"], *setup["options.extras_require"].values()]
    lines = [line for text in texts for line in text.split("\n") if line]
    for library in {private.library for private in NAMES}:
        found = [
            line for line in lines if re.fullmatch(rf"{re.escape(library)}\b[^.]*[<>=].*", line)
        ]
        assert found, f"{library} is not required in setup.cfg"
        for line in found:
            assert re.search(r"<\d", line), f"setup.cfg: {line} needs an upper bound"


def _is_private(name: str) -> bool:
    return re.fullmatch(r"_[a-z]\w*", name) is not None


def _defined(nodes: list[ast.AST]) -> Iterator[str]:
    """Yield the private names that a module defines itself, in classes and functions too."""
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
                yield node.attr
        elif isinstance(node, ast.ImportFrom | ast.Import):
            yield from (each.asname or each.name for each in node.names)


def _used(nodes: list[ast.AST]) -> Iterator[tuple[str, bool]]:
    """Yield the private names that a module uses, and whether they are surely of a library."""
    for node in nodes:
        if isinstance(node, ast.Attribute):
            yield node.attr, _function(node.value) == "super"
        elif isinstance(node, ast.Call) and _function(node) in _BY_TEXT:
            yield from (
                (ast.literal_eval(each), False) for each in node.args[1:2] if _is_text(each)
            )
        elif isinstance(node, ast.ImportFrom) and not str(node.module).startswith("watcher"):
            yield from ((each.name, True) for each in node.names)
            yield from (
                (part, True) for part in str(node.module).split(".") if part != "__future__"
            )
        elif isinstance(node, ast.Import):
            yield from ((part, True) for each in node.names for part in each.name.split("."))


_BY_TEXT = frozenset({"getattr", "setattr", "hasattr", "delattr"})


def _function(node: ast.AST) -> str | None:
    """Return the name of the function that is called; None without a name or a call."""
    is_simple = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    return node.func.id if is_simple else None


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


#: What documentation calls public although it begins with an underscore: ``os`` and named tuples.
PUBLIC = frozenset({"_exit", "_asdict", "_replace", "_fields"})
#: Declared in a class for mypy only; the attribute is the library's.
DECLARED = frozenset({"_connections"})


def test_each_private_name_of_a_library_is_watched() -> None:
    modules = {
        path: list(ast.walk(ast.parse(path.read_text())))
        for path in (ROOT / "watcher").rglob("*.py")
    }
    ours = {name for nodes in modules.values() for name in _defined(nodes)} - DECLARED
    known = {private.name for private in NAMES} | PUBLIC
    unwatched = [
        f"{path.relative_to(ROOT)}: {name}"
        for path, nodes in modules.items()
        for name, is_foreign in _used(nodes)
        if name.startswith("_")
        and _is_private(name)
        and name not in known
        and (is_foreign or name not in ours)
    ]
    assert unwatched == [], "use something public, or add it to NAMES with its library"


@pytest.mark.parametrize("private", NAMES, ids=str)
def test_what_is_watched_is_used(private: Private) -> None:
    text = (ROOT / private.used_in).read_text()
    assert re.search(rf"\b{private.name}", text), f"{private.used_in} needs {private} no more"
