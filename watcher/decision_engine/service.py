# SPDX-License-Identifier: Apache-2.0
"""Puts the decision engine together: endpoint, periodic jobs, threads."""

from __future__ import annotations

from oslo_config import cfg

from watcher.clients import bundle
from watcher.common.context import make_admin_context
from watcher.decision_engine import sync
from watcher.decision_engine.audit.continuous import ContinuousAudits
from watcher.decision_engine.audit.dispatcher import AuditDispatcher
from watcher.decision_engine.audit.pool import AuditPool
from watcher.decision_engine.audit.run import AuditRunner
from watcher.decision_engine.endpoint import DecisionEngineEndpoint
from watcher.decision_engine.model import store
from watcher.lifecycle import action_plans, services
from watcher.rpc.service import PeriodicJob, Service

NAME = "watcher-decision-engine"
CONTINUOUS = "continuous-audits"


def build(conf: cfg.ConfigOpts) -> Service:
    """Return the decision engine of ``[DEFAULT] host``, not started yet."""
    return DecisionEngine(conf).service


class DecisionEngine:
    """The parts of one engine, made for one service."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._conf = conf
        self._options = conf.watcher_decision_engine
        self._compute = store.shared("compute")
        self._pool = AuditPool(self._options.max_audit_workers)
        self._dispatcher = AuditDispatcher(
            conf.host,
            AuditRunner(self._compute.get, bundle.shared()),
            self._pool,
            rescheduled=lambda: self.service.kick(CONTINUOUS),
        )
        self._watch = services.Watch(NAME, conf.host, self._dispatcher.take_over)
        self._continuous = ContinuousAudits(
            self._dispatcher,
            self._watch.live_hosts,
            lambda: self._options.continuous_audit_interval,
        )
        self.service = Service(
            NAME,
            topic=self._options.conductor_topic,
            endpoints=[DecisionEngineEndpoint(self._dispatcher, self._compute)],
            jobs=self._jobs(),
            on_start=[sync.sync, self._beat, self._pool.start],
            on_stop=[self._pool.stop],
        )

    def _jobs(self) -> list[PeriodicJob]:
        conf, options = self._conf, self._options
        return [
            PeriodicJob("heartbeat", self._beat, services.heartbeat_interval_s),
            PeriodicJob("audit-sweep", self._dispatcher.sweep, lambda: options.sweep_interval),
            PeriodicJob(CONTINUOUS, self._continuous.look, self._continuous.pause_s),
            PeriodicJob(
                "plan-expiry", self._supersede_expired, lambda: options.check_periodic_interval
            ),
            PeriodicJob("service-monitor", self._watch.step, lambda: conf.periodic_interval),
            PeriodicJob("compute-model", self._compute.refresh, self._compute.period_s),
        ]

    def _beat(self) -> None:
        services.beat(make_admin_context(), NAME, self._conf.host)

    def _supersede_expired(self) -> None:
        age_h = self._options.action_plan_expiry
        if age_h:
            action_plans.supersede_expired(make_admin_context(), age_h)
