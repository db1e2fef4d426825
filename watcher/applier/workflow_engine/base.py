# SPDX-License-Identifier: Apache-2.0
"""The published bases of workflow engines, and the life of one action within a plan.

The engine owns states and notifications; they are written through ``watcher.lifecycle.actions``
only. Bookkeeping never raises into the flow: what goes wrong there is kept by the engine, no
further action starts, and whoever runs the plan decides.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from oslo_log import log
from taskflow import task

from watcher import objects
from watcher._i18n import _
from watcher.applier import plans
from watcher.applier.actions import base as actions_base
from watcher.applier.actions import factory
from watcher.clients import bundle
from watcher.common import exception
from watcher.common.loader import loadable
from watcher.common.utils import Struct
from watcher.domain.plan import Verdict
from watcher.domain.states import ActionState
from watcher.lifecycle import action_plans, actions

if TYPE_CHECKING:
    from oslo_config import cfg

    from watcher.common.context import RequestContext

LOG = log.getLogger(__name__)

#: What stands for the result of a hook that raised.
_FAILED: Final = object()


class BaseWorkFlowEngine(loadable.Loadable, abc.ABC):
    """Runs the actions of a plan in the order of their graph."""

    def __init__(
        self,
        config: Struct,
        context: RequestContext | None = None,
        applier_manager: Any = None,
    ) -> None:
        """Take the options, the context of the plan, and the applier that asks (may be None)."""
        super().__init__(config)
        self._context = context
        self._applier_manager = applier_manager

    @classmethod
    def get_config_opts(cls) -> list[cfg.Opt]:
        """Return the options of the engine."""
        return []

    @property
    def context(self) -> Any:
        """The context of the plan."""
        return self._context

    @property
    def osc(self) -> bundle.OpenStackClients:
        """The clients of the cloud: the applier's, else those of the process."""
        return getattr(self._applier_manager, "osc", None) or bundle.shared()

    @property
    def applier_manager(self) -> Any:
        """The applier that runs the plan."""
        return self._applier_manager

    @property
    def action_factory(self) -> factory.ActionFactory:
        """What makes actions, one per process."""
        return factory.shared()

    def notify(self, action: objects.Action, state: str, status_message: str | None = None) -> None:
        """Record a new state of an action, and announce it on the bus (for third-party engines)."""
        verbs: dict[str, Callable[[], bool]] = {
            ActionState.ONGOING: lambda: actions.started(self.context, action),
            ActionState.SUCCEEDED: lambda: actions.succeeded(self.context, action),
            ActionState.SKIPPED: lambda: actions.skipped(self.context, action, status_message),
            ActionState.CANCELLED: lambda: actions.cancelled(self.context, action),
            ActionState.FAILED: lambda: actions.failed(
                self.context, action, "execute", status_message or _("no reason given")
            ),
        }
        verbs[state]()

    def notify_cancel_start(self, action_plan_uuid: str) -> None:
        """Announce on the bus that the cancel of a plan was noticed."""
        action_plans.cancel_noticed(self.context, plans.read(self.context, action_plan_uuid))

    @abc.abstractmethod
    def execute(self, actions: Sequence[objects.Action]) -> Any:
        """Run the actions.

        :raises ActionPlanCancelled: no further action was started because of a user's cancel.
        """


class BaseTaskFlowActionContainer(task.Task, abc.ABC):
    """One action as a task: hooks of the plug-in in order, states and notifications around them.

    TaskFlow calls ``pre_execute``, ``execute`` and ``post_execute`` in one worker thread, the last
    one always. Subclasses define in the ``do_`` methods how the plug-in is called.
    """

    def __init__(self, name: str, db_action: objects.Action, engine: Any, **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self._db_action = db_action
        self._engine = engine
        self._verdict = Verdict.KEEP
        self._ready = False
        self._needs_post = False

    @property
    def engine(self) -> Any:
        """The engine that runs the plan."""
        return self._engine

    @property
    @abc.abstractmethod
    def action(self) -> actions_base.BaseAction:
        """The plug-in, made when first asked for."""

    @abc.abstractmethod
    def do_pre_execute(self) -> None:
        """Make the plug-in, check its parameters, and call its ``pre_condition``."""

    @abc.abstractmethod
    def do_execute(self, *args: Any, **kwargs: Any) -> bool | None:
        """Call the plug-in's ``execute``."""

    @abc.abstractmethod
    def do_post_execute(self) -> None:
        """Call the plug-in's ``post_condition``."""

    @abc.abstractmethod
    def do_revert(self, *args: Any, **kwargs: Any) -> bool | None:
        """Call the plug-in's ``revert``."""

    @abc.abstractmethod
    def do_abort(self, *args: Any, **kwargs: Any) -> bool | None:
        """Call the plug-in's ``abort``."""

    def do_resume(self) -> bool | None:
        """Ask the plug-in what became of an ``execute`` whose process died."""
        return None

    def pre_execute(self) -> None:
        """Decide whether the action runs; check that it can."""
        with self._engine.bookkeeping():
            self._verdict = self._engine.next_step(self._db_action)
            self._ready = self._verdict is Verdict.RUN and self._check()

    def execute(self, *_args: Any, **_kwargs: Any) -> bool:
        """Run the action; say whether it succeeded, in whichever process that was."""
        with self._engine.bookkeeping():
            if self._verdict is Verdict.SETTLE:
                self._settle()
            elif self._ready:
                self._start()
        return bool(self._db_action.state == ActionState.SUCCEEDED)

    def post_execute(self) -> None:
        """Let the plug-in check and clean up, whether its action succeeded or failed."""
        if not self._needs_post:
            return
        with self._engine.bookkeeping():
            self._try("post_condition", self.do_post_execute)

    def revert(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: a task never raises, so a flow never reverts (published behaviour)."""

    def abort(self, *args: Any, **kwargs: Any) -> bool | None:
        """Ask the plug-in to abort what it does."""
        return self.do_abort(*args, **kwargs)

    def _check(self) -> bool:
        """Run the checks before the action; record its end if they end it."""
        self._needs_post = True
        try:
            passed = self._try("pre_condition", self.do_pre_execute) is not _FAILED
        except exception.ActionSkipped as skipped:
            self._needs_post = False
            self._engine.record(actions.skipped, self._db_action, skipped)
            return False
        return passed

    def _start(self) -> None:
        """Record the start and do the action."""
        if self._engine.record(actions.started, self._db_action):
            self._conclude(self._try("execute", self.do_execute))
        elif self._db_action.state == ActionState.ONGOING:
            # The start is recorded, but not by a write that is known to have succeeded.
            self._settle()

    def _settle(self) -> None:
        """Resume an action that a dead process left half-done."""
        LOG.info("Action %s was interrupted: finding out what became of it", self._db_action.uuid)
        self._needs_post = True
        result = self._try("execute", self.do_resume)
        if result is None:
            if self._engine.is_cancelled:
                self._needs_post = False
                self._engine.record(actions.abort_started, self._db_action)
                self._engine.record(actions.cancelled, self._db_action)
                return
            if not self._check():
                return
            result = self._try("execute", self.do_execute)
        self._conclude(result)

    def _conclude(self, result: object) -> None:
        """Record the result of an action: only True, exactly, is success."""
        if result is _FAILED:
            return
        if result is True:
            self._engine.record(actions.succeeded, self._db_action)
            return
        failure = exception.ActionExecutionFailure(action_id=self._db_action.uuid)
        self._engine.record(actions.failed, self._db_action, "execute", failure)

    def _try(self, phase: str, hook: Callable[[], object]) -> object:
        """Call a hook; record a failure and return the marker for it.

        :raises ActionSkipped: from the pre_condition.
        :raises Interrupted: the daemon stops.
        """
        try:
            return hook()
        except actions_base.Interrupted:
            self._needs_post = False
            raise
        except Exception as error:  # the action runner is one of the doors
            if phase == "pre_condition" and isinstance(error, exception.ActionSkipped):
                raise
            known = isinstance(error, exception.WatcherException)
            LOG.warning(
                "Action %s failed in %s: %s",
                self._db_action.uuid,
                phase,
                error,
                exc_info=None if known else error,
            )
            self._engine.record(actions.failed, self._db_action, phase, error)
            return _FAILED
