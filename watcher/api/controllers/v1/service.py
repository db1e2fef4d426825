# SPDX-License-Identifier: Apache-2.0
"""Services: the daemons that have written a heartbeat. Read-only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from watcher.api.controller import Hooks, controller
from watcher.api.kinds import Integer, Moment, Text
from watcher.api.resource import FULL, TIMESTAMPS, Extras, Field, Resource
from watcher.conf import CONF
from watcher.db import models, queries
from watcher.domain.states import ServiceStatus

_BEATS = ("last_seen_up", "updated_at", "created_at")

SERVICE = Resource(
    name="service",
    plural="services",
    model=models.Service,
    doc="A daemon on a host.",
    key="id",
    marker=int,
    named=True,
    needs=_BEATS,
    fields={
        "id": Field(Integer, "The number of the service."),
        "name": Field(Text, "The name of the daemon.", example="watcher-applier"),
        "host": Field(Text, "The host it runs on.", example="controller-1"),
        "status": Field(
            Text.described(enum=[str(status) for status in ServiceStatus]),
            "ACTIVE while its heartbeat is recent enough, else FAILED.",
            source=None,
            nullable=False,
            example="ACTIVE",
        ),
        "last_seen_up": Field(Moment, "Its last heartbeat, in UTC.", show=FULL),
        **TIMESTAMPS,
    },
)


class Services(Hooks):
    """The status is computed from the age of the last heartbeat, by the database's clock."""

    def extras(self, session: Session, rows: Sequence[Any]) -> Extras:
        """Return the status of each row."""
        now = queries.utc_now(session)
        places = [SERVICE_PATHS.index(name) for name in _BEATS]
        statuses = []
        for row in rows:
            seen = next((row[place] for place in places if row[place] is not None), None)
            age_s = abs((now - seen).total_seconds()) if seen else float("inf")
            alive = age_s <= CONF.service_down_time
            statuses.append(str(ServiceStatus.ACTIVE if alive else ServiceStatus.FAILED))
        return {"status": statuses}


#: Every shape begins with these columns.
SERVICE_PATHS = SERVICE.first_paths

ServicesController = controller(SERVICE, Services)
Service, ServiceCollection = SERVICE.view, SERVICE.collection
