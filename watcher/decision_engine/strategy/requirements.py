# SPDX-License-Identifier: Apache-2.0
"""Whether what a strategy needs is there, as ``GET /v1/strategies/<name>/state`` shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from watcher.decision_engine.loading import default as loading

MODELS = ("compute_model", "storage_model", "baremetal_model")
NO_DATASOURCE = "Datasource is not presented for this strategy"


def requirements(
    strategy_name: str, models: Mapping[str, Callable[[], object | None]]
) -> list[dict[str, Any]]:
    """Return the three published records of a strategy: datasource, metrics, models.

    :param models: by published model name, what returns the model that is there, or None.
    :raises LoadingError: there is no such strategy.
    """
    loading.STRATEGIES.load_class(strategy_name)
    return [
        _record("Datasource", NO_DATASOURCE, mandatory=True),
        _record("Metrics", [], mandatory=False),
        _record("CDM", [{name: _available(models.get(name))} for name in MODELS], mandatory=True),
    ]


def _available(model: Callable[[], object | None] | None) -> str:
    return "not available" if model is None or model() is None else "available"


def _record(kind: str, state: Any, *, mandatory: bool) -> dict[str, Any]:
    return {"type": kind, "state": state, "mandatory": mandatory, "comment": ""}
