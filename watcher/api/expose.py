# SPDX-License-Identifier: Apache-2.0
"""Where pecan and WSME meet the handlers; the only module that knows their pitfalls.

A handler gets a :class:`Call` and returns an :class:`Answer`.  What is known here and nowhere else:

- pecan takes query and body members for path arguments when their names match.  So an exposed
  method has the bare signature ``(self, *path)``, and arguments are read here;
- pecan's own REST routing looks path elements up as attributes of the controller (an item named
  like an attribute is hidden) and inspects a signature a dozen times a request.  The
  controllers are :class:`Endpoint` objects, which route by a table;
- pecan parses JSON bodies to look for path arguments, and fails with 500 on some; with
  :class:`ApiRequest` it finds none;
- pecan guesses content types from suffixes by the machine's own table, and has its own reading of
  ``Accept``; :func:`agree_on_format` decides first;
- pecan inspects a signature twice a request, which took a tenth of its time; here it does so once;
- WSME's own ``get_args`` fails with 500 on JSON of the wrong shape, so bodies are checked first.
"""

from __future__ import annotations

import functools
import json
import re
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pecan
import pecan.core
import pecan.routing
import pecan.util
import webob.exc
import webob.multidict
import wsme.exc
import wsme.rest.args
import wsme.rest.json
import wsme.rest.xml

from watcher.api import errors, negotiation, rendering
from watcher.api.caller import context_of
from watcher.api.microversion import Version
from watcher.common.context import RequestContext

#: Values of a query argument: name -> WSME type.
Arguments = Mapping[str, Any]

_FORMS = ("", "application/x-www-form-urlencoded", "multipart/form-data")
_NUMBER = re.compile(r"-?[0-9]+")

#: Of a form in a body only this much is quoted; nothing reads it.
_SHOWN_BYTES = 200

_VERSION_KEY = "watcher.api.version"

# The signatures never change, and to look at one costs more than to call it.
_getargspec = functools.lru_cache(maxsize=256)(pecan.util.getargspec)
pecan.core.getargspec = pecan.routing.getargspec = _getargspec


class ApiRequest(pecan.Request):
    """A request whose body pecan leaves alone; :func:`read_json` reads it."""

    @property
    def json(self) -> Any:
        """Tell pecan that there is nothing to find."""
        raise ValueError("the body is read by the handler")

    @property
    def POST(self) -> Any:
        """Tell pecan that there is no form; reading one costs time, and some break it."""
        return webob.multidict.NoVars("the body is read by the handler")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler gives back: a JSON document with its WSME type, or nothing.

    The list in a document may be an iterator.
    """

    document: Any = None
    type: Any = None
    status: int = 200
    location: str | None = None


@dataclass(slots=True)
class Call:
    """One request, as handlers see it."""

    request: Any
    path: Sequence[str] = ()
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None

    @property
    def version(self) -> Version:
        """The negotiated microversion."""
        version: Version = self.request.environ[_VERSION_KEY]
        return version

    @property
    def base_url(self) -> str:
        """The address that links begin with, without a slash at the end."""
        url: str = self.request.application_url
        return url

    @property
    def context(self) -> RequestContext:
        """Who asks."""
        return context_of(self.request.environ)

    @property
    def show_deleted(self) -> bool:
        """Whether soft-deleted rows are visible; any value of the header will do."""
        return "HTTP_X_SHOW_DELETED" in self.request.environ

    @property
    def suffix(self) -> str:
        """The suffix that was cut off the path because it names a format; empty if none was."""
        suffix: str = self.request.environ.get(negotiation.SUFFIX_KEY, "")
        return suffix

    @property
    def full_name(self) -> str | None:
        """The last path element with its suffix, if it names the item; otherwise None."""
        whole = f"{self.path[0]}{self.suffix}" if self.path else ""
        path: str = self.request.path_info
        return whole if self.suffix and path.rstrip("/").endswith(f"/{whole}") else None

    def take_suffix_as_name(self) -> None:
        """Let only ``Accept`` decide the format: what looked like a suffix belongs to the name.

        :raises HTTPNotAcceptable: when the client accepts nothing that is served.
        """
        self.path = (f"{self.path[0]}{self.suffix}", *self.path[1:])
        self.request.environ[negotiation.SUFFIX_KEY] = ""
        agree_on_format(self.request)

    def ends_with(self, segment: str) -> bool:
        """Tell whether the path really ends so; a trailing slash is not accepted here."""
        path: str = self.request.path_info
        return path.rpartition("/")[2].removesuffix(self.suffix) == segment


def remember_version(request: Any, version: Version) -> None:
    """Keep the negotiated version for the handlers of a request."""
    request.environ[_VERSION_KEY] = version


def agree_on_format(request: Any) -> None:
    """Choose the format of the answer to a request, and pass it to pecan.

    :raises HTTPNotAcceptable: when the client accepts nothing that is served.
    """
    agreed = negotiation.agreed(request.environ)
    if agreed is None:
        served = ", ".join((negotiation.JSON_TYPE, *negotiation.XML_TYPES))
        raise webob.exc.HTTPNotAcceptable(
            f"Expected one of {served} in Accept, got {request.environ['HTTP_ACCEPT'][:200]}"
        )
    request.pecan["content_type"] = agreed


Handler = Callable[[Call], Answer]
BodyReader = Callable[[Call], Any]


def expose(
    handler: Handler,
    *,
    arguments: Arguments | None = None,
    body: BodyReader | None = None,
) -> Callable[..., Any]:
    """Return a method of a pecan controller that runs a handler.

    :param arguments: query arguments; any other one is 400.
    :param body: reads the body; None: the body is ignored.
    """
    definition = tuple((arguments or {}).items())

    def method(self: Any, *path: str) -> Any:
        del self
        call = Call(pecan.request, tuple(part for part in path if part))
        try:
            call.query = read_query(definition, call.request.GET)
            if body is not None:
                call.body = body(call)
            return _render(handler(call))
        except webob.exc.HTTPException:
            raise
        except Exception as error:  # noqa: BLE001 - one of the doors: errors become answers
            return _refuse(error)

    for content_type in ("application/xml", "text/xml", "application/json"):
        pecan.expose(template=None, content_type=content_type, generic=False)(method)
    return method


class Endpoint:
    """What one place below ``/v1`` answers, as a table: the target of pecan's routing.

    :param handlers: HTTP method -> exposed method, for the collection and its items.
    :param item: exposed method of a GET of one item; None: there are no items.
    :param actions: (HTTP method, last path element) -> exposed method.
    """

    def __init__(
        self,
        handlers: Mapping[str, Callable[..., Any]],
        *,
        item: Callable[..., Any] | None = None,
        actions: Mapping[tuple[str, str], Callable[..., Any]] | None = None,
    ) -> None:
        self._handlers = {name: _bound(self, each) for name, each in handlers.items()}
        self._item = None if item is None else _bound(self, item)
        self._actions = {key: _bound(self, each) for key, each in (actions or {}).items()}

    @property
    def exposed_methods(self) -> list[tuple[str, str]]:
        """All calls as (HTTP method, path template below the endpoint)."""
        calls = [
            (method, "" if method in ("GET", "POST") else "/{ident}") for method in self._handlers
        ]
        calls += [("GET", "/{ident}")] if self._item else []
        return calls + [(method, f"/{name}") for method, name in self._actions]

    def route(self, args: Sequence[str], request: Any) -> tuple[Any, list[str]]:
        """Return the method for a path, with what is left of the path.

        :raises HTTPMethodNotAllowed: with the methods of the whole endpoint in ``Allow``.
        :raises HTTPNotFound: for a path that leads nowhere.
        """
        path = [part for part in args if part]
        if path and (found := self._actions.get((request.method, path[-1]))):
            return found, path[:-1]
        found = self._handlers.get(request.method)
        if request.method == "GET" and path:
            if self._item is not None and len(path) > 1:
                raise webob.exc.HTTPNotFound
            found = self._item
        if found is None:
            raise webob.exc.HTTPMethodNotAllowed(headers=[("Allow", self._allow)])
        return found, path

    @functools.cached_property
    def _allow(self) -> str:
        return ", ".join(sorted(self._handlers))


def _bound(owner: Endpoint, method: Callable[..., Any]) -> Any:
    return types.MethodType(method, owner)


def read_query(definition: Sequence[tuple[str, Any]], params: Any) -> dict[str, Any]:
    """Return the typed query arguments.

    :raises BadRequest: for an unknown, repeated or unreadable one.
    """
    if not params:
        return {}
    given = params.dict_of_lists()
    unknown = sorted(given.keys() - {name for name, _ in definition})
    if unknown:
        raise errors.BadRequest(f"Unknown argument: {', '.join(unknown)}")
    values = {}
    for name, datatype in definition:
        if name not in given:
            continue
        if len(given[name]) > 1:
            raise errors.BadRequest(f"Argument {name} was given several times")
        text = given[name][0]
        try:
            values[name] = read_argument(datatype, text)
        except (ValueError, TypeError) as error:
            raise errors.BadRequest(
                f"Invalid input for field/attribute {name}. Value: '{text}'. {error}"
            ) from error
    return values


def read_argument(datatype: Any, text: str) -> Any:
    """Return a query argument, typed; plain Python accepts ``1_0`` and digits of any alphabet.

    :raises ValueError: if it cannot be read.
    """
    if datatype is int and not _NUMBER.fullmatch(text):
        raise ValueError("A whole number must be written with the digits 0 to 9.")
    return wsme.rest.args.from_param(datatype, text)


def read_json(request: Any) -> Any:
    """Return the JSON value in a body.

    :raises BadRequest: when there is none, or it is not JSON.
    :raises HTTPRequestEntityTooLarge: when it is larger than is read.
    :raises UnsupportedMediaType: for another content type.
    :raises BodyNotReceived: when the client does not send it all.
    """
    content_type = request.content_type
    try:
        data = request.body
    except OSError as error:  # silent, or gone
        raise errors.BodyNotReceived(message=f"The body could not be read: {error}") from error
    except ValueError as error:  # malformed chunks
        raise errors.BadRequest(f"The body could not be read: {error}") from error
    if content_type in _FORMS:
        beginning = data[:_SHOWN_BYTES].decode("utf-8", "replace")
        raise errors.BadRequest(f"Expected a body of type application/json, got {beginning!r}")
    if not data:
        raise errors.BadRequest("Missing argument: the request has no body")
    if content_type != "application/json":
        raise errors.UnsupportedMediaType(message=f"Unknown mimetype: {content_type}")
    try:
        return json.loads(data.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise errors.BadRequest(f"Request is not in valid JSON format: {error}") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def read_object(datatype: Any, data: Any) -> dict[str, Any]:
    """Return the given members of a JSON object, typed by a WSME complex type.

    :raises BadRequest: it is not an object, or a member is unknown, missing or of a wrong type.
    """
    if not isinstance(data, dict):
        raise errors.BadRequest(f"Expected a JSON object, got {data!r}")
    try:
        typed = wsme.rest.json.fromjson(datatype, data)
    except wsme.exc.ClientSideError as error:
        raise errors.BadRequest(str(error.faultstring)) from error
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise errors.BadRequest(f"Invalid input. Value: '{data}'. {error}") from error
    known = (attribute.key for attribute in wsme.types.list_attributes(datatype))
    values = {key: getattr(typed, key) for key in known}
    return {key: value for key, value in values.items() if value is not wsme.types.Unset}


def _refuse(error: Exception) -> bytes:
    status, fault = errors.fault(error)
    state = pecan.request.pecan
    pecan.response.status = status
    pecan.request.environ[errors.FAULT_KEY] = True
    if "xml" in (state["content_type"] or ""):
        return errors.as_xml(fault)
    state["override_content_type"] = negotiation.JSON_TYPE
    return errors.as_json(fault)


def _render(answer: Answer) -> bytes:
    response, state = pecan.response, pecan.request.pecan
    response.status = answer.status
    if answer.location is not None:
        response.location = answer.location
    if answer.document is None:
        state["content_type"] = None
        response.content_type = None
        return b""
    if "xml" in state["content_type"]:
        return rendering.as_xml(answer.type, answer.document)
    return rendering.as_json(answer.document)
