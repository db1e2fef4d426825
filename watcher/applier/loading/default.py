# SPDX-License-Identifier: Apache-2.0
"""The published loaders of actions and of workflow engines."""

from __future__ import annotations

from watcher.common.loader import default


class DefaultActionLoader(default.DefaultLoader):
    """Finds actions by type."""

    def __init__(self) -> None:
        super().__init__(namespace="watcher_actions")


class DefaultWorkFlowEngineLoader(default.DefaultLoader):
    """Finds workflow engines by name."""

    def __init__(self) -> None:
        super().__init__(namespace="watcher_workflow_engines")
