# SPDX-License-Identifier: Apache-2.0
"""The applier as a service: what it listens to and what it does again and again.

The database is the queue. A message only makes a plan start at once; what a lost, doubled or late
message, a broker that is down or a crash leave behind is found by the sweep.
"""

from __future__ import annotations

from oslo_config import cfg
from oslo_log import log

from watcher import objects
from watcher.applier import crew, default, plans, sync
from watcher.clients import bundle
from watcher.common.context import RequestContext, make_admin_context
from watcher.domain.states import RUNNING_PLANS, ActionPlanState
from watcher.lifecycle import action_plans, services
from watcher.rpc.service import PeriodicJob, Service

LOG = log.getLogger(__name__)

NAME = "watcher-applier"
#: Seconds for running actions when the process that embeds the service stops.
EMBEDDED_GRACE_S = 5.0
#: Seconds of the daemon's time to stop that are kept for everything else.
RESERVED_S = 10.0


class TriggerActionPlan:
    """The RPC endpoint: method names and arguments are published."""

    def __init__(self, applier: Applier) -> None:
        self._applier = applier

    def launch_action_plan(self, context: RequestContext, action_plan_uuid: str) -> str:
        """Queue a plan to be run; doing it twice is harmless.

        :raises ActionPlanNotFound: there is none.
        """
        objects.ActionPlan.get_by_uuid(context, action_plan_uuid)
        self._applier.launch(context, action_plan_uuid)
        return action_plan_uuid


class Applier:
    """Finds the plans that this host should run, and gives them to its crew."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._conf = conf
        self._host = str(conf.host)
        self._crew = crew.Crew(conf.watcher_applier.workers, bundle.shared())
        self._watch = services.Watch(NAME, self._host, self._clean_up)

    def launch(self, context: RequestContext, plan_uuid: str) -> None:
        """Run a plan for which the doorbell rang."""
        self._crew.offer(
            context, plan_uuid, lambda: action_plans.claim(context, plan_uuid, self._host)
        )

    def sweep(self) -> None:
        """Look for plans that wait for an applier, and for its own that nobody works on."""
        context = make_admin_context()
        self._resume_plans_of(context, self._host)
        for plan_uuid in plans.pending():
            self._crew.offer(context, plan_uuid, self._claim_pending(context, plan_uuid))

    def beat(self) -> None:
        """Write the heartbeat."""
        services.beat(make_admin_context(), NAME, self._host)

    def watch_peers(self) -> None:
        """Look after the other appliers and take over from those that died."""
        self._watch.step()

    def stop(self) -> None:
        """End the running plans cleanly, as far as the time allows."""
        grace_s = EMBEDDED_GRACE_S
        if "graceful_shutdown_timeout" in self._conf:
            grace_s = max(self._conf.graceful_shutdown_timeout - RESERVED_S, EMBEDDED_GRACE_S)
        self._crew.stop(grace_s)

    def _claim_pending(self, context: RequestContext, plan_uuid: str) -> crew.Take:
        states = (ActionPlanState.PENDING,)
        return lambda: action_plans.claim(context, plan_uuid, self._host, from_states=states)

    def _clean_up(self, context: RequestContext, dead_host: str) -> int:
        """Take over the plans of a dead applier; return how many it still has."""
        for plan in plans.owned(context, dead_host, (ActionPlanState.PENDING,)):
            action_plans.release(context, plan)
        return self._resume_plans_of(context, dead_host)

    def _resume_plans_of(self, context: RequestContext, host: str) -> int:
        """Resume, or cancel, running plans that no thread of ``host`` works on any more."""
        left = [
            plan
            for plan in plans.owned(context, host, RUNNING_PLANS)
            if not self._crew.knows(plan.uuid)
        ]
        for plan in left:
            if self._conf.watcher_applier.resume_interrupted_plans:
                self._crew.offer(context, plan.uuid, self._take_over(context, plan, host))
            else:
                action_plans.interrupted(context, plan, host)
        return len(left)

    def _take_over(self, context: RequestContext, plan: objects.ActionPlan, host: str) -> crew.Take:
        return lambda: action_plans.take_over(context, plan, host, self._host)


def build(conf: cfg.ConfigOpts) -> Service:
    """Return the service, to be started in its own process or in a larger one."""
    if conf.watcher_applier.rollback_when_actionplan_failed:
        LOG.warning(
            "[watcher_applier] rollback_when_actionplan_failed is deprecated and has no effect"
        )
    applier = Applier(conf)
    return Service(
        NAME,
        topic=conf.watcher_applier.conductor_topic,
        endpoints=[TriggerActionPlan(applier)],
        jobs=[
            PeriodicJob("heartbeat", applier.beat, services.heartbeat_interval_s),
            PeriodicJob("sweep", applier.sweep, lambda: conf.watcher_applier.sweep_interval),
            PeriodicJob("monitor", applier.watch_peers, lambda: conf.periodic_interval),
        ],
        on_start=[default.check_engine, applier.beat, sync.sync_action_descriptions],
        on_stop=[applier.beat, applier.stop],
    )
