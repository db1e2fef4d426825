# SPDX-License-Identifier: Apache-2.0
"""The published base of actions.

An action is small, idempotent and safe to be called again after a crash. It never writes to the
database: the workflow engine owns states and notifications.
"""

from __future__ import annotations

import abc
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import jsonschema
from oslo_log import log

from watcher._i18n import _
from watcher.clients import bundle, nova, retry
from watcher.common.loader import loadable
from watcher.common.utils import Struct

if TYPE_CHECKING:
    from oslo_config import cfg


T = TypeVar("T")

LOG = log.getLogger(__name__)

#: How long Nova may be away before an action that has not begun is given up, in seconds.
AWAY_S: float = 60.0
AWAY_INTERVAL_S: float = 2.0


class Interrupted(Exception):
    """The daemon stops before the outcome of the action is known; it is not a failure."""


class StopRequest:
    """The two stages in which a daemon asks its running actions to end.

    ``draining``: start nothing new, abandon what can simply be done again; ``expired``: the
    time for a graceful stop is over, abandon everything.
    """

    def __init__(self) -> None:
        self.draining = threading.Event()
        self.expired = threading.Event()


class Patience:
    """How long the actions of a plan wait, together, for a Nova that is away.

    The time runs from the first request that failed until one is answered, whichever
    action made it. So a restart of Nova delays a plan, and a Nova that stays away costs it
    that time once, not once per action. An object serves all threads.
    """

    def __init__(self, stop: StopRequest, clock: retry.Clock = time.monotonic) -> None:
        self._stop = stop
        self._clock = clock
        self._away_since: float | None = None

    def call(self, call: Callable[[], T]) -> T:
        """Call until Nova can be reached; the call's own result or error goes to the caller.

        A change that may have reached Nova (``NovaUnanswered``) is not requested again.

        :raises NovaUnreachable: the time is over.
        :raises Interrupted: the daemon stops.
        """
        while True:
            try:
                found = call()
            except nova.NovaUnanswered:
                raise
            except nova.NovaUnreachable as error:
                self._wait(error)
            except Exception as error:
                # A call that waits itself may report in its own way that Nova is away.
                if not isinstance(error.__cause__, nova.NovaUnreachable):
                    self._away_since = None
                raise
            else:
                self._away_since = None
                return found

    def _wait(self, error: nova.NovaUnreachable) -> None:
        now = self._clock()
        since = self._away_since  # another thread may hear from Nova meanwhile
        if since is None:
            since = self._away_since = now
        if now - since >= AWAY_S:
            raise error
        LOG.warning("Waiting for Nova: %s", error)
        if self._stop.draining.wait(AWAY_INTERVAL_S):
            raise Interrupted(_("the applier stops while Nova is away")) from error


class BaseAction(loadable.Loadable, abc.ABC):
    """One change to the cloud.

    The hooks are called in the order ``pre_condition`` (raise ``ActionSkipped`` when there is
    nothing to do, anything else when it would be wrong), ``execute`` (True, exactly, when the
    outcome was observed), ``post_condition`` (also after a failure).
    """

    #: Name under which the id of the resource is found among the parameters.
    RESOURCE_ID = "resource_id"

    #: Published names of actions that can always be aborted; kept for plug-ins that read it.
    ABORT_TRUE: ClassVar[list[str]] = ["Sleep", "Nop"]

    #: Whether ``abort`` can end a running ``execute``.
    abortable: ClassVar[bool] = False

    def __init__(self, config: Struct, osc: bundle.OpenStackClients | None = None):
        """Take the options of the plug-in and, if there are any yet, the cloud's clients."""
        super().__init__(config)
        self._input_parameters: dict[str, Any] = {}
        self._osc = osc
        self.stop = StopRequest()
        self.patience = Patience(self.stop)

    @property
    def osc(self) -> bundle.OpenStackClients:
        """The clients of the cloud, made when first asked for."""
        if self._osc is None:
            self._osc = bundle.OpenStackClients()
        return self._osc

    @property
    def input_parameters(self) -> dict[str, Any]:
        """The parameters of the action as the strategy gave them."""
        return self._input_parameters

    @input_parameters.setter
    def input_parameters(self, values: dict[str, Any]) -> None:
        self._input_parameters = values

    @property
    def resource_id(self) -> str:
        """The id of the resource that the action works on.

        :raises KeyError: the action has none.
        """
        return str(self.input_parameters[self.RESOURCE_ID])

    @classmethod
    def get_config_opts(cls) -> list[cfg.Opt]:
        """Return the options of the plug-in."""
        return []

    @property
    @abc.abstractmethod
    def schema(self) -> dict[str, Any]:
        """The JSON schema (Draft 4) of the parameters."""

    @abc.abstractmethod
    def get_description(self) -> str:
        """Return a sentence about the type of action; must work without parameters."""

    @abc.abstractmethod
    def pre_condition(self) -> None:
        """Check that the action may and must be done; change nothing."""

    @abc.abstractmethod
    def execute(self) -> bool | None:
        """Do it and return True once the outcome was observed."""

    @abc.abstractmethod
    def post_condition(self) -> None:
        """Check the result and clean up; called after a failure, too."""

    @abc.abstractmethod
    def revert(self) -> bool | None:
        """Restore the state from before ``execute``."""

    def resume(self) -> bool | None:
        """Find out what became of an ``execute`` whose process died.

        Return True if it has happened, False if it has failed for good, and None if nothing
        of it happened or doing it again is harmless (the default: actions are idempotent).
        """
        return None

    def validate_parameters(self) -> bool:
        """Check the parameters against the schema.

        :raises jsonschema.ValidationError: naming the parameter.
        """
        jsonschema.validate(self.input_parameters, self.schema, cls=jsonschema.Draft4Validator)
        return True

    def check_abort(self) -> bool:
        """Say whether ``abort`` can end this action while it runs."""
        return self.abortable or type(self).__name__ in self.ABORT_TRUE
