# SPDX-License-Identifier: Apache-2.0
"""The options of the service."""

from __future__ import annotations

import pytest
from oslo_config import cfg

from watcher import conf
from watcher.conf import base, opts


@pytest.fixture
def options():
    """Return a configuration of its own with every option of the service."""
    made = cfg.ConfigOpts()
    for module in conf.GROUPS:
        module.register_opts(made)
    return made


def test_options_are_registered_by_the_import() -> None:
    assert conf.CONF is cfg.CONF
    assert conf.CONF.watcher_planner.planner == "weight"


def test_every_listed_option_is_registered(options) -> None:
    for group, listed in opts.service_opts():
        for option in listed:
            if option not in conf.service_auth.login_plugin_opts():
                assert option.dest in (options if group == "DEFAULT" else options[group])


def test_a_login_is_read_from_older_groups(options, tmp_path) -> None:
    written = tmp_path / "watcher.conf"
    written.write_text(
        "[nova_client]\nregion_name = r1\n[placement_client]\ninterface = internal\n"
    )

    options(["--config-file", str(written)])

    assert options.nova.region_name == "r1"
    assert options.placement.valid_interfaces == ["internal"]


@pytest.mark.parametrize(
    "line",
    [
        "[nova]\nmigration_max_retries = 0",
        "[nova]\nmigration_interval = 0",
        "[watcher_applier]\nworkers = 0",
        "[api]\nport = 70000",
        "[collector]\napi_query_max_retries = none",
        "[DEFAULT]\nnotification_level = loud",
        "[DEFAULT]\nhost = not a host",
    ],
)
def test_a_value_out_of_range_is_refused(options, tmp_path, line: str) -> None:
    written = tmp_path / "watcher.conf"
    written.write_text(line + "\n")
    group, name = line.split("\n")[0].strip("[]"), line.split("\n")[1].split(" ")[0]

    def read():
        options(["--config-file", str(written)])
        return (options if group == "DEFAULT" else options[group])[name]

    with pytest.raises((ValueError, cfg.ConfigFileValueError)):
        read()


def test_a_plug_in_that_cannot_be_imported_is_left_out_of_the_sample(monkeypatch) -> None:
    import importlib.metadata

    broken = importlib.metadata.EntryPoint("broken", "no.such.module:Thing", "watcher_goals")
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [broken])

    assert opts.plugin_opts() == []


@pytest.mark.parametrize(
    "machine", ["my_host", "a.b-", "x" * 70, "_", "node--1.example.org", "10.0.0.1"]
)
def test_any_name_of_a_machine_gives_a_valid_host(machine: str) -> None:
    cfg.HostAddressOpt("host", default=base.host_name_of(machine))
