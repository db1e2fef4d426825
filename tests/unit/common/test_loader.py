# SPDX-License-Identifier: Apache-2.0
"""The plug-in loader."""

from __future__ import annotations

import importlib.metadata

import pytest
from oslo_config import cfg

from watcher.common import exception
from watcher.common.loader import Loader, loadable
from watcher.common.loader.default import DefaultLoader


class Plain(loadable.Loadable):
    """A plug-in with an option."""

    def __init__(self, config, osc=None):
        super().__init__(config)
        self.osc = osc

    @classmethod
    def get_config_opts(cls):
        return [cfg.IntOpt("period-length", default=7)]


class Picky(loadable.Loadable):
    """A plug-in that cannot be made."""

    def __init__(self, config):
        raise RuntimeError("no")

    @classmethod
    def get_config_opts(cls):
        return []


class Only(loadable.LoadableSingleton):
    """A plug-in of which there is one instance."""

    @classmethod
    def get_config_opts(cls):
        return []


@pytest.fixture
def entry_points(monkeypatch):
    """Offer the plug-ins of this module; count how often the list is asked for."""
    asked = []
    here = __name__
    points = [
        importlib.metadata.EntryPoint(name, f"{here}:{target}", "things")
        for name, target in [
            ("plain", "Plain"),
            ("picky", "Picky"),
            ("only", "Only"),
            ("gone", "Gone"),
        ]
    ]

    def listed(group):
        asked.append(group)
        return points if group == "things" else []

    monkeypatch.setattr(importlib.metadata, "entry_points", listed)
    monkeypatch.setitem(__import__("sys").modules, here, __import__("sys").modules[here])
    return asked


@pytest.fixture
def options() -> cfg.ConfigOpts:
    made = cfg.ConfigOpts()
    made([])
    return made


def test_a_plug_in_is_given_its_options_and_arguments(entry_points, options) -> None:
    made = Loader("things", options).load("plain", osc="clients")

    assert type(made).__name__ == "Plain"
    assert made.config.period_length == 7
    assert made.osc == "clients"


def test_options_follow_the_configuration(entry_points, options) -> None:
    loader = Loader("things", options)
    loader.load_class("plain")
    options.set_override("period_length", 9, group="things.plain")

    assert loader.load("plain").config.period_length == 9


def test_entry_points_are_read_once(entry_points, options) -> None:
    loader = Loader("things", options)
    for _ in range(3):
        loader.load("plain")

    assert entry_points == ["things"]
    assert loader.load_class("plain") is loader.load_class("plain")


@pytest.mark.parametrize("name", ["unknown", "gone", "picky"])
def test_what_cannot_be_loaded_is_a_loading_error(entry_points, options, name: str) -> None:
    with pytest.raises(exception.LoadingError, match=f"Error loading plugin '{name}'"):
        Loader("things", options).load(name)


def test_a_singleton_is_made_once(entry_points, options) -> None:
    loader = Loader("things", options)

    assert loader.load("only") is loader.load("only")


def test_the_published_loader_lists_what_can_be_imported(entry_points, options) -> None:
    loader = DefaultLoader("things", options)

    assert sorted(loader.list_available()) == ["only", "picky", "plain"]
    assert loader.get_entry_name("plain") == "things.plain"
    assert loader.load("plain").config.period_length == 7
