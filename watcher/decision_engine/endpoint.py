# SPDX-License-Identifier: Apache-2.0
"""The RPC methods of the decision engine (version 1.0, no namespace)."""

from __future__ import annotations

from typing import Any

from oslo_log import log
from oslo_utils import strutils, uuidutils

from watcher.common import exception
from watcher.common.context import RequestContext, make_admin_context
from watcher.db import models, repository
from watcher.db import session as db
from watcher.decision_engine.audit.dispatcher import AuditDispatcher
from watcher.decision_engine.model import data_model
from watcher.decision_engine.model.store import SnapshotStore
from watcher.decision_engine.strategy import requirements
from watcher.domain import scope
from watcher.lifecycle import audits

LOG = log.getLogger(__name__)

COMPUTE = "compute"


class DecisionEngineEndpoint:
    """What the API and other services may ask."""

    def __init__(self, dispatcher: AuditDispatcher, compute: SnapshotStore) -> None:
        self._dispatcher = dispatcher
        self._compute = compute

    def trigger_audit(self, context: RequestContext, audit_uuid: str) -> str:
        """Hand an audit to the pool.

        The run belongs to the service, not to the caller, so it has a context of its own.
        """
        LOG.debug("Asked to run audit %s", audit_uuid)
        told = not audits.is_marked(context, audit_uuid)
        self._dispatcher.trigger(make_admin_context(), audit_uuid, told=told)
        return audit_uuid

    def get_strategy_info(
        self,
        context: RequestContext,  # noqa: ARG002 - wire signature
        strategy_name: str,
    ) -> list[dict[str, Any]]:
        """Return whether what a strategy needs is there: datasource, metrics, models.

        :raises LoadingError: there is no such strategy.
        """
        return requirements.requirements(
            strategy_name, {"compute_model": lambda: self._compute.latest}
        )

    def get_data_model_info(
        self,
        context: RequestContext,  # noqa: ARG002 - wire signature
        data_model_type: str = COMPUTE,
        audit: str | None = None,
    ) -> dict[str, Any]:
        """Return the model as flat records, within the scope of an audit if one is named.

        A model that was never read, or cannot be read now, is an empty list.

        :raises InvalidIdentity: there is no such audit.
        :raises DataModelTypeNotFound: that kind of model has no flat form.
        """
        if data_model_type != COMPUTE:
            raise exception.DataModelTypeNotFound(data_model_type=data_model_type)
        audit_scope = [] if audit is None else _scope_of(audit)
        try:
            snapshot = self._compute.get()
        except exception.ClusterDataModelCollectionError as error:
            LOG.warning("There is no model to show: %s", error)
            return {"context": []}
        return {"context": data_model.flat_list(scope.apply(snapshot, audit_scope))}


@db.retried
def _scope_of(ident: str) -> object:
    """Return the scope of an audit by uuid, id or name."""
    by: dict[str, Any] = {"name": ident}
    if uuidutils.is_uuid_like(ident):
        by = {"uuid": ident}
    elif strutils.is_int_like(ident):
        by = {"id": int(ident)}
    with db.read() as session:
        try:
            return repository.get(session, models.Audit, **by).scope or []
        except exception.AuditNotFound as error:
            raise exception.InvalidIdentity(identity=ident) from error
