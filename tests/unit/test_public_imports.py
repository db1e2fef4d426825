# SPDX-License-Identifier: Apache-2.0
"""The import paths that plug-ins rely on, each with what can be called in the published way.

Compared with ``import-surface.json`` and the entry points of ``plugins.json``. What is not there
stands in ``ABSENT``, with why; a name that has become importable must leave that list.
"""

from __future__ import annotations

import ast
import enum
import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.contract import spec
from watcher import objects
from watcher.decision_engine.strategy.strategies import DummyStrategy

DE = "watcher.decision_engine"
STRATEGIES = f"{DE}.strategy.strategies"
BASE_STRATEGY = f"{STRATEGIES}.base:BaseStrategy"
COLLECTOR = f"{DE}.model.collector.base:BaseClusterDataModelCollector"
NOVA_COLLECTOR = f"{DE}.model.collector.nova:NovaClusterDataModelCollector"
WEIGHT = f"{DE}.planner.weight:WeightPlanner"

#: Why -> what is not there: a module (with all that is in it), ``module:Name`` or
#: ``module:Class.member``.
ABSENT = {
    "The strategies of the optimisation goals are not built.": (
        f"{STRATEGIES}.basic_consolidation",
        f"{STRATEGIES}.node_resource_consolidation",
        f"{STRATEGIES}.noisy_neighbor",
        f"{STRATEGIES}.outlet_temp_control",
        f"{STRATEGIES}.saving_energy",
        f"{STRATEGIES}.storage_capacity_balance",
        f"{STRATEGIES}.uniform_airflow",
        f"{STRATEGIES}.vm_workload_consolidation",
        f"{STRATEGIES}.workload_balance",
        f"{STRATEGIES}.workload_stabilization",
        f"{STRATEGIES}.zone_migration",
        f"{STRATEGIES}:BasicConsolidation",
        f"{STRATEGIES}:NodeResourceConsolidation",
        f"{STRATEGIES}:NoisyNeighbor",
        f"{STRATEGIES}:OutletTempControl",
        f"{STRATEGIES}:SavingEnergy",
        f"{STRATEGIES}:StorageCapacityBalance",
        f"{STRATEGIES}:UniformAirflow",
        f"{STRATEGIES}:VMWorkloadConsolidation",
        f"{STRATEGIES}:WorkloadBalance",
        f"{STRATEGIES}:WorkloadStabilization",
        f"{STRATEGIES}:ZoneMigration",
    ),
    "Only the planner 'weight' is built.": (
        f"{DE}.planner.workload_stabilization",
        f"{DE}.planner.node_resource_consolidation",
    ),
    "These actions are not built.": (
        "watcher.applier.actions.change_node_power_state",
        "watcher.applier.actions.delete",
        "watcher.applier.actions.resize",
        "watcher.applier.actions.shelve",
        "watcher.applier.actions.volume_migration",
    ),
    "Only the compute model is collected, and nothing listens to the cloud's notifications yet.": (
        f"{DE}.model.collector.cinder",
        f"{DE}.model.collector.ironic",
        f"{DE}.model.collector.manager",
        f"{DE}.model.notification.base",
        f"{DE}.model.notification.filtering",
        f"{BASE_STRATEGY}.collector_manager",
        f"{COLLECTOR}.cluster_data_model",
        f"{COLLECTOR}.get_audit_scope_handler",
        f"{COLLECTOR}.get_latest_cluster_data_model",
        f"{COLLECTOR}.notification_endpoints",
        f"{COLLECTOR}.set_cluster_data_model_as_stale",
        f"{COLLECTOR}.synchronize",
        f"{NOVA_COLLECTOR}.HOST_AGGREGATES",
        f"{NOVA_COLLECTOR}.get_audit_scope_handler",
        f"{NOVA_COLLECTOR}.notification_endpoints",
    ),
    "The mutable model, a façade over the snapshot for plug-ins, is not built.": (
        f"{DE}.model.base",
        f"{DE}.model.model_root",
        f"{DE}.model.element",
        f"{DE}.model.element.base",
        f"{DE}.model.element.baremetal_resource",
        f"{DE}.model.element.compute_resource",
        f"{DE}.model.element.instance",
        f"{DE}.model.element.node",
        f"{DE}.model.element.storage_resource",
        f"{DE}.model.element.volume",
        f"{DE}.model.collector.base:BaseModelBuilder",
        f"{DE}.model.collector.nova:NovaModelBuilder",
        f"{BASE_STRATEGY}.baremetal_model",
        f"{BASE_STRATEGY}.compute_model",
        f"{BASE_STRATEGY}.storage_model",
        f"{DE}.scope.base",
        f"{DE}.scope.baremetal",
        f"{DE}.scope.compute",
        f"{DE}.scope.storage",
    ),
    "No datasource is built.": (
        f"{DE}.datasources.aetos",
        f"{DE}.datasources.base",
        f"{DE}.datasources.cache",
        f"{DE}.datasources.gnocchi",
        f"{DE}.datasources.grafana",
        f"{DE}.datasources.grafana_translator.base",
        f"{DE}.datasources.grafana_translator.influxdb",
        f"{DE}.datasources.manager",
        f"{DE}.datasources.prometheus",
        f"{DE}.datasources.prometheus_base",
        f"{BASE_STRATEGY}.datasource_backend",
        f"{BASE_STRATEGY}.state_collector",
    ),
    "The helpers that plug-ins call the cloud with, a façade over the clients, are not built.": (
        "watcher.common.cinder_helper",
        "watcher.common.clients",
        "watcher.common.ironic_helper",
        "watcher.common.keystone_helper",
        "watcher.common.metal_helper.base",
        "watcher.common.metal_helper.constants",
        "watcher.common.metal_helper.factory",
        "watcher.common.nova_helper",
        "watcher.common.placement_helper",
    ),
    "Inner parts of the published daemons, different here; no plug-in contract names them.": (
        "watcher.api.app:VersionSelectorApplication",
        "watcher.api.app:get_pecan_config",
        "watcher.common.executor",
        "watcher.common.rpc",
        "watcher.common.scheduling",
        "watcher.common.service",
        "watcher.common.service_manager",
        "watcher.db.api",
        "watcher.db.sqlalchemy.migration",
        f"{DE}.audit.base",
        f"{DE}.strategy.context.base",
        f"{DE}.strategy.selection.base",
        f"{DE}.threading",
        f"{STRATEGIES}.base:StrategyEndpoint",
        f"{WEIGHT}.compute_action_graph",
        f"{WEIGHT}.create_action_plan",
        f"{WEIGHT}.create_scheduled_actions",
        f"{WEIGHT}.get_sorted_actions_by_weight",
        "watcher.applier.workflow_engine.default:DefaultWorkFlowEngine.decider",
    ),
    "A context here carries no database session: units of work are passed on openly.": (
        "watcher.common.context:RequestContext.connection",
        "watcher.common.context:RequestContext.session",
        "watcher.common.context:RequestContext.transaction",
        "watcher.common.context:RequestContext.transaction_ctx",
    ),
}

#: Published as properties, here plain attributes of every instance.
PLAIN = {f"{BASE_STRATEGY}.{name}" for name in ("planner", "solution", "strategy_level")}

#: Published as one instance a class, which hides what tests make of it; the store keeps the one.
NOT_SINGLETONS = {COLLECTOR}

#: Entry points whose targets are free to choose: programs, not something that is imported.
PROGRAMS = {"console_scripts", "wsgi_scripts"}


class Name(NamedTuple):
    """One published name and what is published about it."""

    path: str
    facts: dict[str, Any]


def published_names() -> Iterator[Name]:
    for module in spec.load("import-surface.json")["modules"]:
        path = module["module"]
        yield Name(path, {})
        for name in [*module.get("re_exports", {}), *module.get("names", [])]:
            yield Name(f"{path}:{name}", {})
        for function in module.get("functions", []):
            yield Name(f"{path}:{function['name']}", function)
        for cls in module.get("classes", []):
            yield Name(f"{path}:{cls['class']}", cls)
            for member in cls.get("members", []):
                yield Name(f"{path}:{cls['class']}.{member['name']}", member)


def published_entry_points() -> Iterator[Name]:
    for group, targets in spec.load("plugins.json")["entry_points"].items():
        if group not in PROGRAMS:
            for target in targets.values():
                yield Name(target, {})


def names_once() -> list[Name]:
    found: dict[str, Name] = {}
    for name in [*published_entry_points(), *published_names()]:
        found[name.path] = name
    return list(found.values())


ALL = names_once()
LISTED = {path for paths in ABSENT.values() for path in paths}


@pytest.fixture(scope="module", autouse=True)
def _objects_by_name() -> None:
    """Do what a program does first, so that ``objects.Audit`` and the others exist."""
    objects.register_all()


def is_listed(path: str) -> bool:
    module, _, rest = path.partition(":")
    return bool(LISTED & {module, path, f"{module}:{rest.split('.')[0]}"})


PRESENT = [name for name in ALL if not is_listed(name.path) and name.path not in PLAIN]


def look_up(path: str) -> Any:
    """Return what stands at a path; class members come without being bound."""
    module, _, rest = path.partition(":")
    found = importlib.import_module(module)
    owner, _, member = rest.partition(".")
    if owner:
        found = getattr(found, owner)
    return inspect.getattr_static(found, member) if member else found


def published_arguments(signature: str) -> ast.arguments:
    """Return the arguments of a published signature; values that are objects become ``...``."""
    text = re.sub(r"<[^>]*>", "...", signature)
    (function,) = ast.parse(f"def f{text}: pass").body
    assert isinstance(function, ast.FunctionDef)
    return function.args


def calls(signature: str) -> Iterator[tuple[list[str], dict[str, str]]]:
    """Yield calls that a published signature allows: the required only, by position, by name."""
    arguments = published_arguments(signature)
    names = [argument.arg for argument in arguments.args]
    required = names[: len(names) - len(arguments.defaults)]
    yield required, {}
    yield names, {}
    if names:
        # The first argument of a method is never given by name.
        yield names[:1], {name: name for name in names[1:]}
    if arguments.vararg:
        yield [*names, "one", "more"], {}
    if arguments.kwarg:
        yield names, {"any_other": "value"}


@pytest.mark.parametrize("name", PRESENT, ids=[name.path for name in PRESENT])
def test_a_published_name_can_be_imported(name: Name) -> None:
    look_up(name.path)


CALLABLE = [name for name in PRESENT if "signature" in name.facts]


@pytest.mark.parametrize("name", CALLABLE, ids=[name.path for name in CALLABLE])
def test_a_published_function_takes_every_call_its_published_signature_allows(name: Name) -> None:
    found = look_up(name.path)
    function = getattr(found, "__func__", found)
    signature = inspect.signature(function)
    unused = {argument.lstrip("_") for argument in signature.parameters if argument[0] == "_"}
    published = name.facts["signature"]
    if isinstance(found, staticmethod):
        published = published.replace("(self, ", "(")
    for positional, by_name in calls(published):
        if unused & set(by_name):
            continue  # an override that does not use an argument; its library gives it by position
        try:
            signature.bind(*positional, **by_name)
        except TypeError as error:
            pytest.fail(f"{name.path}{signature} refuses {positional}, {by_name}: {error}")


PROPERTIES = [name for name in PRESENT if name.facts.get("kind") == "property"]


@pytest.mark.parametrize("name", PROPERTIES, ids=[name.path for name in PROPERTIES])
def test_a_published_property_is_read_like_an_attribute(name: Name) -> None:
    found = look_up(name.path)
    assert hasattr(type(found), "__get__"), "not a descriptor"
    assert not inspect.isfunction(found), "must be called to be read"
    if name.facts.get("settable"):
        assert getattr(found, "fset", None) is not None


@pytest.mark.parametrize("path", sorted(PLAIN))
def test_a_published_property_that_is_plain_here_can_be_read_and_set(path: str) -> None:
    strategy = DummyStrategy({})
    member = path.rpartition(".")[2]
    assert getattr(strategy, member) is not None
    setattr(strategy, member, "another")
    assert getattr(strategy, member) == "another"


CONSTANTS = [
    name
    for name in PRESENT
    # "<dict of 5 entries>" tells the shape only; what is inside is compared elsewhere.
    if name.facts.get("kind") == "attribute" and not str(name.facts.get("value")).startswith("<")
]


@pytest.mark.parametrize("name", CONSTANTS, ids=[name.path for name in CONSTANTS])
def test_a_published_constant_has_its_published_value(name: Name) -> None:
    found = look_up(name.path)
    published = name.facts["value"]
    assert (list(found) if isinstance(published, list) else found) == published


CLASSES = [name for name in PRESENT if "class" in name.facts]


@pytest.mark.parametrize("name", CLASSES, ids=[name.path for name in CLASSES])
def test_a_published_class_has_the_published_bases_and_members_of_enumerations(name: Name) -> None:
    found = look_up(name.path)
    ours = {base.__name__ for base in inspect.getmro(found)}
    published = {base for base in name.facts.get("bases", []) if base.startswith("watcher.")}
    if name.path not in NOT_SINGLETONS:
        assert {base.rpartition(".")[2] for base in published} <= ours
    if "enum" in name.facts:
        assert issubclass(found, enum.Enum)
        assert {member.name: member.value for member in found} == name.facts["enum"]


@pytest.mark.parametrize("path", sorted(LISTED))
def test_a_name_that_is_listed_as_absent_cannot_be_imported(path: str) -> None:
    with pytest.raises((ImportError, AttributeError)):
        look_up(path)


def test_the_list_of_absent_names_holds_published_names_only() -> None:
    published = {name.path for name in ALL} | {name.path.partition(":")[0] for name in ALL}
    assert published >= LISTED
