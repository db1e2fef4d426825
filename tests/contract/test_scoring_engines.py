# SPDX-License-Identifier: Apache-2.0
"""The scoring engines are the published ones."""

from __future__ import annotations

from tests.contract import spec
from watcher.decision_engine.scoring import scoring_factory


def test_names_and_metainfo_are_identical():
    plugins = spec.load("plugins.json")
    published = list(plugins["scoring_engines"])
    for container in plugins["scoring_engine_containers"]:
        published.extend(container["engines"])
    ours = {
        engine.get_name(): engine.get_metainfo()
        for engine in scoring_factory.get_scoring_engine_list()
    }
    assert ours == {one["name"]: one["metainfo"] for one in published}
