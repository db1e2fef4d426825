# SPDX-License-Identifier: Apache-2.0
"""Tells the daemons that a row waits for them.

The row is the truth; a message only saves them the wait for their next sweep. So nothing here
blocks or fails because of the bus, and a message that is lost or doubled does no harm.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import oslo_messaging
from oslo_config import cfg
from oslo_utils import uuidutils

from watcher.common import exception
from watcher.common.context import RequestContext
from watcher.rpc import outbox, serializer, transport

API_VERSION = "1.0"


@dataclasses.dataclass(frozen=True, slots=True)
class _Ring:
    context: RequestContext
    topic: str
    method: str
    arguments: dict[str, Any]


def trigger_audit(context: RequestContext, audit_uuid: str) -> None:
    """Tell the decision engines that an audit waits.

    :raises InvalidUuidOrName: if this is not a UUID; nothing else is raised
    """
    _ring(
        context,
        cfg.CONF.watcher_decision_engine.conductor_topic,
        "trigger_audit",
        audit_uuid=audit_uuid,
    )


def launch_action_plan(context: RequestContext, action_plan_uuid: str) -> None:
    """Tell the appliers that an action plan waits.

    :raises InvalidUuidOrName: if this is not a UUID; nothing else is raised
    """
    _ring(
        context,
        cfg.CONF.watcher_applier.conductor_topic,
        "launch_action_plan",
        action_plan_uuid=action_plan_uuid,
    )


def flush(timeout_s: float) -> bool:
    """Wait until the doorbells that were rung are sent; false when some are not."""
    return _outbox.flush(timeout_s)


def stop(timeout_s: float = 2.0) -> None:
    """Send what can be sent in time and end the sender."""
    _outbox.stop(timeout_s)


def _ring(context: RequestContext, topic: str, method: str, **arguments: str) -> None:
    for value in arguments.values():
        if not uuidutils.is_uuid_like(value):
            raise exception.InvalidUuidOrName(name=value)
    _outbox.put(_Ring(context, topic, method, dict(arguments)))


def _send(ring: _Ring) -> None:
    client = oslo_messaging.get_rpc_client(
        transport.get_transport(),
        oslo_messaging.Target(topic=ring.topic, version=API_VERSION),
        serializer=serializer.plain_json(),
        retry=transport.connection_retries(),
    )
    client.cast(ring.context, ring.method, **ring.arguments)


_outbox: outbox.Outbox[_Ring] = outbox.Outbox(
    "watcher-doorbell",
    _send,
    is_reachable=transport.is_reachable,
    capacity=1000,
    patience_s=300.0,
)
