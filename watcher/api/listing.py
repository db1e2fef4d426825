# SPDX-License-Identifier: Apache-2.0
"""Lists: from query arguments to one page of rows, and the address of the next page."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oslo_utils import uuidutils

from watcher.api import errors
from watcher.api.kinds import TextType, UuidType
from watcher.api.resource import Resource
from watcher.conf import CONF
from watcher.db import repository
from watcher.db.filtering import OFFERED

_DIRECTIONS = ("asc", "desc")


def arguments(resource: Resource) -> dict[str, Any]:
    """Return the query arguments of a resource's lists: name -> WSME type."""
    return {
        "marker": resource.marker,
        "limit": int,
        "sort_key": TextType(),
        "sort_dir": TextType(),
        **{
            name: TextType() if each.reference else UuidType()
            for name, each in resource.filters.items()
        },
    }


@dataclass(frozen=True, slots=True)
class Page:
    """What is asked for, checked."""

    limit: int
    sort_key: str
    sort_dir: str
    marker: Any
    filters: Mapping[str, str]
    where: Mapping[str, Any]


def read_page(resource: Resource, query: Mapping[str, Any]) -> Page:
    """Check the values of a list's arguments.

    :raises BadRequest: for a limit, a key or a direction that does not exist.
    """
    sort_key = query.get("sort_key", "id")
    if sort_key not in resource.sort_paths:
        raise errors.BadRequest(f"The sort_key value '{sort_key}' is not a valid sort key")
    sort_dir = query.get("sort_dir", "asc")
    if sort_dir not in _DIRECTIONS:
        raise errors.BadRequest(
            f"Invalid sort direction: {sort_dir}. Acceptable values are 'asc' or 'desc'"
        )
    filters = {name: query[name] for name in resource.filters if query.get(name)}
    return Page(
        limit=_limit(query.get("limit")),
        sort_key=sort_key,
        sort_dir=sort_dir,
        marker=_marker(resource, query.get("marker")),
        filters=filters,
        where=_where(resource, filters),
    )


def _marker(resource: Resource, marker: Any) -> Any:
    """Return the key of the row before the page; names are never found (published)."""
    if resource.key == "uuid" and marker is not None and not uuidutils.is_uuid_like(marker):
        raise repository.not_found(resource.model, marker)
    return marker


def _limit(asked: int | None) -> int:
    """Return the rows of a page; ``max_limit = 0`` means that requests may ask for any number."""
    largest: int = CONF.api.max_limit
    if asked is None:
        return largest if largest > 0 else 1000
    if asked <= 0:
        raise errors.BadRequest(f"Limit must be positive, got {asked}")
    asked = min(asked, 2**31 - 1)
    return min(asked, largest) if largest > 0 else asked


def _where(resource: Resource, filters: Mapping[str, str]) -> dict[str, Any]:
    """Return the conditions: path -> value.

    Published, and so kept: next to a goal, a strategy is looked for among those of the goal, so
    that all rows for that goal are found, also those without a strategy.
    """
    where: dict[str, Any] = {}
    for name, text in filters.items():
        declared = resource.filters[name]
        path = OFFERED if name == "strategy" and "goal" in filters else declared.path
        if declared.reference:
            path += ".uuid" if uuidutils.is_uuid_like(text) else ".name"
        where[path] = text
    return where


def next_link(resource: Resource, page: Page, base_url: str, *, detail: bool, last: Any) -> str:
    """Return the address of the page after the row with key ``last``; filters stay in it."""
    place = f"{base_url}/v1/{resource.plural}{'/detail' if detail else ''}"
    arguments = {
        "sort_key": page.sort_key,
        "sort_dir": page.sort_dir,
        "limit": page.limit,
        "marker": last,
        **page.filters,
    }
    return f"{place}?{urllib.parse.urlencode(arguments)}"
