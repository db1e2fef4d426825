# SPDX-License-Identifier: Apache-2.0
"""One request to a cloud service: version header, retries, and errors in plain words.

Requests go through keystoneauth's adapter, not through the SDK's resource classes:
those build an object of fifty descriptors for each server of the cloud, and send the
highest microversion that the SDK knows, while the records here are written for given ones.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import requests
import urllib3.exceptions
from keystoneauth1 import exceptions
from keystoneauth1.adapter import Adapter
from oslo_context import context

from watcher.clients import retry

T = TypeVar("T")

Version = tuple[int, int]

#: Repeating these does no harm; any other is repeated only if it certainly was not sent.
REPEATABLE = frozenset({"GET", "HEAD", "PUT"})

LOGIN_REFUSED = 401
#: The service refuses for now, before it does anything.
BUSY = frozenset({413, 429, 503})
#: A proxy does not know what became of the request.
LOST = frozenset({502, 504})

#: Nobody answered for the service: a later attempt may find it.
UNREACHABLE = (
    exceptions.ConnectionError,
    exceptions.BadGateway,
    exceptions.ServiceUnavailable,
    exceptions.GatewayTimeout,
)

#: Says which request of a user this one is part of; OpenStack's services log it.
REQUEST_ID_HEADER = "X-OpenStack-Request-ID"


class Rest:
    """Requests to one service, through an adapter that is made at the first one."""

    def __init__(
        self,
        make_adapter: Callable[[], Adapter],
        *,
        retries: int = 0,
        interval_s: float = 0,
        sleep: retry.Sleep = time.sleep,
        clock: retry.Clock = time.monotonic,
    ) -> None:
        self._make_adapter = make_adapter
        self._attempts = retries + 1
        self._interval_s = interval_s
        self._sleep = sleep
        self._clock = clock

    def call(
        self,
        method: str,
        path: str,
        *,
        version: Version | None = None,
        params: Mapping[str, str | int] | None = None,
        body: object = None,
    ) -> Any:
        """Send one request and return the decoded answer, None for an empty one.

        A connection that fails, or a service that is busy, is retried as often as the
        service's options say, but no longer than this takes when failures are quick.

        :raises keystoneauth1.exceptions.ClientException: what the library found wrong.
        """

        def send() -> Any:
            answer = self._make_adapter().request(
                path,
                method,
                microversion=None if version is None else as_text(version),
                params=dict(params or {}),
                headers=_on_behalf_of(),
                **({} if body is None else {"json": body}),
            )
            return answer.json() if answer.content else None

        return self._attempt(send, method)

    def highest_version(self) -> Version | None:
        """Return the highest microversion of the service, None if it states none."""

        def discover() -> Version | None:
            data = self._make_adapter().get_endpoint_data()
            found = getattr(data, "max_microversion", None)
            return None if found is None else (int(found[0]), int(found[1]))

        return self._attempt(discover, "GET")

    def _attempt(self, call: Callable[[], T], method: str) -> T:
        return retry.attempt(
            lambda: _telling_why(call),
            attempts=self._attempts,
            interval_s=self._interval_s,
            on=lambda error: _is_worth_repeating(error, method),
            # A service that hangs has used up its time already.
            deadline_s=self._attempts * self._interval_s,
            clock=self._clock,
            sleep=self._sleep,
        )


def _telling_why(call: Callable[[], T]) -> T:
    """Raise the failure on the way to Keystone instead of the guess that its URL is wrong."""
    try:
        return call()
    except exceptions.DiscoveryFailure as error:
        behind = error.__context__
        if not isinstance(behind, exceptions.ClientException):
            raise
    raise behind  # out here, so that it keeps a context of its own


def _on_behalf_of() -> dict[str, str]:
    """Name the user's request that this thread serves, so that the service logs it too."""
    current = context.get_current()
    return {REQUEST_ID_HEADER: current.global_id} if current and current.global_id else {}


def as_text(version: Version) -> str:
    """Write a microversion the way headers do."""
    return f"{version[0]}.{version[1]}"


def reason_of(error: Exception) -> str:
    """Return what a service said about a refusal, else the error's own text."""
    answer = getattr(error, "response", None)
    if answer is not None:
        told = _message_in(answer)
        if told:
            # A login is not refused where the request went.
            place = getattr(error, "url", None) if answer.status_code == LOGIN_REFUSED else None
            return f"{told} (HTTP {answer.status_code}) {place or ''}".rstrip()
    if isinstance(error, exceptions.ConnectionError):
        return _short(str(error))
    return str(error) or type(error).__name__


def _short(text: str) -> str:
    """Leave out the libraries' internal objects, which such a text quotes at length."""
    said, _quote, quoted = text.partition(": HTTP")
    cause = re.search(r"\[Errno -?\d+\] ([^\"')]+)", quoted)
    return f"{said}: {cause[1]}" if cause else said


def _message_in(answer: requests.Response) -> str | None:
    try:
        content = answer.json()
    except ValueError:
        return None
    while isinstance(content, dict | list) and content:
        if isinstance(content, list):
            content = content[0]
        elif "message" in content or "detail" in content:
            return str(content.get("message") or content.get("detail"))
        else:
            content = next(iter(content.values()))
    return None


def _is_worth_repeating(error: Exception, method: str) -> bool:
    if isinstance(error, exceptions.HttpError):
        return error.http_status in (BUSY | LOST if method in REPEATABLE else BUSY)
    if not isinstance(error, exceptions.ConnectionError):
        return False
    return method in REPEATABLE or was_never_sent(error)


def was_never_sent(error: BaseException | None) -> bool:
    """Tell whether a connection failed before the request could have been received."""
    unsent = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
    while error is not None:
        candidates = (error, *error.args, getattr(error, "reason", None))
        for one in candidates:
            inner = getattr(one, "reason", None)
            if isinstance(one, unsent) or isinstance(inner, unsent):
                return True
        error = error.__cause__ or error.__context__
    return False
