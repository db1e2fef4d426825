# SPDX-License-Identifier: Apache-2.0
"""The states of everything with a life cycle, and who may move it from one to the next.

This is the only list of allowed state changes.  ``watcher.lifecycle`` turns each pair into a
compare-and-set; the diagrams in the documentation are drawn from the tables.  A change by a user
(REST) and a change by a daemon have a table each, because the published API allows less than
the daemons do, and in two places more.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from typing import Final

__all__ = [
    "ACTIONS_BY_APPLIER",
    "ACTIONS_BY_USER",
    "AUDITS_BY_ENGINE",
    "AUDITS_BY_USER",
    "ENDED_AUDITS",
    "PLANS_BY_ENGINE",
    "PLANS_BY_USER",
    "RUNNING_PLANS",
    "ActionPlanState",
    "ActionState",
    "AuditState",
    "AuditType",
    "ServiceStatus",
    "TransitionNotAllowed",
    "check",
    "is_allowed",
]


class AuditType(enum.StrEnum):
    """When an audit runs: once, again and again, or whenever its webhook is called."""

    ONESHOT = "ONESHOT"
    CONTINUOUS = "CONTINUOUS"
    EVENT = "EVENT"


class AuditState(enum.StrEnum):
    """The life of an audit."""

    PENDING = "PENDING"
    ONGOING = "ONGOING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    SUSPENDED = "SUSPENDED"
    DELETED = "DELETED"


#: An audit in one of these will not run any more, unless it is an EVENT audit that succeeded.
ENDED_AUDITS: Final = frozenset(
    {AuditState.SUCCEEDED, AuditState.FAILED, AuditState.CANCELLED, AuditState.DELETED}
)


class ActionPlanState(enum.StrEnum):
    """The life of an action plan."""

    RECOMMENDED = "RECOMMENDED"
    PENDING = "PENDING"
    ONGOING = "ONGOING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLING = "CANCELLING"
    CANCELLED = "CANCELLED"
    SUPERSEDED = "SUPERSEDED"
    DELETED = "DELETED"


class ActionState(enum.StrEnum):
    """The life of one action of a plan."""

    PENDING = "PENDING"
    ONGOING = "ONGOING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"
    CANCELLING = "CANCELLING"
    CANCELLED = "CANCELLED"
    DELETED = "DELETED"


class ServiceStatus(enum.StrEnum):
    """What the age of a daemon's last heartbeat says about it; computed, never stored."""

    ACTIVE = "ACTIVE"
    FAILED = "FAILED"


_A = AuditState
_P = ActionPlanState
_S = ActionState

AUDITS_BY_USER: Final = frozenset(
    {
        (_A.PENDING, _A.ONGOING),  # PATCH
        (_A.PENDING, _A.CANCELLED),  # PATCH
        (_A.ONGOING, _A.FAILED),  # PATCH
        (_A.ONGOING, _A.SUCCEEDED),  # PATCH
        (_A.ONGOING, _A.CANCELLED),  # PATCH; a running strategy's result is then thrown away
        (_A.ONGOING, _A.SUSPENDED),  # PATCH; pauses a continuous audit
        (_A.SUSPENDED, _A.ONGOING),  # PATCH; resumes
        (_A.SUSPENDED, _A.DELETED),  # PATCH or DELETE
        (_A.FAILED, _A.DELETED),  # PATCH or DELETE
        (_A.SUCCEEDED, _A.DELETED),  # PATCH or DELETE
        (_A.CANCELLED, _A.DELETED),  # PATCH or DELETE
    }
)

AUDITS_BY_ENGINE: Final = frozenset(
    {
        (_A.PENDING, _A.ONGOING),  # a decision engine claims it
        (_A.SUCCEEDED, _A.ONGOING),  # a decision engine claims a triggered EVENT audit again
        (_A.ONGOING, _A.SUCCEEDED),  # the run is over; a continuous audit has none left
        (_A.PENDING, _A.SUCCEEDED),  # a continuous audit's time ran out before its first run
        (_A.ONGOING, _A.FAILED),  # strategy, planner or bookkeeping raised
        (_A.PENDING, _A.FAILED),  # a continuous audit's interval cannot be read
        (_A.PENDING, _A.CANCELLED),  # blocked by an ongoing plan; its goal or strategy changed
        (_A.ONGOING, _A.CANCELLED),  # its goal or strategy changed or vanished
        (_A.SUSPENDED, _A.CANCELLED),  # its goal or strategy changed or vanished
    }
)

#: While a plan is in one of these, an applier owns it.
RUNNING_PLANS: Final = (_P.ONGOING, _P.CANCELLING)

PLANS_BY_USER: Final = frozenset(
    {
        (_P.RECOMMENDED, _P.PENDING),  # start
        (_P.RECOMMENDED, _P.CANCELLED),  # cancel before the start
        (_P.PENDING, _P.CANCELLED),  # cancel before an applier took it
        (_P.ONGOING, _P.CANCELLING),  # cancel; the applier stops after the running actions
        (_P.RECOMMENDED, _P.DELETED),  # DELETE
        (_P.SUCCEEDED, _P.DELETED),  # DELETE
        (_P.FAILED, _P.DELETED),  # DELETE
        (_P.SUPERSEDED, _P.DELETED),  # DELETE
        (_P.CANCELLED, _P.DELETED),  # DELETE
    }
)

PLANS_BY_ENGINE: Final = frozenset(
    {
        (_P.RECOMMENDED, _P.PENDING),  # decision engine, auto_trigger
        (_P.RECOMMENDED, _P.SUCCEEDED),  # decision engine: a plan without actions
        (_P.RECOMMENDED, _P.CANCELLED),  # decision engine: next continuous run; strategy changed
        (_P.RECOMMENDED, _P.SUPERSEDED),  # decision engine: nobody started it in time
        (_P.RECOMMENDED, _P.ONGOING),  # applier: another release auto-triggers without PENDING
        (_P.PENDING, _P.ONGOING),  # an applier claims it
        (_P.PENDING, _P.CANCELLED),  # decision engine: strategy changed
        (_P.ONGOING, _P.SUCCEEDED),  # applier: every action done
        (_P.ONGOING, _P.FAILED),  # applier: an action or the workflow failed
        (_P.ONGOING, _P.CANCELLED),  # applier: interrupted and not resumed
        (_P.CANCELLING, _P.CANCELLED),  # applier: stopped, or everything was already done
        (_P.CANCELLING, _P.FAILED),  # applier: the workflow failed while cancelling
    }
)

ACTIONS_BY_USER: Final = frozenset(
    {(_S.PENDING, _S.SKIPPED)}  # PATCH while the plan is RECOMMENDED or PENDING
    | {(_S.PENDING, _S.CANCELLED)}  # the user cancelled the plan before its start
    | {(state, _S.DELETED) for state in _S if state is not _S.DELETED}  # its plan is deleted
)

ACTIONS_BY_APPLIER: Final = frozenset(
    {
        (_S.PENDING, _S.ONGOING),  # execute begins
        (_S.PENDING, _S.SKIPPED),  # pre_condition: nothing to do
        (_S.PENDING, _S.FAILED),  # pre_condition failed
        (_S.PENDING, _S.CANCELLED),  # the plan is cancelled
        (_S.ONGOING, _S.SUCCEEDED),  # the outcome was observed
        (_S.ONGOING, _S.SKIPPED),  # resumed after a crash: there is nothing left to do
        (_S.ONGOING, _S.FAILED),  # execute failed
        (_S.ONGOING, _S.CANCELLING),  # abort begins
        (_S.ONGOING, _S.CANCELLED),  # aborted, or its applier died and the plan is not resumed
        (_S.CANCELLING, _S.CANCELLED),  # aborted
        (_S.CANCELLING, _S.SUCCEEDED),  # too late to abort
        (_S.CANCELLING, _S.FAILED),  # abort failed
        (_S.SUCCEEDED, _S.FAILED),  # post_condition failed
    }
)


class TransitionNotAllowed(ValueError):
    """A state change that no table lists."""

    def __init__(self, old: str, new: str) -> None:
        super().__init__(f"State transition not allowed: ({old} -> {new})")
        self.old = old
        self.new = new


def is_allowed(table: Collection[tuple[str, str]], old: str, new: str) -> bool:
    """Say whether ``table`` lists the change.

    >>> is_allowed(AUDITS_BY_USER, "PENDING", "ONGOING")
    True
    >>> is_allowed(AUDITS_BY_USER, "PENDING", "PENDING")
    False
    """
    return (old, new) in table


def check(table: Collection[tuple[str, str]], old: str, new: str) -> None:
    """Refuse a change that ``table`` does not list.

    :raises TransitionNotAllowed: with both names.
    """
    if not is_allowed(table, old, new):
        raise TransitionNotAllowed(old, new)
