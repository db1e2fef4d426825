# SPDX-License-Identifier: Apache-2.0
"""What a strategy proposes: one action, before it becomes part of a solution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Step:
    """One proposed action.

    :param resource_id: of what the action works on; None where there is nothing.
    """

    action_type: str
    input_parameters: Mapping[str, object] = field(default_factory=dict)
    resource_id: str | None = None


def migrate(
    *,
    server_uuid: str,
    server_name: str,
    live: bool,
    source: str,
    destination: str | None = None,
) -> Step:
    """Return the step that moves a server.

    :param source: name of the host it leaves.
    :param destination: name of the host that gets it; None lets the scheduler choose.
    """
    parameters = {
        "migration_type": "live" if live else "cold",
        "source_node": source,
        "resource_name": server_name,
    }
    if destination is not None:
        parameters["destination_node"] = destination
    return Step("migrate", parameters, server_uuid)


def enable_host(host_uuid: str, hostname: str) -> Step:
    """Return the step that lets the scheduler use a host again."""
    return Step(
        "change_nova_service_state", {"state": "enabled", "resource_name": hostname}, host_uuid
    )


def disable_host(host_uuid: str, hostname: str, reason: str) -> Step:
    """Return the step that keeps the scheduler away from a host."""
    return Step(
        "change_nova_service_state",
        {"state": "disabled", "disabled_reason": reason, "resource_name": hostname},
        host_uuid,
    )
