# SPDX-License-Identifier: Apache-2.0
"""Brings audits to the threads of this engine: those it hears of, finds, or left behind.

Claims happen in the thread that then runs the audit, so an audit waiting for a free thread is
not yet taken and another engine may be faster.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from oslo_log import log

from watcher import objects
from watcher.common.context import RequestContext, make_admin_context
from watcher.decision_engine.audit import backlog, pool
from watcher.decision_engine.audit.run import AuditRunner
from watcher.domain.states import AuditState, AuditType
from watcher.lifecycle import OwnershipLost, audits

LOG = log.getLogger(__name__)


class AuditDispatcher:
    """Claims audits for one engine and runs them in its pool.

    :param host: the identity of the engine.
    :param rescheduled: called when a CONTINUOUS audit has a new time for its next run.
    """

    def __init__(
        self,
        host: str,
        runner: AuditRunner,
        workers: pool.AuditPool,
        rescheduled: Callable[[], object] = lambda: None,
    ) -> None:
        self.host = host
        self._runner = runner
        self._pool = workers
        self._rescheduled = rescheduled

    def trigger(self, context: RequestContext, audit_uuid: str, *, told: bool = False) -> None:
        """Run an audit as soon as a thread is free, if it is still to be run then.

        :param told: somebody asked for it over the bus, so an EVENT audit runs even if its row
            does not say that it was triggered (services of other releases do not write that).
        """
        self._pool.submit(audit_uuid, partial(self._claim_and_run, context, audit_uuid, told))

    def sweep(self) -> None:
        """Find what no message announced, and what this engine left behind."""
        context = make_admin_context()
        for uuid in backlog.waiting_audits():
            self.trigger(context, uuid)
        # None: those that were suspended during their run, and resumed.
        self._resume_runs_of(context, self.host, None)

    def take_over(self, context: RequestContext, host: str) -> int:
        """Take up the runs that *host* has left unfinished; return how many there are."""
        return self._resume_runs_of(context, host)

    def _resume_runs_of(self, context: RequestContext, *hosts: str | None) -> int:
        left = [
            audit
            for audit in backlog.running_audits(context)
            if audit.hostname in hosts and not self._pool.holds(audit.uuid)
            # A user made it ONGOING: it belongs to the user, as with the published engines.
            if audit.hostname is not None or audit.run is not None
        ]
        for audit in left:
            self.resume(context, audit)
        return len(left)

    def resume(self, context: RequestContext, audit: objects.Audit) -> None:
        """Take over an interrupted run and start it again, as soon as a thread is free."""
        self._pool.submit(audit.uuid, partial(self._take_over_and_run, context, audit))

    def run_due(self, context: RequestContext, audit: objects.Audit) -> bool:
        """Run a CONTINUOUS audit that is due; False if it already waits for a thread or runs."""
        return self._pool.submit(audit.uuid, partial(self._claim_due_and_run, context, audit))

    def is_busy_with(self, audit_uuid: str) -> bool:
        """Tell whether an audit waits for a thread of this engine, or runs in one."""
        return self._pool.holds(audit_uuid)

    def _claim_and_run(self, context: RequestContext, audit_uuid: str, told: bool) -> None:
        audit = backlog.find_audit(context, audit_uuid)
        if audit is None or not self._may_begin(context, audit):
            LOG.info("Audit %s is not to be run", audit_uuid)
            return
        claimed = audits.claim(context, audit_uuid, self.host, triggered=told)
        if claimed is not None:
            self._runner.run(context, claimed)

    def _claim_due_and_run(self, context: RequestContext, audit: objects.Audit) -> None:
        claimed = audits.claim_due(context, audit, self.host)
        if claimed is not None:
            self._runner.run(context, claimed)
            self._rescheduled()

    def _take_over_and_run(self, context: RequestContext, audit: objects.Audit) -> None:
        taken = audits.take_over(context, audit, self.host)
        if taken is not None:
            if audit.hostname is not None:
                LOG.warning(
                    "Audit %s was interrupted on %s, runs again", audit.uuid, audit.hostname
                )
            self._runner.run(context, taken)

    def is_held_up(self, audit: objects.Audit) -> bool:
        """Tell whether an ongoing action plan keeps an audit from starting."""
        plan = None if audit.force else backlog.ongoing_plan()
        if plan is not None:
            LOG.warning("Audit %s does not start: action plan %s is ongoing", audit.uuid, plan)
        return plan is not None

    def _may_begin(self, context: RequestContext, audit: objects.Audit) -> bool:
        """Look for an ongoing plan: it cancels a ONESHOT audit and lets an EVENT one wait."""
        if audit.audit_type == AuditType.EVENT:
            waits = audit.state in (AuditState.PENDING, AuditState.SUCCEEDED)
        else:
            waits = audit.audit_type == AuditType.ONESHOT and audit.state == AuditState.PENDING
        if not waits or not self.is_held_up(audit):
            return waits
        if audit.audit_type == AuditType.ONESHOT:
            try:
                audits.cancel(context, audit, None)  # published: without a status message
            except OwnershipLost as lost:
                LOG.debug("Audit %s is not cancelled: %s", audit.uuid, lost)
        return False
