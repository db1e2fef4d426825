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
from typing import Any

from oslo_log import log

from watcher import objects
from watcher.common import exception
from watcher.common.context import RequestContext
from watcher.conf import CONF
from watcher.db import passing
from watcher.decision_engine.audit import queries
from watcher.decision_engine.loading import default as loading
from watcher.decision_engine.strategy import selection
from watcher.domain import parameters, schedule, scope
from watcher.domain.snapshot import Snapshot
from watcher.domain.states import AuditType
from watcher.lifecycle import OwnershipLost, action_plans, audit_phases, audits

LOG = log.getLogger(__name__)


class PhaseError(Exception):
    """A phase failed; the text is for the user, the cause is chained."""


@dataclass(slots=True)
class Run:
    """What the phases of one run hand on to the next.

    :ivar audit: as claimed: ONGOING on this host.
    """

    context: RequestContext
    audit: objects.Audit
    solution: Any = None
    plan: Any = None


class AuditRunner:
    """Takes claimed audits from the claim to the end.

    :param read_snapshot: returns the current model of the cloud.
    :param osc: the clients that strategies get.
    :param now: returns the time (aware, UTC).
    """

    def __init__(
        self,
        read_snapshot: Callable[[], Snapshot],
        osc: Any = None,
        now: Callable[[], datetime.datetime] = queries.utc_now,
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
        run.plan = action_plans.of_run(run.context, run.audit)
        if run.plan is None:
            self._run_strategy(run)
            audits.check_owned(run.context, run.audit)
            if run.audit.audit_type == AuditType.CONTINUOUS:
                action_plans.cancel_recommended_of(run.context, run.audit)
            self._run_planner(run)
        if run.audit.auto_trigger:
            action_plans.start_automatically(run.context, run.plan)

    def _run_strategy(self, run: Run) -> None:
        audit_phases.strategy_started(run.context, run.audit)
        with _phase("Strategy", run, audit_phases.strategy_failed):
            run.solution = self._prepare(run.audit).execute(audit=run.audit)
        LOG.info(
            "Strategy %s proposes %d actions for audit %s",
            run.solution.strategy.name,
            len(run.solution.actions),
            run.audit.uuid,
        )
        audit_phases.strategy_ended(run.context, run.audit)

    def _prepare(self, audit: objects.Audit) -> Any:
        """Return the strategy of an audit, with everything it is given."""
        named = audit.strategy.name if audit.strategy_id else None
        strategy = selection.select(audit.goal.name, named, self._osc)
        given = audit.parameters or {}
        schema = strategy.get_schema()
        strategy.input_parameters = parameters.with_defaults(schema, given) if schema else given
        strategy.audit_scope = audit.scope or []
        strategy.snapshot_source = lambda: self._scoped(strategy.audit_scope)
        return strategy

    def _scoped(self, audit_scope: Any) -> Snapshot:
        whole = self._read_snapshot()
        for name in scope.unknown_names(whole, audit_scope):
            LOG.warning("The scope excludes %s, which the model does not have", name)
        return scope.apply(whole, audit_scope)

    def _run_planner(self, run: Run) -> None:
        audit_phases.planner_started(run.context, run.audit)
        with _phase("Planner", run, audit_phases.planner_failed):
            chosen = run.solution.strategy.planner or CONF.watcher_planner.planner
            planner = loading.PLANNERS.load(chosen)
            run.plan = planner.schedule(run.context, run.audit.id, run.solution)
        LOG.info("Audit %s has action plan %s", run.audit.uuid, run.plan.uuid)
        audit_phases.planner_ended(run.context, run.audit)

    # -- ends

    def _finish(self, run: Run) -> None:
        if run.audit.audit_type == AuditType.CONTINUOUS:
            audits.reschedule(run.context, run.audit, self._next_run_time(run))
        else:
            audits.succeed(run.context, run.audit)
        LOG.info("Audit %s is done", run.audit.uuid)

    def _wait_for_next(self, run: Run) -> None:
        """Keep going a CONTINUOUS audit that a user suspended during its run."""
        if run.audit.audit_type != AuditType.CONTINUOUS:
            return
        try:
            audits.reschedule(run.context, run.audit, self._next_run_time(run))
        except (OwnershipLost, exception.InvalidIntervalOrCron) as error:
            LOG.debug("Audit %s is not scheduled: %s", run.audit.uuid, error)

    def _next_run_time(self, run: Run) -> datetime.datetime:
        """Return the next run by the interval as it is now, which a user may have changed."""
        current = queries.find_audit(run.context, run.audit.uuid) or run.audit
        return schedule.after_run(current.interval, self._now()).replace(tzinfo=None)

    def _fail(self, run: Run, error: Exception) -> None:
        try:
            audits.fail(run.context, run.audit, reason(error))
        except OwnershipLost as lost:
            LOG.info("The failure of audit %s is not recorded: %s", run.audit.uuid, lost)


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
