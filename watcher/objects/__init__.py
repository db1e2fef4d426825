# SPDX-License-Identifier: Apache-2.0
"""Wire records: the published versioned objects, as ``watcher.objects.<Name>``.

:func:`register_all` imports them; every process calls it once at startup.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watcher.objects.action import Action
    from watcher.objects.action_description import ActionDescription
    from watcher.objects.action_plan import ActionPlan
    from watcher.objects.audit import Audit
    from watcher.objects.audit_template import AuditTemplate
    from watcher.objects.efficacy_indicator import EfficacyIndicator
    from watcher.objects.goal import Goal
    from watcher.objects.scoring_engine import ScoringEngine
    from watcher.objects.service import Service
    from watcher.objects.strategy import Strategy

    __all__ = [
        "Action",
        "ActionDescription",
        "ActionPlan",
        "Audit",
        "AuditTemplate",
        "EfficacyIndicator",
        "Goal",
        "ScoringEngine",
        "Service",
        "Strategy",
        "register_all",
    ]

_MODULES = (
    "goal",
    "strategy",
    "audit_template",
    "audit",
    "action_plan",
    "action",
    "efficacy_indicator",
    "scoring_engine",
    "service",
    "action_description",
)


def register_all() -> None:
    """Import all objects, so that they can be found by name."""
    for module in _MODULES:
        importlib.import_module(f"watcher.objects.{module}")
