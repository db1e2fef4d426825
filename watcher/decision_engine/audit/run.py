# SPDX-License-Identifier: Apache-2.0
"""One run of an audit that this engine owns: named phases over one value.

No lock and no transaction is held while a strategy runs. The audit is looked at again at the
borders of the phases: a user may have cancelled it, or a peer may have taken it over.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from oslo_log import log

from watcher import objects
from watcher.clients.bundle import OpenStackClients
from watcher.common import exception
from watcher.common.context import RequestContext
from watcher.conf import CONF
from watcher.db import limits, models, passing
from watcher.decision_engine.audit import backlog
from watcher.decision_engine.loading import default as loading
from watcher.decision_engine.solution.base import BaseSolution
from watcher.decision_engine.strategy import selection
from watcher.decision_engine.strategy.strategies.base import BaseStrategy
from watcher.domain import parameters, schedule, scope
from watcher.domain.snapshot import Snapshot
from watcher.domain.states import AuditType
from watcher.lifecycle import OwnershipLost, action_plans, audit_phases, audits

LOG = log.getLogger(__name__)

#: How many characters of a reason are kept at least when a note follows it.
_SHORTEST_REASON = 60


class PhaseError(Exception):
    """A phase failed; the text is for the user, the cause is chained."""


@dataclass(frozen=True, slots=True)
class Run:
    """What all phases of one run share.

    :ivar audit: as claimed: ONGOING on this host.
    """

    context: RequestContext
    audit: objects.Audit


class AuditRunner:
    """Takes claimed audits from the claim to the end.

    :param read_snapshot: returns the current model of the cloud.
    :param osc: the clients that strategies get.
    :param now: returns the time (aware, UTC).
    """

    def __init__(
        self,
        read_snapshot: Callable[[], Snapshot],
        osc: OpenStackClients | None = None,
        now: Callable[[], datetime.datetime] = backlog.utc_now,
    ) -> None:
        self._read_snapshot = read_snapshot
        self._osc = osc
        self._now = now

    def run(self, context: RequestContext, audit: objects.Audit) -> None:
        """Run this host's audit; whatever happens, its row says so. Raises no WatcherException."""
        context.update_store()  # log lines of this thread carry the request id
        LOG.info("Audit %s (%s) begins", audit.uuid, audit.audit_type)
        run = Run(context, audit)
        try:
            self._run_phases(run)
            self._finish(run)
        except OwnershipLost as lost:
            LOG.info("The result of audit %s is discarded: %s", audit.uuid, lost)
            self._wait_for_next(run)
        except passing.ERRORS as error:
            # Not its fault: as it is ONGOING and no thread here holds it, it is taken up again.
            LOG.error("Audit %s: a sweep will run it again. %s", audit.uuid, error)  # noqa: TRY400
        except Exception as error:  # noqa: BLE001 - the door of the phases: logged, and in the row
            _log_failure(audit.uuid, error)
            self._fail(run, error)

    # -- phases

    def _run_phases(self, run: Run) -> None:
        plan = action_plans.of_run(run.context, run.audit)
        if plan is None:
            solution = self._run_strategy(run)
            audits.check_owned(run.context, run.audit)
            if run.audit.audit_type == AuditType.CONTINUOUS:
                action_plans.cancel_recommended_of(run.context, run.audit)
            plan = self._run_planner(run, solution)
        if run.audit.auto_trigger:
            action_plans.start_automatically(run.context, plan)

    def _run_strategy(self, run: Run) -> BaseSolution:
        audit_phases.strategy_started(run.context, run.audit)
        with _phase("Strategy", run, audit_phases.strategy_failed):
            solution = self._prepare(run.audit).execute(audit=run.audit)
        LOG.info(
            "Strategy %s proposes %d actions for audit %s",
            solution.strategy.name,
            len(solution.actions),
            run.audit.uuid,
        )
        audit_phases.strategy_ended(run.context, run.audit)
        return solution

    def _prepare(self, audit: objects.Audit) -> BaseStrategy:
        """Return the strategy of an audit, with everything it is given."""
        named = audit.strategy.name if audit.strategy_id else None
        strategy = selection.select(audit.goal.name, named, self._osc)
        given = audit.parameters or {}
        schema = strategy.get_schema()
        strategy.input_parameters = parameters.with_defaults(schema, given) if schema else given
        strategy.audit_scope = audit.scope or []
        strategy.snapshot_source = lambda: self._scoped(strategy.audit_scope)
        return strategy

    def _scoped(self, audit_scope: object) -> Snapshot:
        whole = self._read_snapshot()
        for name in scope.unknown_names(whole, audit_scope):
            LOG.warning("The scope excludes %s, which the model does not have", name)
        return scope.apply(whole, audit_scope)

    def _run_planner(self, run: Run, solution: BaseSolution) -> objects.ActionPlan:
        audit_phases.planner_started(run.context, run.audit)
        with _phase("Planner", run, audit_phases.planner_failed):
            chosen = solution.strategy.planner or CONF.watcher_planner.planner
            planner = loading.PLANNERS.load(chosen)
            plan = planner.schedule(run.context, run.audit.id, solution)
        LOG.info("Audit %s has action plan %s", run.audit.uuid, plan.uuid)
        audit_phases.planner_ended(run.context, run.audit)
        return plan

    # -- ends

    def _finish(self, run: Run) -> None:
        following = self._next_run_time(run)
        if following is None:
            audits.succeed(run.context, run.audit)
        else:
            audits.reschedule(run.context, run.audit, following)
        LOG.info("Audit %s is done", run.audit.uuid)

    def _wait_for_next(self, run: Run) -> None:
        """Schedule the next run of a CONTINUOUS audit that a user suspended during its run."""
        try:
            following = self._next_run_time(run)
            if following is not None:
                audits.reschedule(run.context, run.audit, following)
        except (OwnershipLost, exception.InvalidIntervalOrCron) as error:
            LOG.debug("Audit %s is not scheduled: %s", run.audit.uuid, error)

    def _next_run_time(self, run: Run) -> datetime.datetime | None:
        """Return the next run by the current type and interval, which a user may have changed.

        None if there is none: the audit is not CONTINUOUS, or the last instant of its cron
        expression is past.
        """
        current = backlog.find_audit(run.context, run.audit.uuid) or run.audit
        if current.audit_type != AuditType.CONTINUOUS:
            return None
        following = schedule.after_run(current.interval, self._now(), run.audit.uuid)
        return None if following is None else following.replace(tzinfo=None)

    def _fail(self, run: Run, error: Exception) -> None:
        try:
            audits.fail(run.context, run.audit, _reason_and_mismatch(run.audit, reason(error)))
        except OwnershipLost as lost:
            LOG.info("The failure of audit %s is not recorded: %s", run.audit.uuid, lost)


def _reason_and_mismatch(audit: objects.Audit, text: str) -> str:
    """Return a reason, and add a note if goal and strategy do not belong together.

    Published: such an audit is accepted and run, so the mismatch may well be why it failed.
    """
    served = backlog.goal_of_strategy(audit.strategy_id) if audit.strategy_id else None
    if served in (None, audit.goal.name):
        return text
    note = (
        f"(Strategy {audit.strategy.name} belongs to goal {served}, but the audit has goal "
        f"{audit.goal.name}.)"
    )
    room = max(_SHORTEST_REASON, limits.characters(models.Audit.status_message) - len(note) - 1)
    return f"{limits.shortened(text, room)} {note}"


def _log_failure(audit_uuid: str, error: Exception) -> None:
    """Log one line for a failure that says what to do, a traceback for an unforeseen one."""
    cause = error.__cause__ if isinstance(error, PhaseError) else error
    if isinstance(cause, exception.WatcherException):
        LOG.error("Audit %s failed: %s", audit_uuid, reason(error))
        LOG.debug("Audit %s failed here", audit_uuid, exc_info=cause)
    else:
        LOG.error("Audit %s failed", audit_uuid, exc_info=error)


def reason(error: BaseException) -> str:
    """Return what helps a user: the text, and the class if it is not a WatcherException."""
    if isinstance(error, PhaseError | exception.WatcherException):
        return str(error)
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


@contextmanager
def _phase(
    what: str, run: Run, failed: Callable[[RequestContext, objects.Audit, BaseException], None]
) -> Iterator[None]:
    """Announce the failure of a phase and say in which phase it was."""
    try:
        yield
    except (OwnershipLost, *passing.ERRORS):
        raise
    except BaseException as error:  # a plug-in may even call sys.exit
        failed(run.context, run.audit, error)
        raise PhaseError(f"{what} failed: {reason(error)}") from error
