# SPDX-License-Identifier: Apache-2.0
"""The published tree of exceptions: class names, bases, HTTP status and arguments are a contract.

Other services on the bus rebuild these classes from their names, so a class must not move:
the module is as long as the tree. The texts are not published. A class says only what differs
from its base.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from oslo_config import cfg
from oslo_log import log

from watcher._i18n import _

LOG = log.getLogger(__name__)

_P = ParamSpec("_P")
_R = TypeVar("_R")


class WatcherException(Exception):
    """The base of all; ``code`` is the HTTP status, ``msg_fmt`` the template of the text.

    :param message: the whole text, instead of the template
    :param kwargs: values for the template; ``code`` among them replaces the class's status
    """

    msg_fmt = _("An unexpected error happened")
    code = 500

    def __init__(self, message: object = None, **kwargs: Any) -> None:
        self.kwargs = kwargs
        self.kwargs.setdefault("code", self.code)
        self.code = self.kwargs["code"]
        self.msg = self._fill_in() if not message else str(message)
        super().__init__(self.msg)

    def __str__(self) -> str:
        return self.msg

    def format_message(self) -> str:
        """Return the text for the user."""
        return self.msg

    def _fill_in(self) -> str:
        try:
            return str(self.msg_fmt % self.kwargs)
        except (KeyError, TypeError, ValueError):
            if cfg.CONF.fatal_exception_format_errors:
                raise
            LOG.exception("The text of %s could not be filled in", type(self).__name__)
            return str(self.msg_fmt)


def wrap_keystone_exception(func: Callable[_P, _R]) -> Callable[_P, _R]:
    """Turn a failed login during ``func`` into :class:`AuthorizationFailure`.

    Published helper for plug-ins. It checks the name of the error's module, so that this
    module needs no cloud library.
    """

    @functools.wraps(func)
    def wrapped(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return func(*args, **kwargs)
        except WatcherException:
            raise
        except Exception as error:
            if not type(error).__module__.startswith(("keystoneauth1.", "keystoneclient.")):
                raise
            client = type(args[0]).__name__ if args else func.__qualname__
            raise AuthorizationFailure(client=client, reason=error) from error

    return wrapped


# Families: one per HTTP status, and the two with a name and an id.


class UnsupportedError(WatcherException):
    msg_fmt = _("This is not supported")


class NotAuthorized(WatcherException):
    msg_fmt = _("The caller is not allowed to do this")
    code = 403


class NotAcceptable(WatcherException):
    msg_fmt = _("The request asks for an unsupported response format")
    code = 406


class Conflict(WatcherException):
    msg_fmt = _("The request conflicts with the current state")
    code = 409


class Invalid(WatcherException, ValueError):
    msg_fmt = _("The request has values that are not acceptable")
    code = 400


class ObjectNotFound(WatcherException):
    msg_fmt = _("There is no %(name)s %(id)s")


class ResourceNotFound(ObjectNotFound):
    msg_fmt = _("The %(name)s resource %(id)s could not be found")
    code = 404


class PolicyNotAuthorized(NotAuthorized):
    msg_fmt = _("Policy doesn't allow %(action)s to be performed.")


# Bad requests


class InvalidParameter(Invalid):
    msg_fmt = _("%(parameter)s must be of type %(parameter_type)s")


class MissingParameter(Invalid):
    msg_fmt = _("%(parameter)s must be given")


class InvalidIdentity(Invalid):
    msg_fmt = _("Expected a uuid or int but received %(identity)s")


class InvalidOperator(Invalid):
    msg_fmt = _("Unknown filter operator %(operator)s, known are: %(valid_operators)s")


class InvalidGoal(Invalid):
    msg_fmt = _("%(goal)s is not a usable goal")


class InvalidStrategy(Invalid):
    msg_fmt = _("%(strategy)s is not a usable strategy")


class InvalidAudit(Invalid):
    msg_fmt = _("%(audit)s is not a usable audit")


class InvalidActionPlan(Invalid):
    msg_fmt = _("%(action_plan)s is not a usable action plan")


class InvalidUUID(Invalid):
    msg_fmt = _("Expected a UUID but received %(uuid)s")


class InvalidName(Invalid):
    msg_fmt = _("Expected a name but received %(name)s")


class InvalidUuidOrName(Invalid):
    msg_fmt = _("Expected a name or UUID but received %(name)s")


class InvalidIntervalOrCron(Invalid):
    msg_fmt = _("Expected an interval in seconds or a cron expression but received %(name)s")


class InvalidPoolAttributeValue(Invalid):
    msg_fmt = _("Attribute %(attribute)s of storage pool %(name)s is not a number")


class PatchError(Invalid):
    msg_fmt = _("The patch %(patch)s cannot be applied: %(reason)s")


class DeleteError(Invalid):
    msg_fmt = _("A record in state %(state)s cannot be deleted")


class StartError(Invalid):
    msg_fmt = _("An action plan in state %(state)s cannot be started")


class NegativeLimitError(WatcherException):
    msg_fmt = _("Limit should be positive")


class ReservedWord(WatcherException):
    msg_fmt = _("%(name)s is a reserved word")


class IllegalArgumentException(WatcherException):
    msg_fmt = _("An argument is not acceptable")


class CronFormatIsInvalid(WatcherException):
    # Its published argument is called ``message``, so it is the whole text.
    msg_fmt = _("The cron expression is invalid")


class WildcardCharacterIsUsed(WatcherException):
    msg_fmt = _("A wildcard cannot be combined with other values of %(resource)s")


class DataModelTypeNotFound(ResourceNotFound):
    msg_fmt = _("There is no data model of type %(data_model_type)s")


class HTTPNotFound(ResourceNotFound):
    msg_fmt = _("There is no %(name)s %(id)s at this address")


# Records of the store


class GoalNotFound(ResourceNotFound):
    msg_fmt = _("Goal %(goal)s could not be found")


class GoalAlreadyExists(Conflict):
    msg_fmt = _("A goal with UUID or name %(uuid)s already exists")


class StrategyNotFound(ResourceNotFound):
    msg_fmt = _("Strategy %(strategy)s could not be found")


class StrategyAlreadyExists(Conflict):
    msg_fmt = _("A strategy with UUID or name %(uuid)s already exists")


class AuditTemplateNotFound(ResourceNotFound):
    msg_fmt = _("AuditTemplate %(audit_template)s could not be found")


class AuditTemplateAlreadyExists(Conflict):
    msg_fmt = _("An audit template with UUID or name %(audit_template)s already exists")


class AuditNotFound(ResourceNotFound):
    msg_fmt = _("Audit %(audit)s could not be found")


class AuditAlreadyExists(Conflict):
    msg_fmt = _("An audit with UUID or name %(audit)s already exists")


class AuditReferenced(Invalid):
    msg_fmt = _("Audit %(audit)s still has action plans")


class AuditTypeNotFound(Invalid):
    msg_fmt = _("There is no audit type %(audit_type)s")


class AuditTypeNotAllowed(Invalid):
    msg_fmt = _("An audit cannot be created with type %(audit_type)s")


class AuditStateNotAllowed(Invalid):
    msg_fmt = _("An audit cannot be given the state %(state)s here")


class AuditParameterNotAllowed(Invalid):
    msg_fmt = _("These parameters are not allowed: %(parameter)s")


class AuditIntervalNotSpecified(Invalid):
    msg_fmt = _("An audit of type %(audit_type)s needs an interval")


class AuditIntervalNotAllowed(Invalid):
    msg_fmt = _("An audit of type %(audit_type)s cannot have an interval")


class AuditStartEndTimeNotAllowed(Invalid):
    msg_fmt = _("An audit of type %(audit_type)s cannot have a start or end time")


class ActionPlanNotFound(ResourceNotFound):
    msg_fmt = _("ActionPlan %(action_plan)s could not be found")


class ActionPlanAlreadyExists(Conflict):
    msg_fmt = _("An action plan with UUID %(uuid)s already exists")


class ActionPlanReferenced(Invalid):
    msg_fmt = _("Action plan %(action_plan)s still has actions")


class ActionPlanIsOngoing(Conflict):
    msg_fmt = _("Action plan %(action_plan)s is being executed")


class ActionNotFound(ResourceNotFound):
    msg_fmt = _("Action %(action)s could not be found")


class ActionAlreadyExists(Conflict):
    msg_fmt = _("An action with UUID %(uuid)s already exists")


class ActionReferenced(Invalid):
    msg_fmt = _("The action is in use by action plan %(action_plan)s")


class ActionFilterCombinationProhibited(Invalid):
    msg_fmt = _("Actions can be filtered by audit or by action plan, not by both")


class ActionDescriptionNotFound(ResourceNotFound):
    msg_fmt = _("Action description %(action_id)s could not be found")


class ActionDescriptionAlreadyExists(Conflict):
    msg_fmt = _("A description of action type %(action_type)s already exists")


class EfficacyIndicatorNotFound(ResourceNotFound):
    msg_fmt = _("Efficacy indicator %(efficacy_indicator)s could not be found")


class EfficacyIndicatorAlreadyExists(Conflict):
    msg_fmt = _("An efficacy indicator with UUID %(uuid)s already exists")


class ScoringEngineNotFound(ResourceNotFound):
    msg_fmt = _("Scoring engine %(scoring_engine)s could not be found")


class ScoringEngineAlreadyExists(Conflict):
    msg_fmt = _("A scoring engine with UUID or name %(uuid)s already exists")


class ServiceNotFound(ResourceNotFound):
    msg_fmt = _("Service %(service)s could not be found")


class ServiceAlreadyExists(Conflict):
    msg_fmt = _("Service %(name)s on host %(host)s already exists")


class NotSoftDeletedStateError(WatcherException):
    msg_fmt = _("The %(name)s resource %(id)s is not soft deleted")


class EagerlyLoadedAuditRequired(InvalidAudit):
    msg_fmt = _("The relations of audit %(audit)s must be loaded with it")


class EagerlyLoadedActionPlanRequired(InvalidActionPlan):
    msg_fmt = _("The relations of action plan %(action_plan)s must be loaded with it")


class EagerlyLoadedActionRequired(InvalidActionPlan):
    msg_fmt = _("The relations of action %(action)s must be loaded with it")


class NotificationPayloadError(WatcherException):
    msg_fmt = _("The payload %(class_name)s of a notification has not been filled in")


# Audits, strategies and their solution


class LoadingError(WatcherException):
    msg_fmt = _("Error loading plugin '%(name)s'")


class AuditCancelled(WatcherException):
    msg_fmt = _("Audit %(uuid)s was cancelled")


class NoAvailableStrategyForGoal(WatcherException):
    msg_fmt = _("There is no strategy for goal %(goal)s")


class InvalidIndicatorValue(WatcherException):
    msg_fmt = _("The value %(value)s of indicator %(name)s is not of type %(spec_type)s")


class GlobalEfficacyComputationError(WatcherException):
    msg_fmt = _(
        "The global efficacy of strategy %(strategy)s for goal %(goal)s could not be computed"
    )


class UnsupportedActionType(UnsupportedError):
    msg_fmt = _("There is no action type %(action_type)s")


# Action plans and actions


class WorkflowExecutionException(WatcherException):
    msg_fmt = _("The workflow could not be executed: %(error)s")


class ActionPlanCancelled(WatcherException):
    msg_fmt = _("Action plan %(uuid)s was cancelled")


class ActionExecutionFailure(WatcherException):
    msg_fmt = _("The action %(action_id)s execution failed.")


class ActionSkipped(WatcherException):
    msg_fmt = _("There was nothing to do for the action")


class LiveMigrationFailed(WatcherException):
    msg_fmt = _("The live migration of server %(name)s failed and could not be aborted")


# Model of the cloud


class ClusterStateNotDefined(WatcherException):
    msg_fmt = _("The model of the cloud has not been built yet")


class ClusterStateStale(WatcherException):
    msg_fmt = _("The model of the cloud is out of date")


class ClusterDataModelCollectionError(WatcherException):
    msg_fmt = _("The data model %(cdm)s could not be built")


class ComputeResourceNotFound(WatcherException):
    msg_fmt = _("The compute resource '%(name)s' could not be found")


class ComputeNodeNotFound(ComputeResourceNotFound):
    msg_fmt = _("The compute node %(name)s could not be found")


class InstanceNotFound(ComputeResourceNotFound):
    msg_fmt = _("The instance '%(name)s' could not be found")


class InstanceNotMapped(ComputeResourceNotFound):
    msg_fmt = _("No compute node is known for the instance %(uuid)s")


class StorageResourceNotFound(WatcherException):
    msg_fmt = _("The storage resource '%(name)s' could not be found")


class StorageNodeNotFound(StorageResourceNotFound):
    msg_fmt = _("The storage node %(name)s could not be found")


class PoolNotFound(StorageResourceNotFound):
    msg_fmt = _("The storage pool %(name)s could not be found")


class VolumeNotFound(StorageResourceNotFound):
    msg_fmt = _("The volume %(name)s could not be found")


class VolumeTypeNotFound(StorageResourceNotFound):
    msg_fmt = _("The volume type %(name)s could not be found")


class VolumeNotReachedStatus(StorageResourceNotFound):
    msg_fmt = _("The volume %(name)s did not reach status %(status)s")


class BaremetalResourceNotFound(WatcherException):
    msg_fmt = _("The bare metal resource %(name)s could not be found")


class IronicNodeNotFound(BaremetalResourceNotFound):
    msg_fmt = _("The Ironic node %(uuid)s could not be found")


# Other services


class AuthorizationFailure(WatcherException):
    msg_fmt = _("%(client)s could not log in: %(reason)s")


class NovaClientError(WatcherException):
    msg_fmt = _("Nova client error: %(reason)s")


class CinderClientError(WatcherException):
    msg_fmt = _("Cinder client error: %(reason)s")


# Metrics


class MetricNotAvailable(WatcherException):
    msg_fmt = _("The metric %(metric)s is not available")


class NoDatasourceAvailable(WatcherException):
    msg_fmt = _("No datasource is configured")


class NoSuchMetricForHost(WatcherException):
    msg_fmt = _("There is no metric %(metric)s for host %(host)s")


class DataSourceNotAvailable(WatcherException):
    msg_fmt = _("The datasource %(datasource)s is not available")


class DataSourceConfigConflict(UnsupportedError):
    msg_fmt = _(
        "The datasources %(datasource_one)s and %(datasource_two)s cannot be enabled together"
    )


class UnsupportedDataSource(UnsupportedError):
    msg_fmt = _("Strategy %(strategy)s cannot use the datasource %(datasource)s")
