# SPDX-License-Identifier: Apache-2.0
"""The data model: what the decision engine knows about the cluster, as flat records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watcher.api import errors
from watcher.api.controller import ROUTES, Route
from watcher.api.expose import Answer, Call, Endpoint, expose
from watcher.api.kinds import Boolean, Integer, Json, Number, Object, Text, TextType, Uuid, UuidType
from watcher.api.microversion import V, Version
from watcher.api.resource import Field, wsme_type
from watcher.common import exception, policy
from watcher.db import models, queries
from watcher.db import session as db
from watcher.rpc import calls

DATA_MODEL_SINCE = V(1, 3)
_TEXT_OR_NULL = Text.described(type=["string", "null"])

_V6 = V(1, 6)

#: What a record shows, and since when; decision engines send more than that.
FIELDS: dict[str, Field] = {
    "node_uuid": Field(Uuid, "The uuid of the compute node."),
    "node_hostname": Field(Text, "Its host name.", example="host-001"),
    "node_status": Field(Text, "Whether it takes servers: enabled or disabled."),
    "node_disabled_reason": Field(_TEXT_OR_NULL, "Why it was disabled; null: it was not."),
    "node_state": Field(Text, "Whether its service runs: up or down."),
    "node_memory": Field(Integer, "Its memory, in MiB."),
    "node_memory_mb_reserved": Field(Integer, "Memory not available to servers, in MiB."),
    "node_disk": Field(Integer, "Its disk, in GiB."),
    "node_disk_gb_reserved": Field(Integer, "Disk not available to servers, in GiB."),
    "node_vcpus": Field(Integer, "Its virtual CPUs."),
    "node_vcpu_reserved": Field(Integer, "Virtual CPUs not available to servers."),
    "node_memory_ratio": Field(Number, "How many times its memory may be allocated."),
    "node_vcpu_ratio": Field(Number, "How many times its virtual CPUs may be allocated."),
    "node_disk_ratio": Field(Number, "How many times its disk may be allocated."),
    "server_uuid": Field(Uuid, "The uuid of the server; absent where a node has none."),
    "server_watcher_exclude": Field(Boolean, "Whether the scope forbids moving it."),
    "server_name": Field(Text, "Its name.", example="vm-one"),
    "server_state": Field(Text, "Its state in Nova.", example="active"),
    "server_memory": Field(Integer, "Its memory, in MiB."),
    "server_disk": Field(Integer, "Its disk, in whole GiB."),
    "server_vcpus": Field(Integer, "Its virtual CPUs."),
    "server_metadata": Field(Object, "Its metadata in Nova."),
    "server_project_id": Field(Text, "The project that it belongs to."),
    "server_locked": Field(Boolean, "Whether it is locked in Nova."),
    "server_pinned_az": Field(Text, "The availability zone requested for it.", since=_V6),
    "server_flavor_extra_specs": Field(Object, "The extra specs of its flavor.", since=_V6),
}
_RULE = "data_model:get_all"
_TYPES = ("compute",)
_ARGUMENTS = {
    "data_model_type": TextType(),
    "audit_uuid": UuidType(),
    "type": TextType(),
    "audit": UuidType(),
}

DataModel = wsme_type("data_model", {"context": [Json.wsme]})


def _show(call: Call) -> Answer:
    if call.version < DATA_MODEL_SINCE:
        raise exception.NotAcceptable(
            message=f"The data model needs API version {DATA_MODEL_SINCE} or later"
        )
    kind = _given(call, "data_model_type", "type")
    kind = "compute" if kind is None else kind
    audit_uuid = _given(call, "audit_uuid", "audit")
    if kind not in _TYPES:
        raise exception.DataModelTypeNotFound(data_model_type=kind)
    policy.enforce(call.context, _RULE)
    if audit_uuid is not None:
        _check_audit(audit_uuid)
    try:
        model = calls.get_data_model_info(call.context, kind, audit_uuid)
    except exception.WildcardCharacterIsUsed as error:  # in the scope of that audit
        raise errors.BadRequest(str(error)) from error
    shown = [name for name, each in FIELDS.items() if call.version >= each.since]
    records: list[dict[str, Any]] = [
        {name: record[name] for name in shown if name in record}
        for record in model.get("context", [])
    ]
    return Answer({"context": records}, DataModel)


def _given(call: Call, name: str, other: str) -> str | None:
    """Return an argument by the name that clients send or by that of the published reference.

    :raises BadRequest: when both are given, and differ.
    """
    found: list[str] = [call.query[each] for each in (name, other) if each in call.query]
    if len(set(found)) > 1:
        raise errors.BadRequest(
            f"{other} and {name} are the same argument, but differ: {other}={found[1]}, "
            f"{name}={found[0]}; give only one of them"
        )
    return found[0] if found else None


def _check_audit(uuid: str) -> None:
    """Refuse an unknown audit; with 400, as published."""
    with db.read() as session:
        try:
            queries.fetch_one(session, models.Audit, ("id",), uuid=uuid)
        except exception.ResourceNotFound as error:
            raise errors.BadRequest(str(error)) from error


def _describe(version: Version) -> Mapping[str, Any]:
    shown = {name: each for name, each in FIELDS.items() if version >= each.since}
    record = {
        "type": "object",
        "required": [name for name in shown if name.startswith("node_")],
        "properties": {
            name: {**each.kind.schema, "description": each.doc} for name, each in shown.items()
        },
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "required": ["context"],
        "properties": {"context": {"type": "array", "items": record}},
        "additionalProperties": False,
    }


ROUTES.append(
    Route(
        "GET",
        "/v1/data_model",
        _RULE,
        "Show the model of the cluster.",
        since=DATA_MODEL_SINCE,
        arguments=_ARGUMENTS,
        answer=_describe,
    )
)


DataModelController = Endpoint({"GET": expose(_show, arguments=_ARGUMENTS)})
