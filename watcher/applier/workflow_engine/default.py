# SPDX-License-Identifier: Apache-2.0
"""The workflow engine ``taskflow``: a graph flow on native threads.

TaskFlow brings the order and the threads; what a step does is decided by ``watcher.domain.plan``.
A task provides its result under a name that its children require, so the graph is built at once
(linking tasks one by one copies the graph each time). Results are booleans. Nothing is kept by
TaskFlow between runs: the truth about each action is its row, and a resumed plan is the same flow
again, whose finished steps return at once.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import jsonschema
from oslo_config import cfg
from taskflow import engines, task
from taskflow.patterns import graph_flow

from watcher._i18n import _
from watcher.applier.actions import base as actions_base
from watcher.applier.workflow_engine import base
from watcher.common import exception
from watcher.common.utils import Struct
from watcher.domain import plan
from watcher.domain.plan import Rule, Verdict
from watcher.domain.states import ActionPlanState, ActionState
from watcher.lifecycle import action_plans
from watcher.lifecycle import actions as verbs

if TYPE_CHECKING:
    from watcher import objects
    from watcher.common.context import RequestContext

IGNORED = _("an alternative before it has succeeded")


class DefaultWorkFlowEngine(base.BaseWorkFlowEngine):
    """Runs the actions of one plan; an object serves one run."""

    def __init__(
        self,
        config: Struct,
        context: RequestContext | None = None,
        applier_manager: Any = None,
    ) -> None:
        super().__init__(config, context, applier_manager)
        self._lock = threading.Lock()
        self._graph = plan.build(())
        self._states: dict[str, ActionState] = {}
        self._broken: BaseException | None = None
        self._cancelled = False
        self._stop = getattr(applier_manager, "stop_request", None) or actions_base.StopRequest()
        self._patience = actions_base.Patience(self._stop)

    @classmethod
    def get_config_opts(cls) -> list[cfg.Opt]:
        """Return the options of the engine."""
        return [
            cfg.IntOpt(
                "max_workers",
                default=os.cpu_count() or 1,
                min=1,
                required=True,
                sample_default="<NUM_PROCESSOR>",
                help="Number of actions of one plan that run at the same time.",
            ),
            cfg.DictOpt(
                "action_execution_rule",
                default={},
                help="Which actions of a plan run, by name of its strategy: ALWAYS (the default) "
                "runs all; ANY treats a child as an alternative to its first parent and skips it "
                "if that has succeeded. Example: my_strategy:ANY",
            ),
        ]

    @property
    def stop(self) -> actions_base.StopRequest:
        """How the daemon asks running actions to end."""
        return self._stop

    @property
    def patience(self) -> actions_base.Patience:
        """How long the actions of the plan wait, together, for a cloud that is away."""
        return self._patience

    @property
    def is_cancelled(self) -> bool:
        """Whether a user's cancel of the plan was seen."""
        return self._cancelled

    def get_execution_rule(self, actions: Sequence[objects.Action]) -> Rule:
        """Return the rule for the strategy of the plan that the actions belong to."""
        if not actions:
            return Rule.ALWAYS
        strategy = actions[0].action_plan.strategy
        name = strategy.name if strategy is not None else None
        return Rule(self.config.action_execution_rule.get(name, Rule.ALWAYS))

    def execute(self, actions: Sequence[objects.Action]) -> None:
        """Run the actions, parents before children, as many at once as the option allows.

        :raises ActionPlanCancelled: a user's cancel was noticed.
        :raises WorkflowExecutionException: the graph has a cycle or an unknown parent.
        :raises OwnershipLost: the plan or an action has another owner now.
        :raises Interrupted: the daemon stops.
        """
        if not actions:
            return
        self._prepare(actions)
        flow = graph_flow.Flow("watcher_flow")
        flow.add(*(TaskFlowActionContainer(action, self) for action in actions))
        name = f"actions-{actions[0].action_plan.uuid[:8]}"
        begin = getattr(self.context, "update_store", None)  # for logs, and for Nova's
        workers = self.config.max_workers
        with ThreadPoolExecutor(workers, thread_name_prefix=name, initializer=begin) as pool:
            engines.load(flow, engine="parallel", executor=pool).run()
        if self._broken is not None:
            raise self._broken
        if self._cancelled:
            raise exception.ActionPlanCancelled(uuid=actions[0].action_plan.uuid)

    def next_step(self, action: objects.Action) -> Verdict:
        """Decide about an action whose turn it is, by the plan as it is now.

        :raises Interrupted: the daemon stops: nothing new is started.
        """
        if self._broken is not None or self._states[action.uuid] in plan.FINISHED:
            return Verdict.KEEP
        if self._stop.draining.is_set():
            raise actions_base.Interrupted("the applier stops")
        first = self._notices_cancel(action)
        with self._lock:
            verdict = plan.next_step(
                self._graph, self._states, action.uuid, cancelled=self._cancelled
            )
        if verdict is Verdict.IGNORE:
            self.record(verbs.skipped, action, IGNORED)
        if verdict is Verdict.CANCEL and first:
            self.record(verbs.cancelled, action)
        return verdict

    def record(self, verb: Callable[..., bool], action: objects.Action, *args: Any) -> bool:
        """Write a state of an action through its verb and remember it for the graph.

        :returns: False if somebody else has given it another state, which is then remembered.
        """
        written = verb(self.context, action, *args)
        with self._lock:
            self._states[action.uuid] = ActionState(action.state)
        return written

    @contextlib.contextmanager
    def bookkeeping(self) -> Iterator[None]:
        """Keep whatever is raised within, so that it does not reach the flow."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - handed to whoever runs the plan
            with self._lock:
                if self._broken is None:
                    self._broken = error

    def _prepare(self, actions: Sequence[objects.Action]) -> None:
        vertices = [plan.Vertex(one.uuid, tuple(one.parents or ())) for one in actions]
        try:
            self._graph = plan.build(vertices, self.get_execution_rule(actions))
        except ValueError as error:
            raise exception.WorkflowExecutionException(error=error) from error
        self._states = {one.uuid: ActionState(one.state) for one in actions}

    def _notices_cancel(self, action: objects.Action) -> bool:
        """Look at the plan as it is now; the first action to see its cancel announces it.

        :raises OwnershipLost: another applier has taken the plan.
        """
        state = action_plans.current_state(action.action_plan)
        if state is not ActionPlanState.CANCELLING:
            return False
        with self._lock:
            first, self._cancelled = not self._cancelled, True
        if first:
            self.notify_cancel_start(action.action_plan.uuid)
        return first


class TaskFlowActionContainer(base.BaseTaskFlowActionContainer):
    """An action whose plug-in comes from the engine's factory."""

    def __init__(self, db_action: objects.Action, engine: DefaultWorkFlowEngine) -> None:
        super().__init__(
            f"action_type:{db_action.action_type} uuid:{db_action.uuid}",
            db_action,
            engine,
            provides=db_action.uuid,
            requires=tuple(db_action.parents or ()),
        )
        self._action: actions_base.BaseAction | None = None

    @property
    def action(self) -> actions_base.BaseAction:
        """The plug-in with the parameters and the clients of the cloud.

        :raises LoadingError: there is no such type.
        """
        if self._action is None:
            self._action = self.engine.action_factory.make_action(
                self._db_action, osc=self.engine.osc
            )
            self._action.stop = self.engine.stop
            self._action.patience = self.engine.patience
        return self._action

    def do_pre_execute(self) -> None:
        """Check the parameters, then what the plug-in checks."""
        self._validate()
        self.action.patience.call(self.action.pre_condition)

    def do_execute(self, *_args: Any, **_kwargs: Any) -> bool:
        """Do the action.

        :raises ActionExecutionFailure: it did not return True, exactly.
        """
        if self.action.execute() is not True:
            raise exception.ActionExecutionFailure(action_id=self._db_action.uuid)
        return True

    def do_resume(self) -> bool | None:
        """Find out what became of it."""
        self._validate()
        return self.action.resume()

    def do_post_execute(self) -> None:
        """Let the plug-in check and clean up; there is nothing to do if it could not be made."""
        if self._action is not None:
            self._action.post_condition()

    def do_revert(self, *_args: Any, **_kwargs: Any) -> bool | None:
        """Restore the state from before the action."""
        return self.action.revert()

    def do_abort(self, *_args: Any, **_kwargs: Any) -> bool | None:
        """Abort a running action, if its plug-in can."""
        abort = getattr(self.action, "abort", None)
        return abort() if abort is not None and self.action.check_abort() else None

    def _validate(self) -> None:
        """Check the parameters; say which one is wrong.

        :raises WatcherException: beginning with the published word for it.
        """
        try:
            self.action.validate_parameters()
        except jsonschema.ValidationError as error:
            where = ".".join(str(part) for part in error.absolute_path)
            detail = f"{where}: {error.message}" if where else error.message
            raise exception.WatcherException(f"ValidationError: {detail}") from error


class TaskFlowNop(task.Task):
    """A task that does nothing (published name)."""

    def execute(self) -> None:
        """Do nothing."""
