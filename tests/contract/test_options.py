# SPDX-License-Identifier: Apache-2.0
"""The options are the published ones; what is not registered is named here with its reason.

An option is registered only while some part of the service reads it.
"""

from __future__ import annotations

from typing import Any

import pytest
from oslo_config import cfg

from tests.contract import spec
from watcher.common import config
from watcher.conf import opts, service_auth

PUBLISHED: dict[str, dict[str, dict]] = {
    group: {fact["name"]: fact for fact in facts}
    for group, facts in spec.load("config-options.json")["groups"].items()
}

OURS = {
    ("watcher_applier", "resume_interrupted_plans"),
    ("watcher_applier", "sweep_interval"),
    ("watcher_decision_engine", "sweep_interval"),
    ("collector", "model_max_age"),
    ("database", "read_timeout"),
    # Published by oslo.service, whose module is being removed.
    *(("ssl", name) for name in ("cert_file", "key_file", "ca_file", "ciphers")),
}
"""Options beyond the published ones."""

ALL = "every option of the group"

NOT_REGISTERED: dict[str, tuple[str, set[str] | str]] = {
    "DEFAULT": (
        "pools of threads have no statistics to print",
        {"print_thread_pool_stats"},
    ),
    "aetos_client": ("metrics are not read yet", ALL),
    "cinder": ("volumes are not read yet", ALL),
    "cinder_client": ("volumes are not read yet", ALL),
    "collector": ("there is one collector, it always runs", {"collector_plugins"}),
    "database": ("tables are made by the migrations, which name their engine", ALL),
    "gnocchi_client": ("metrics are not read yet", ALL),
    "grafana_client": ("metrics are not read yet", ALL),
    "grafana_translators": ("metrics are not read yet", ALL),
    "ironic_client": ("bare metal is not read yet", ALL),
    "keystone_client": ("the catalog of Keystone is not read yet", ALL),
    "maas_client": ("bare metal is not read yet", ALL),
    "nova": (
        "servers are neither deleted nor shelved by a built action; keystoneauth's option "
        "interface is registered by the library and left out of the sample",
        {
            "delete_max_retries",
            "delete_interval",
            "shelve_max_retries",
            "shelve_interval",
            "interface",
        },
    ),
    "keystone": ("the catalog of Keystone is not read yet", ALL),
    "placement": ("registered by keystoneauth, left out of the sample", {"interface"}),
    "nova_client": (
        "read as older names of the options of [nova]",
        {"api_version", "region_name"},
    ),
    "placement_client": (
        "read as older names of the options of [placement]; the version is negotiated",
        ALL,
    ),
    "prometheus_client": ("metrics are not read yet", ALL),
    "watcher_applier": (
        "notifications name the service as their publisher; no RPC API has one",
        {"publisher_id"},
    ),
    "watcher_datasources": ("metrics are not read yet", ALL),
    "watcher_decision_engine": (
        "neither notifications of other services nor metrics are read; RPC has no publisher",
        {"notification_topics", "publisher_id", "metric_map_path"},
    ),
    **{
        f"watcher_cluster_data_model_collectors.{name}": ("the collector is not built yet", ALL)
        for name in ("baremetal", "storage")
    },
    "watcher_planners.workload_stabilization": ("the planner is not built yet", ALL),
    **{
        f"watcher_strategies.{name}": ("the strategy is not built yet", ALL)
        for name in (
            "basic",
            "node_resource_consolidation",
            "noisy_neighbor",
            "outlet_temperature",
            "storage_capacity_balance",
            "uniform_airflow",
            "vm_workload_consolidation",
            "workload_balance",
            "workload_stabilization",
        )
    },
}


def registered() -> dict[tuple[str, str], cfg.Opt]:
    """Return our options without those that belong to one kind of login."""
    login = {each.name for each in service_auth.login_plugin_opts()}
    return {
        (str(group), option.name): option
        for group, options in opts.list_opts()
        for option in options
        if option.name not in login
    }


REGISTERED = registered()


def facts_of(option: cfg.Opt) -> dict[str, Any]:
    """Return an option in the words of the published facts."""
    kind = option.type
    found = {
        "opt_class": type(option).__name__,
        "default": option.default,
        "min": getattr(kind, "min", None),
        "max": getattr(kind, "max", None),
        "choices": list(kind.choices) if getattr(kind, "choices", None) else None,
        "mutable": option.mutable or None,
        "required": option.required or None,
        "secret": option.secret or None,
        "deprecated_for_removal": option.deprecated_for_removal or None,
        "deprecated_since": option.deprecated_since,
    }
    if isinstance(option, cfg.ListOpt):
        found["choices"] = None
    return found


def published_facts(fact: dict[str, Any]) -> dict[str, Any]:
    keys = (
        "opt_class",
        "default",
        "min",
        "max",
        "choices",
        "mutable",
        "required",
        "secret",
        "deprecated_for_removal",
        "deprecated_since",
    )
    return {key: fact.get(key) for key in keys}


def depends_on_machine(fact: dict[str, Any]) -> bool:
    return str(fact.get("default")).startswith("<")


@pytest.mark.parametrize("key", sorted(set(REGISTERED) - OURS), ids=".".join)
def test_an_option_is_the_published_one(key: tuple[str, str]) -> None:
    group, name = key
    published, ours = published_facts(PUBLISHED[group][name]), facts_of(REGISTERED[key])
    if depends_on_machine(PUBLISHED[group][name]):
        published.pop("default")
        ours.pop("default")

    assert ours == published


@pytest.mark.parametrize("key", sorted(set(REGISTERED)), ids=".".join)
def test_an_option_explains_itself(key: tuple[str, str]) -> None:
    assert REGISTERED[key].help


def test_published_options_that_are_not_registered_have_a_reason() -> None:
    missing: dict[str, set[str]] = {}
    for group, facts in PUBLISHED.items():
        names = {name for name in facts if (group, name) not in REGISTERED}
        if names:
            missing[group] = names
    explained = {
        group: set(PUBLISHED[group]) if names == ALL else set(names)
        for group, (_, names) in NOT_REGISTERED.items()
    }

    assert missing == explained


def test_older_names_of_options_are_read() -> None:
    expected = {
        (group, name, old["group"].replace("(same)", group), old["name"].replace("(same)", name))
        for group, facts in PUBLISHED.items()
        for name, fact in facts.items()
        for old in fact.get("deprecated_names", ())
        if (group, name) in REGISTERED
    }
    found = {
        (group, name, old.group or group, old.name or name)
        for (group, name), option in REGISTERED.items()
        if (group, name) not in OURS
        for old in option.deprecated_opts
    }

    assert found == expected


def test_defaults_of_libraries_are_changed_as_published() -> None:
    config.parse_args([])
    changed = spec.load("config-options.json")["third_party_defaults_changed"]

    assert cfg.CONF.control_exchange == changed["DEFAULT.control_exchange"]
    assert cfg.CONF.default_log_levels == changed["DEFAULT.default_log_levels"]
