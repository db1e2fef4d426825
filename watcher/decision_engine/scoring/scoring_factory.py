# SPDX-License-Identifier: Apache-2.0
"""Finding scoring engines by name, over single engines and containers."""

from __future__ import annotations

import threading

from watcher.decision_engine.loading import default as loading
from watcher.decision_engine.scoring.base import ScoringEngine

_lock = threading.Lock()
_engines: dict[str, ScoringEngine] = {}  # filled on first use: loading plug-ins is slow


def get_scoring_engine(scoring_engine_name: str) -> ScoringEngine:
    """Return the engine with this name.

    :raises KeyError: there is none.
    """
    with _lock:
        if not _engines:
            _reload()
        engine = _engines.get(scoring_engine_name)
    if engine is None:
        raise KeyError(f"There is no scoring engine named {scoring_engine_name!r}.")
    return engine


def get_scoring_engine_list() -> list[ScoringEngine]:
    """Load all engines again and return them."""
    with _lock:
        _reload()
        return list(_engines.values())


def _reload() -> None:
    """Fill the map; a later engine replaces an earlier one with the same name."""
    _engines.clear()
    for name in loading.SCORING_ENGINES.available():
        engine = loading.SCORING_ENGINES.load(name)
        _engines[engine.get_name()] = engine
    for container in loading.SCORING_CONTAINERS.available():
        for engine in loading.SCORING_CONTAINERS.load(container).get_scoring_engine_list():
            _engines[engine.get_name()] = engine
