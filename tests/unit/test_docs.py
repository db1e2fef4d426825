# SPDX-License-Identifier: Apache-2.0
"""The documentation is complete, as generated, and its examples work."""

from __future__ import annotations

import configparser
import importlib.util
import pathlib
import re
from types import ModuleType

import pytest
from oslo_config import cfg

from tests.unit.decision_engine.conftest import a_cluster
from tools import generated_docs
from watcher import conf
from watcher.common import exception
from watcher.common.policies import list_rules
from watcher.common.utils import Struct
from watcher.conf import opts
from watcher.decision_engine.loading.default import DefaultStrategyLoader

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE = ROOT / "doc" / "source"
OPTIONS = "etc/watcher/oslo-config-generator/watcher.conf"
POLICIES = "etc/watcher/oslo-policy-generator/watcher-policy-generator.conf"
#: oslo.config's own, and keystoneauth's former word for valid_interfaces.
OF_LIBRARIES = {"shell_completion", "interface"}
STRATEGIES = DefaultStrategyLoader().list_available()


def text(path: str) -> str:
    return (SOURCE / path).read_text()


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "doc" / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def section(page: str, title: str) -> str:
    """Return the text below a heading of a page, up to the next one of its kind."""
    match = re.search(rf"^{title}\n=+\n(.*?)(?=^\w+\n=+\n|\Z)", text(page), re.M | re.S)
    assert match, f"{page} has no section {title}"
    return match[1]


def test_generated_pages_are_what_would_be_generated_now() -> None:
    found = generated_docs.stale(generated_docs.pages())
    assert not found, f"run: tox -e docs-update ({', '.join(found)})"


def test_a_page_that_differs_or_belongs_to_nothing_is_found() -> None:
    made = generated_docs.pages()
    gone = made.pop("user/parameters/dummy.txt")
    made["user/actions.rst"] += "more"
    assert gone
    assert generated_docs.stale(made) == ["user/actions.rst", "user/parameters/dummy.txt"]


@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_a_strategy_is_described_with_goal_use_parameters_and_example(name: str) -> None:
    found = section("user/strategies.rst", name)
    assert f"Goal ``{STRATEGIES[name].get_goal_name()}``." in found
    assert "**When not**" in found
    assert f"parameters/{name}.txt" in found
    assert f"-s {name}" in found


def test_every_change_of_a_state_is_in_the_life_cycles() -> None:
    page = text("contributor/states.rst")
    tables = [name for _, _, tables in generated_docs.LIVES for name in tables.values()]
    pairs = [pair for table in tables for pair in generated_docs.remarks(table)]
    assert len(pairs) > 50
    for old, new in pairs:
        assert f"``{old}``\n     - ``{new}``" in page


def registered() -> set[tuple[str, str]]:
    """Return group and name of every option that the service registers."""
    fresh = cfg.ConfigOpts()
    for module in conf.GROUPS:
        module.register_opts(fresh)
    fresh([], default_config_files=[], default_config_dirs=[])
    groups = {key: fresh[key] for key in fresh if isinstance(fresh[key], cfg.ConfigOpts.GroupAttr)}
    own = {key for key in fresh if key not in groups and not key.startswith("config_")}
    return {("DEFAULT", key) for key in own} | {
        (group, name) for group, values in groups.items() for name in values
    }


def test_the_reference_of_options_shows_each_one_that_the_service_registers() -> None:
    assert f".. show-options::\n   :config-file: {OPTIONS}\n" in text("configuration/options.rst")
    assert "namespace = watcher\n" in (ROOT / OPTIONS).read_text()
    shown = {(str(group), option.dest) for group, options in opts.list_opts() for option in options}
    missing = {(group, name) for group, name in registered() - shown if name not in OF_LIBRARIES}
    assert {group for group, _ in missing} <= {"database"}  # listed by oslo.db
    without_help = [
        f"[{group}] {option.name}"
        for group, options in opts.list_opts()
        for option in options
        if not option.help
    ]
    assert without_help == []


def test_the_reference_of_policies_shows_each_rule_with_its_calls() -> None:
    assert f".. show-policy::\n   :config-file: {POLICIES}\n" in text("configuration/policies.rst")
    assert "namespace = watcher\n" in (ROOT / POLICIES).read_text()
    without = [
        rule.name
        for rule in list_rules()
        if ":" in rule.name and not (rule.description and rule.operations)
    ]
    assert without == []


def test_the_page_on_plug_ins_names_every_kind_of_them() -> None:
    page = text("contributor/plugins.rst")
    assert [kind for kind in opts.NAMESPACES if f"``{kind}``" not in page] == []


def test_the_readme_names_every_command() -> None:
    declared = configparser.ConfigParser()
    declared.read(ROOT / "setup.cfg")
    scripts = declared["options.entry_points"]["console_scripts"].split("\n")
    readme = (ROOT / "README.rst").read_text()
    for script in filter(None, scripts):
        assert re.search(rf"^{script.split()[0]}  +\S", readme, re.M), script


def test_the_example_of_a_strategy_disables_empty_hosts_up_to_the_limit() -> None:
    strategy = example("empty_hosts").EmptyHosts(Struct())
    strategy.input_parameters = {"limit": 1}
    strategy.snapshot = a_cluster()
    strategy.execute()
    (action,) = strategy.solution.actions
    host = strategy.snapshot.host(action["input_parameters"]["resource_id"])
    assert not strategy.snapshot.servers_of(host.uuid)
    assert action["input_parameters"]["resource_name"] == host.hostname


def test_the_example_of_an_action_can_be_done_twice_and_reverted(tmp_path: pathlib.Path) -> None:
    note = example("note").Note(Struct())
    note.input_parameters = {"path": str(tmp_path / "note"), "text": "hello"}
    assert note.validate_parameters()
    note.pre_condition()
    assert note.execute() is True
    with pytest.raises(exception.ActionSkipped):
        note.pre_condition()
    assert note.execute() is True
    assert note.revert() is True
    assert list(tmp_path.iterdir()) == []
