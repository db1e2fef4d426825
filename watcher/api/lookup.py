# SPDX-License-Identifier: Apache-2.0
"""Which item a path names: by its number, its uuid or its name, with or without a suffix."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

import webob.exc
from oslo_utils import uuidutils

from watcher.api.expose import Call
from watcher.api.resource import Resource
from watcher.common import exception
from watcher.db import repository

_LARGEST_ID: Final = 2**31 - 1

#: As Python writes a number: 007 and -0 are names.
_WHOLE_NUMBER = re.compile(r"0|-?[1-9][0-9]*")


def identify(resource: Resource, text: str) -> dict[str, Any]:
    """Tell whether a path element is an id, a uuid or a name.

    Published: items without a name are found by their uuid only, not by their id.

    :raises InvalidUUID: (400) when it is not a uuid, and items have nothing else.
    """
    if resource.key == "uuid" and not resource.named and not uuidutils.is_uuid_like(text):
        raise exception.InvalidUUID(uuid=text)
    if _WHOLE_NUMBER.fullmatch(text):
        number = int(text) if len(text) < 20 else -1
        if not 0 <= number <= _LARGEST_ID:
            raise repository.not_found(resource.model, text)
        return {"id": number}
    if "\x00" in text:
        raise repository.not_found(resource.model, repr(text))
    if uuidutils.is_uuid_like(text):
        if resource.key != "uuid":
            raise repository.not_found(resource.model, text)
        return {"uuid": text}
    return {"name": text}


#: Published: a page that does not exist is answered as an unknown path is.
_PAGE = ".html"

_T = TypeVar("_T")


def find(resource: Resource, call: Call, fetch: Callable[[dict[str, Any]], _T]) -> _T:
    """Find the item that a path names; a name that ends in a suffix is tried in full first.

    :raises ResourceNotFound: when there is none.
    :raises InvalidIdentity: (400) when it can only be a name, and items have none.
    """
    text = call.path[0]
    if resource.named and (full_name := call.full_name):
        with contextlib.suppress(exception.ResourceNotFound):
            found = fetch(identify(resource, full_name))
            call.take_suffix_as_name()
            return found
    try:
        return fetch(identify(resource, text))
    except (exception.ResourceNotFound, exception.InvalidIdentity) as error:
        if text.endswith(_PAGE):
            raise webob.exc.HTTPNotFound(str(error)) from error
        raise
