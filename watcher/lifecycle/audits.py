# SPDX-License-Identifier: Apache-2.0
"""Audits: created and changed by users, claimed, run and ended by decision engines.

Marks in the row, since the published columns must do:

- a triggered EVENT audit has a ``next_run_time``; its claim clears it;
- a CONTINUOUS audit whose run is under way is ONGOING without ``next_run_time``; between two runs
  it is ONGOING with one. Resuming a suspended audit clears ``hostname``, which disowns a run that
  is still under way;
- :mod:`watcher.db.runs` keeps, from a claim to the end of the run, what its next owner must know.
  An ONGOING audit with neither owner nor run was made so by a user: engines leave it alone, as the
  published ones do.
"""

from __future__ import annotations

import copy
import datetime
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from watcher.common import exception
from watcher.common.context import RequestContext
from watcher.db import runs
from watcher.db import session as db
from watcher.db.types import machine_utc_now
from watcher.domain import states
from watcher.domain.states import AuditState, AuditType
from watcher.lifecycle import audit_rows, transitions
from watcher.lifecycle.audit_rows import WriteRun
from watcher.lifecycle.ownership import Outdated, OwnershipLost
from watcher.lifecycle.transitions import Change, Transition
from watcher.notifications import emit
from watcher.objects.audit import Audit
from watcher.objects.goal import Goal
from watcher.objects.strategy import Strategy
from watcher.rpc import doorbell

_INTERRUPTIONS: Final = 2
"""After so many stops of its engine during a run, an audit FAILS: it may be what stops them."""
_STOPPED_TWICE: Final = (
    "The decision engine stopped twice while it ran this audit, the second time on {}."
)

# -- users ------------------------------------------------------------------------------------


def create(
    context: RequestContext, values: Mapping[str, Any], *, goal: Any, strategy: Any = None
) -> Audit:
    """Insert a PENDING audit; a ONESHOT one is handed to the decision engines at once.

    :param values: columns; ``state`` and the ids of goal and strategy are set here.
    :param goal: row or object of the goal; ``strategy`` likewise, or None.
    :raises AuditAlreadyExists: (409) when a live audit has the name.
    """
    columns = {
        **values,
        "state": AuditState.PENDING.value,
        "goal_id": goal.id,
        "strategy_id": None if strategy is None else strategy.id,
    }
    audit = Audit.from_row(context, audit_rows.insert(columns))
    audit.goal = transitions.as_object(Goal, context, goal)
    audit.strategy = transitions.as_object(Strategy, context, strategy)
    emit(context, "audit.create", audit)
    if audit.audit_type == AuditType.ONESHOT:
        doorbell.trigger_audit(context, audit.uuid)
    return audit


def update(context: RequestContext, audit: Audit, changes: Mapping[str, Any]) -> Audit:
    """Change columns of an audit for a user; a ``state`` among them is checked, even if equal.

    :raises PatchError: (400) when users may not make this change of state.
    :raises Outdated: (409) when the audit left the state that the user saw.
    """
    values = dict(changes)
    if "state" not in values:
        if not values:
            return audit
        changed = audit_rows.update_columns(context, audit.uuid, values)
        emit(context, "audit.update", changed)
        return changed
    new = values.pop("state")
    transitions.check_patch(states.AUDITS_BY_USER, audit.state, new, changes)
    if (audit.state, new) == (AuditState.SUSPENDED, AuditState.ONGOING):
        values["hostname"] = None
    values |= audit_rows.next_run(audit, values, machine_utc_now())
    where = {"next_run_time": audit.next_run_time} if "next_run_time" in values else {}
    if new in states.ENDED_AUDITS:
        where, values["next_run_time"] = {}, None
    updated = _by_user(context, audit, Transition((audit.state,), new, where=where, values=values))
    _announce(context, updated)
    return updated.record


def soft_delete(context: RequestContext, audit: Audit) -> None:
    """Delete an audit for a user; its action plans stay.

    :raises DeleteError: (400) in a state in which audits cannot be deleted.
    :raises Outdated: (409) when the audit left the state that the user saw.
    """
    if not states.is_allowed(states.AUDITS_BY_USER, audit.state, AuditState.DELETED):
        raise exception.DeleteError(state=audit.state)
    marks = {"deleted": audit.id, "deleted_at": machine_utc_now(), "next_run_time": None}
    deleted = _by_user(context, audit, Transition((audit.state,), AuditState.DELETED, values=marks))
    transitions.announce_deleted(context, "audit", deleted.record, deleted.old_state)


def trigger(context: RequestContext, audit: Audit) -> Audit:
    """Accept a webhook call: mark an EVENT audit as due and ring the decision engines.

    :raises AuditTypeNotAllowed: (400) when it is not an EVENT audit.
    :raises AuditStateNotAllowed: (400) when it is neither PENDING nor SUCCEEDED.
    """
    if audit.audit_type != AuditType.EVENT:
        raise exception.AuditTypeNotAllowed(audit_type=audit.audit_type)
    marked = None
    if audit.state in (AuditState.PENDING, AuditState.SUCCEEDED):
        marked = audit_rows.mark_due(context, audit.uuid)
    if marked is None:
        raise exception.AuditStateNotAllowed(state=audit.state)
    emit(context, "audit.update", marked)
    doorbell.trigger_audit(_about(context, marked), marked.uuid)
    return marked


def is_marked(context: RequestContext, audit_uuid: str) -> bool:
    """Say whether a message with this context is about an audit whose row says that it is due.

    Such a message asks for nothing by itself: when the row was found without it, the run that the
    message is about has been made. Messages of other releases have no row that says so.
    """
    return getattr(context, "resource_uuid", None) == audit_uuid


def _about(context: RequestContext, audit: Audit) -> RequestContext:
    told = copy.copy(context)
    told.resource_uuid = audit.uuid
    return told


# -- decision engines: whose audit it is ----------------------------------------------------------


def claim(
    context: RequestContext, audit_uuid: str, host: str, *, triggered: bool = False
) -> Audit | None:
    """Take a PENDING ONESHOT audit or a due EVENT audit; None when there is nothing to take.

    :param triggered: take an EVENT audit even if its row does not say that it is due, because
        somebody asked for it over the bus.
    """
    taken = audit_rows.claim(context, audit_uuid, host, triggered=triggered)
    return _announced(context, taken)


def claim_due(context: RequestContext, audit: Audit, host: str) -> Audit | None:
    """Take a CONTINUOUS audit for its next run; None when an engine or a user was faster.

    :param audit: as read; its state, owner and ``next_run_time`` must still be the same.
    """
    if is_running(audit):
        return None
    transition = Transition(
        (audit.state,),
        None if audit.state == AuditState.ONGOING else AuditState.ONGOING,
        where={
            "audit_type": AuditType.CONTINUOUS.value,
            "next_run_time": audit.next_run_time,
            "hostname": audit.hostname,
        },
        values={"hostname": host, "next_run_time": None, "status_message": None},
    )
    taken = _by_engine(context, audit, transition, audit_rows.begins(audit, host))
    if taken is not None and taken.old_state != AuditState.ONGOING:
        _announce(context, taken)
    return None if taken is None else taken.record


def postpone(
    context: RequestContext, audit: Audit, host: str, next_run_time: datetime.datetime
) -> Audit | None:
    """Look after a CONTINUOUS audit that waits: store when it runs next, and the host that knows.

    :param audit: as read; its state, owner and ``next_run_time`` must still be the same.
    :param next_run_time: naive UTC.
    :returns: None when it runs, or an engine or a user was faster.
    """
    if is_running(audit):
        return None
    transition = Transition(
        (audit.state,),
        where={
            "audit_type": AuditType.CONTINUOUS.value,
            "next_run_time": audit.next_run_time,
            "hostname": audit.hostname,
        },
        values={"hostname": host, "next_run_time": next_run_time},
    )
    return _announced(context, _by_engine(context, audit, transition))


def is_running(audit: Any) -> bool:
    """Say whether the row of an audit shows that an engine is in the middle of a run."""
    return (
        audit.state == AuditState.ONGOING
        and audit.hostname is not None
        and audit.next_run_time is None
    )


def take_over(context: RequestContext, audit: Audit, host: str) -> Audit | None:
    """Take an ONGOING audit from the host that stopped in the middle of it, perhaps this one.

    Or take it from nobody, if a user suspended it during its run and resumed it.

    The run begins again. An audit that was already taken over once FAILS instead, since it may
    be what stops the engines.

    :param audit: as read, with the stopped host as ``hostname``, and its run.
    :returns: None when another engine was faster, or the audit failed.
    """
    interrupted = audit.hostname is not None
    # A CONTINUOUS audit that ended its run meanwhile is still ONGOING, but waits.
    where = {"hostname": audit.hostname, "next_run_time": audit.next_run_time}
    from_states = (AuditState.ONGOING,)
    before = audit.run.interruptions if audit.run is not None else 0
    if interrupted and before + 1 >= _INTERRUPTIONS:
        values = {"status_message": _STOPPED_TWICE.format(audit.hostname), "next_run_time": None}
        failed = Transition(from_states, AuditState.FAILED, where=where, values=values)
        _announced(context, _by_engine(context, audit, failed, audit_rows.ends(audit)))
        return None
    write_run = partial(
        runs.take_over,
        object_uuid=audit.uuid,
        known=audit.run,
        host=host,
        interrupted=interrupted,
    )
    transition = Transition(from_states, where=where, values={"hostname": host})
    return _announced(context, _by_engine(context, audit, transition, write_run))


@db.retried
def check_owned(context: RequestContext, audit: Audit) -> Audit:
    """Return this host's audit as it is now, between two phases of its run.

    :raises OwnershipLost: when it is not ONGOING on its host any more.
    """
    with db.read() as session:
        try:
            current = transitions.read_audit(session, context, audit.uuid)
        except exception.AuditNotFound as error:
            raise lost(audit) from error
    if (current.state, current.hostname) != (AuditState.ONGOING, audit.hostname):
        raise lost(audit)
    if _attempt(current) != _attempt(audit):
        raise lost(audit)  # by a process of the same host, which was started too early
    return current


def _attempt(audit: Audit) -> int | None:
    return None if audit.run is None else audit.run.attempt


def lost(audit: Audit) -> OwnershipLost:
    """Return the error for an audit that is not what its engine believes."""
    return OwnershipLost(noun="Audit", uuid=audit.uuid, state=audit.state, host=audit.hostname)


# -- decision engines: the end of a run -----------------------------------------------------------


def succeed(context: RequestContext, audit: Audit) -> Audit:
    """End the run of this host's audit with success.

    :raises OwnershipLost: when the audit is not ONGOING on its host any more.
    """
    return _end(context, audit, AuditState.SUCCEEDED, None)


def fail(context: RequestContext, audit: Audit, reason: str) -> Audit:
    """End the run of this host's audit with a reason that a user can read.

    A PENDING audit that can never run fails in the same way.

    :raises OwnershipLost: when the audit is not in this state on its host any more.
    """
    return _end(context, audit, AuditState.FAILED, reason)


def cancel(context: RequestContext, audit: Audit, reason: str | None) -> Audit:
    """Cancel an audit that was not begun (an action plan is ongoing), or one of this host.

    :raises OwnershipLost: when the audit is not in this state on its host any more.
    """
    return _end(context, audit, AuditState.CANCELLED, reason)


def reschedule(context: RequestContext, audit: Audit, next_run_time: datetime.datetime) -> Audit:
    """End the run of this host's CONTINUOUS audit: it waits for its next one.

    A user may have suspended it meanwhile; the time is written nevertheless.

    :param next_run_time: naive UTC.
    :raises OwnershipLost: when the audit is neither ONGOING nor SUSPENDED on its host any more.
    """
    transition = Transition(
        (AuditState.ONGOING, AuditState.SUSPENDED),
        where={"hostname": audit.hostname},
        values={"next_run_time": next_run_time},
    )
    waiting = _announced(context, _by_engine(context, audit, transition, audit_rows.ends(audit)))
    if waiting is None:
        raise lost(audit)
    return waiting


def expire(context: RequestContext, audit: Audit) -> Audit | None:
    """End a CONTINUOUS audit that waits while its ``end_time`` has passed.

    :returns: None when it runs, or a run began or a user changed it since ``audit`` was read.
    """
    if is_running(audit):
        return None
    where = {"hostname": audit.hostname, "next_run_time": audit.next_run_time}
    transition = Transition(
        (audit.state,), AuditState.SUCCEEDED, where=where, values={"next_run_time": None}
    )
    return _announced(context, _by_engine(context, audit, transition))


def cancel_stale(context: RequestContext, audit: Audit, reason: str | None = None) -> bool:
    """Cancel an audit that has not ended, whoever owns it: its goal or strategy was replaced."""
    values = {"status_message": reason, "next_run_time": None}
    live = (AuditState.PENDING, AuditState.ONGOING, AuditState.SUSPENDED)
    transition = Transition(live, AuditState.CANCELLED, values=values)
    cancelled = _by_engine(context, audit, transition)
    return _announced(context, cancelled) is not None


# -- transitions ----------------------------------------------------------------------------------


def _end(context: RequestContext, audit: Audit, to_state: AuditState, reason: str | None) -> Audit:
    transition = Transition(
        (audit.state,),
        to_state,
        where={"hostname": audit.hostname},
        values={"status_message": reason, "next_run_time": None},
    )
    ended = _announced(context, _by_engine(context, audit, transition, audit_rows.ends(audit)))
    if ended is None:
        raise lost(audit)
    return ended


def _by_engine(
    context: RequestContext,
    audit: Audit,
    transition: Transition,
    write_run: WriteRun | None = None,
) -> Change[Audit] | None:
    table = states.AUDITS_BY_ENGINE
    return audit_rows.change(
        context, audit.uuid, table, transition, write_run or audit_rows.follows(audit, transition)
    )


def _by_user(context: RequestContext, audit: Audit, transition: Transition) -> Change[Audit]:
    table, write_run = states.AUDITS_BY_USER, audit_rows.follows(audit, transition)
    made = audit_rows.change(context, audit.uuid, table, transition, write_run)
    if made is None:
        raise Outdated(noun="Audit", uuid=audit.uuid, state=audit.state)
    return made


def _announce(context: RequestContext, made: Change[Audit]) -> None:
    emit(context, "audit.update", made.record, state_update=transitions.delta(made))


def _announced(context: RequestContext, made: Change[Audit] | None) -> Audit | None:
    if made is None:
        return None
    _announce(context, made)
    return made.record
