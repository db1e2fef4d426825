# SPDX-License-Identifier: Apache-2.0
"""The threads that execute plans, and what they know about each other.

A plan is claimed in the database by the thread that is about to run it, not on arrival, so
that a plan waiting for a thread here can still be taken by another applier.
"""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from oslo_log import log

from watcher.applier.action_plan import handler
from watcher.applier.actions import base

if TYPE_CHECKING:
    from watcher import objects
    from watcher.clients import bundle
    from watcher.common.context import RequestContext

LOG = log.getLogger(__name__)

#: Claims a plan and returns it; None if it is not to be run here (any more).
Take = Callable[[], "objects.ActionPlan | None"]

#: Seconds that actions get to notice that the time for a graceful stop is over.
LAST_GRACE_S = 3.0


class Crew:
    """Runs plans in a fixed number of threads, each plan once at a time."""

    def __init__(self, workers: int, osc: bundle.OpenStackClients) -> None:
        self.osc = osc
        self.stop_request = base.StopRequest()
        self._pool = concurrent.futures.ThreadPoolExecutor(workers, thread_name_prefix="plan")
        self._lock = threading.Lock()
        self._known: dict[str, concurrent.futures.Future[None]] = {}

    def offer(
        self,
        context: RequestContext,
        plan_uuid: str,
        take: Take,
    ) -> bool:
        """Queue a plan; when its turn comes, ``take`` claims it, or says that it is not to run.

        :returns: False if the plan is already queued or running, or the daemon stops.
        """
        with self._lock:
            if plan_uuid in self._known or self.stop_request.draining.is_set():
                return False
            self._known[plan_uuid] = self._pool.submit(self._run, context, plan_uuid, take)
        return True

    def knows(self, plan_uuid: str) -> bool:
        """Say whether the plan is queued or running here."""
        with self._lock:
            return plan_uuid in self._known

    def stop(self, timeout_s: float) -> None:
        """Start nothing more, give running actions their time, then abandon them."""
        self.stop_request.draining.set()
        # Queued plans are not cancelled: a cancelled future of a pool that is shut down is never
        # done for its waiters. The plans see the request and return.
        self._pool.shutdown(wait=False)
        with self._lock:
            running = list(self._known.values())
        _done, late = concurrent.futures.wait(running, timeout_s)
        self.stop_request.expired.set()
        if late:
            LOG.warning("%d plans are left unfinished; the next start resumes them", len(late))
            concurrent.futures.wait(late, LAST_GRACE_S)

    def _run(
        self,
        context: RequestContext,
        plan_uuid: str,
        take: Take,
    ) -> None:
        try:
            if self.stop_request.draining.is_set():
                return
            plan = take()
            if plan is not None:
                context.update_store()  # whose request this is: for logs, and for Nova's
                handler.PlanHandler(context, plan, self).execute()
        except Exception:
            LOG.exception("Action plan %s could not be run, a sweep will try again", plan_uuid)
        finally:
            with self._lock:
                self._known.pop(plan_uuid, None)
