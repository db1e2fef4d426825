# SPDX-License-Identifier: Apache-2.0
"""The root document: which versions of the API there are."""

from __future__ import annotations

from typing import Any

import pecan
from wsme.types import Base

from watcher.api import negotiation
from watcher.api.controllers import v1
from watcher.api.expose import Answer, Call, Endpoint, agree_on_format, expose
from watcher.api.microversion import MAXIMUM, MINIMUM
from watcher.api.resource import Link, wsme_type

NAME = "OpenStack Watcher API"
DESCRIPTION = "Optimisation of OpenStack clouds: goals, audits, action plans."

Version: type[Base] = wsme_type(
    "api_version",
    {"id": str, "status": str, "min_version": str, "max_version": str, "links": [Link]},
)
Root: type[Base] = wsme_type(
    "api_root",
    {"name": str, "description": str, "versions": [Version], "default_version": Version},
)


def _show(call: Call) -> Answer:
    version = {
        "id": "v1",
        "status": "CURRENT",
        "max_version": str(MAXIMUM),
        "min_version": str(MINIMUM),
        "links": [{"href": f"{call.base_url}/v1/", "rel": "self"}],
    }
    return Answer(
        {
            "name": NAME,
            "description": DESCRIPTION,
            "versions": [version],
            "default_version": version,
        },
        Root,
    )


class RootController:
    """``/``; a first path element that is not a version is taken as a path below ``/v1``."""

    def __init__(self) -> None:
        self._root = Endpoint({"GET": expose(_show)})

    @pecan.expose()
    def _route(self, args: list[str], request: Any = None) -> Any:
        path, request.environ[negotiation.SUFFIX_KEY] = negotiation.cut_suffix(args)
        if not path or not path[0]:
            found = self._root.route(path, request)
        else:
            found = v1.route(path[1:] if path[0] == "v1" else path, request)
        agree_on_format(request)
        return found
