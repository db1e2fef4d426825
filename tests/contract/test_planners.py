# SPDX-License-Identifier: Apache-2.0
"""The planners that are built have the published options and results."""

from __future__ import annotations

from tests.contract import spec
from watcher.decision_engine.loading import default as loading


def test_import_paths_and_options_are_identical():
    published = {one["name"]: one for one in spec.load("plugins.json")["planners"]}
    for name in loading.PLANNERS.names():
        cls = loading.PLANNERS.load_class(name)
        assert f"{cls.__module__}:{cls.__name__}" == published[name]["import_path"]
        options = [
            {
                "name": option.name,
                "opt_class": type(option).__name__,
                "type": "dict",
                "default": option.default,
            }
            for option in cls.get_config_opts()
        ]
        assert options == published[name]["config_options"]
