# SPDX-License-Identifier: Apache-2.0
"""What a decision engine announces about the phases of a run; no state is changed."""

from __future__ import annotations

from watcher.common.context import RequestContext
from watcher.notifications import emit
from watcher.objects.audit import Audit


def strategy_started(context: RequestContext, audit: Audit) -> None:
    """Announce that the strategy begins."""
    emit(context, "audit.strategy.start", audit)


def strategy_ended(context: RequestContext, audit: Audit) -> None:
    """Announce that the strategy has a solution."""
    emit(context, "audit.strategy.end", audit)


def strategy_failed(context: RequestContext, audit: Audit, error: BaseException) -> None:
    """Announce that the strategy raised."""
    emit(context, "audit.strategy.error", audit, fault=error)


def planner_started(context: RequestContext, audit: Audit) -> None:
    """Announce that the planner begins."""
    emit(context, "audit.planner.start", audit)


def planner_ended(context: RequestContext, audit: Audit) -> None:
    """Announce that the action plan is made."""
    emit(context, "audit.planner.end", audit)


def planner_failed(context: RequestContext, audit: Audit, error: BaseException) -> None:
    """Announce that the planner raised."""
    emit(context, "audit.planner.error", audit, fault=error)
