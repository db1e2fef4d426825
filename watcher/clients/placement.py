# SPDX-License-Identifier: Apache-2.0
"""What is asked of Placement: how much each host has to offer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from keystoneauth1 import exceptions
from keystoneauth1.adapter import Adapter

from watcher.clients import rest
from watcher.common import exception


class PlacementError(exception.WatcherException):
    """Placement refused, or gave an answer that cannot be read."""

    msg_fmt = "Placement client error: %(reason)s"


class PlacementUnreachable(PlacementError):
    """Placement, or the connection to it, is down: a later attempt may work."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """How much of one resource class a host has and reserves, and how far it is overcommitted."""

    total: int
    reserved: int
    allocation_ratio: float


class PlacementClient:
    """Verbs on Placement. One object serves all threads."""

    def __init__(self, make_adapter: Callable[[], Adapter]) -> None:
        self._rest = rest.Rest(make_adapter)

    def inventories(self, provider_uuid: str) -> Mapping[str, Inventory] | None:
        """Return a host's inventories by resource class; empty if it is unknown there.

        :raises PlacementUnreachable: no connection.
        :raises PlacementError: any other failure.
        """
        try:
            answer = self._rest.call("GET", f"/resource_providers/{provider_uuid}/inventories")
            return {name: _inventory(row) for name, row in answer["inventories"].items()}
        except exceptions.NotFound:
            return None
        except rest.UNREACHABLE as error:
            raise PlacementUnreachable(reason=rest.reason_of(error)) from error
        except exceptions.ClientException as error:
            raise PlacementError(reason=rest.reason_of(error)) from error
        except (ValueError, KeyError, TypeError) as error:
            raise PlacementError(reason=f"unexpected answer: {error!r}") from error


def _inventory(row: dict[str, Any]) -> Inventory:
    return Inventory(
        total=int(row["total"]),
        reserved=int(row.get("reserved") or 0),
        allocation_ratio=float(row.get("allocation_ratio") or 1.0),
    )
