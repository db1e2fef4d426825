# SPDX-License-Identifier: Apache-2.0
"""No option without an effect: each registered one is read somewhere.

Reading is found in the syntax trees of the package: an attribute or a subscript with the option's
name, outside of the modules that declare options. That cannot prove that a common name is read for
this very group, but an option whose name appears nowhere has no effect for sure.
"""

from __future__ import annotations

import ast
import functools
import pathlib

import pytest
from oslo_config import cfg

from watcher.conf import opts, service_auth

PACKAGE = pathlib.Path(opts.__file__).parents[1]
REFERRED_TO = {"pybasedir", "bindir", "state_path"}
"""Read by other options' values, as ``$state_path``."""

LOGIN = {option.dest for option in service_auth.service_opts({})}
"""Read by keystoneauth, from the groups that our clients name to it."""


@functools.cache
def names_read_in(folder: str = "") -> frozenset[str]:
    found: set[str] = set()
    for path in (PACKAGE / folder).rglob("*.py"):
        if path.parent == PACKAGE / "conf":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute):
                found.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return frozenset(found)


OPTIONS = [(group, option) for group, listed in opts.list_opts() for option in listed]
GROUPS_WITH_LOGIN = sorted({str(group) for group, option in OPTIONS if option.dest == "auth_type"})


@pytest.mark.parametrize(
    "option",
    [option for _, option in OPTIONS if option.dest not in LOGIN | REFERRED_TO],
    ids=[f"{g}.{o.name}" for g, o in OPTIONS if o.dest not in LOGIN | REFERRED_TO],
)
def test_an_option_is_read(option: cfg.Opt) -> None:
    assert option.dest in names_read_in()


@pytest.mark.parametrize("group", GROUPS_WITH_LOGIN)
def test_a_group_of_a_cloud_service_is_that_of_a_client(group: str) -> None:
    assert group in names_read_in("clients")
