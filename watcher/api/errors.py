# SPDX-License-Identifier: Apache-2.0
"""The published error bodies, whoever raises the error.

Clients read ``{"error_message": TEXT}``.  For errors of the API itself the text is a JSON document
(a *fault*); for errors of routing it is plain text, or HTML for clients that take nothing else.
A client that asks for XML gets a fault in both cases, as WSME writes it:
``<error><faultcode/><faultstring/><debuginfo/></error>``.  All shapes are made here only.
"""

from __future__ import annotations

import html
import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import webob
import webob.exc
import wsme.exc
import wsme.rest.xml
from oslo_db import exception as db_exception

from watcher.api import negotiation
from watcher.api.negotiation import JSON_TYPE, XML_TYPES
from watcher.common import exception

LOG = logging.getLogger(__name__)

#: What the libraries below raise for data that they cannot take, and what it means.
_STATUS: tuple[tuple[type[Exception], int, str], ...] = (
    (db_exception.DBNonExistentTable, 503, ""),  # its own text names the command that helps
    (db_exception.DBNonExistentDatabase, 503, "The database of the service does not exist."),
    (db_exception.DBConnectionError, 503, "The database cannot be reached at the moment."),
    (db_exception.DBDeadlock, 503, "The database is too busy at the moment."),
    (db_exception.DBDuplicateEntry, 409, "A value that must be unique is already in use."),
    (db_exception.DBInvalidUnicodeParameter, 400, "The database refuses one of the texts."),
    (db_exception.DBDataError, 400, "The database refuses one of the values."),
    (RecursionError, 400, "The request is nested too deeply."),
)


#: Characters that XML 1.0 cannot carry in any form, but names may have.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

#: Characters of a sentence; many quote the value that they are about.
LONGEST_SENTENCE = 2000


class BadRequest(exception.Invalid):
    """400 with a message of this API."""


class NotHere(exception.ResourceNotFound):
    """404 for a call that is used in the wrong place."""

    def __init__(self) -> None:
        super().__init__(message="The resource could not be found.")


class UnsupportedMediaType(exception.Invalid):
    """415: a body in a format that is not read."""

    code = 415


class BodyNotReceived(exception.Invalid):
    """408: less of a body came than was announced, or too late."""

    code = 408


def describe(error: Exception) -> tuple[int, str]:
    """Return the status and the sentence for an error of a handler."""
    code = getattr(error, "code", None)
    if isinstance(error, wsme.exc.ClientSideError):
        return error.code, str(error.faultstring)
    if isinstance(error, exception.WatcherException) and isinstance(code, int):
        if code >= 500:
            LOG.error("A request failed: %s", error)
        return code, str(error)
    for kind, status, sentence in _STATUS:
        if isinstance(error, kind):
            LOG.warning("A request was refused with %s: %s", status, error)
            return status, sentence or str(error)
    LOG.error("A request failed unexpectedly", exc_info=error)
    return 500, "An unexpected error happened; the log of the service says more."


Fault = Mapping[str, Any]


def fault(error: Exception) -> tuple[int, Fault]:
    """Return the status and the fault for an error of a handler."""
    status, sentence = describe(error)
    if len(sentence) > LONGEST_SENTENCE:
        sentence = f"{sentence[:LONGEST_SENTENCE]}..."
    return status, _fault(status, sentence)


def _fault(status: int, sentence: str) -> Fault:
    code = "Client" if status < 500 else "Server"
    return {"faultcode": code, "faultstring": sentence, "debuginfo": None}


def as_json(content: Fault | str) -> bytes:
    """Return the published body: a fault is a JSON text inside, a text of routing stays one."""
    text = content if isinstance(content, str) else json.dumps(content)
    return json.dumps({"error_message": text}).encode()


def as_xml(content: Fault) -> bytes:
    """Return a fault as WSME writes it, for those who asked for XML."""
    sentence = xml_text(content["faultstring"])
    return wsme.rest.xml.encode_error(None, {**content, "faultstring": sentence})


def xml_text(text: str) -> str:
    """Return a text with a replacement for each character that XML cannot carry."""
    return _NOT_IN_XML.sub("\ufffd", text)


Application = Callable[..., Iterable[bytes]]

#: Set in the environment by whoever has made a published body.
FAULT_KEY = "watcher.api.fault"


class PublishedErrors:
    """Give errors below the handlers (routing, versions, Keystone, size) the published body.

    A 401 keeps the body of keystonemiddleware, which is the published one for it.  This is also
    the last guard: bytes that are not UTF-8 in a path or query are 400, anything else that escapes
    is a 500 with a body.
    """

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        started: list[Any] = []

        def hold(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            if _is_foreign(status, environ):
                started.append((status, headers))
                return _ignore
            return start_response(status, headers, exc_info)

        try:
            answer = self.application(environ, hold)
        except webob.exc.HTTPException as error:
            return _send(error, environ, start_response)
        except UnicodeDecodeError as error:
            return _send(webob.exc.HTTPBadRequest(str(error)), environ, start_response)
        except Exception:
            LOG.exception("A request failed unexpectedly")
            return _send(webob.exc.HTTPInternalServerError(), environ, start_response)
        if not started:
            return answer
        _close(answer)
        status, headers = started[0]
        raised = environ.get("pecan.original_exception")
        if not isinstance(raised, webob.exc.HTTPException):
            raised = webob.exc.status_map[int(status.split()[0])]()
        return _send(raised, environ, start_response, headers)


def _is_foreign(status: str, environ: dict[str, Any]) -> bool:
    """Tell whether an answer is an error without the published body."""
    return status[0] in "45" and not status.startswith("401") and FAULT_KEY not in environ


def _ignore(_data: bytes) -> None:
    """Stand in for the deprecated ``write`` of WSGI."""


def _close(answer: Iterable[bytes]) -> None:
    close = getattr(answer, "close", None)
    if close:
        close()


#: Of an error's headers only these are published (405, and a refused version).
_KEPT = ("allow", "vary", "openstack-api-minimum-version", "openstack-api-maximum-version")


def _send(
    error: Any, environ: dict[str, Any], start_response: Any, headers: Any = ()
) -> Iterable[bytes]:
    sentence = error.detail or error.explanation
    text = f"{error.status}: {sentence}"
    agreed = negotiation.agreed(environ)
    body, content_type = as_json(text), JSON_TYPE
    if agreed in XML_TYPES:
        body, content_type = as_xml(_fault(error.status_int, text)), f"{agreed}; charset=UTF-8"
    elif agreed is None and negotiation.wants_page(environ):
        body = as_json(_page(error.status, sentence))
    kept = {name.lower(): (name, value) for name, value in error.headers.items()}
    kept.update({name.lower(): (name, value) for name, value in headers})
    answer = [kept[name] for name in _KEPT if name in kept]
    answer += [("Content-Type", content_type), ("Content-Length", str(len(body)))]
    start_response(error.status, answer)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _page(status: str, sentence: str) -> str:
    head = f"<head><title>{status}</title></head>"
    return f"<html>{head}<body><h1>{status}</h1><p>{html.escape(sentence)}</p></body></html>"
