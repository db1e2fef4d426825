# SPDX-License-Identifier: Apache-2.0
"""Scripted faults: what is to go wrong, where, and how often."""

from __future__ import annotations

import dataclasses
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

from watcher.simulator.records import Migration, Server

HTTP_KINDS = ("latency", "error", "reset")
CLOUD_KINDS = ("no_valid_host", "migration_fails")
SWITCH_KINDS = ("host_down", "host_up", "expire_tokens")
KINDS = HTTP_KINDS + CLOUD_KINDS + SWITCH_KINDS


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is to go wrong.

    - ``latency``: answer ``seconds`` later; ``error``: answer with ``status``; ``reset``: drop the
      connection. All three for requests whose ``method`` and ``path`` (a regular expression,
      searched in the path) match; without them, for every request to a service.
    - ``no_valid_host``: the scheduler finds none; ``migration_fails``: the move fails half-way.
      Both for ``server`` (name or id) and ``host`` (source or destination); without them, for all.
    - ``host_down``, ``host_up`` (of ``host``) and ``expire_tokens`` happen once, immediately.

    ``count`` is how often (None: until removed), ``after_s`` how many seconds to wait first.
    """

    kind: str
    count: int | None = None
    after_s: float = 0.0
    method: str | None = None
    path: str | None = None
    status: int = 503
    seconds: float = 0.0
    server: str | None = None
    host: str | None = None

    def __post_init__(self) -> None:
        """Validate what a user wrote.

        :raises ValueError: with a message that says what was expected
        """
        if self.kind not in KINDS:
            raise ValueError(f"kind: expected one of {', '.join(KINDS)}, found {self.kind!r}")
        if self.count is not None and (not _is_int(self.count) or self.count < 1):
            raise ValueError(f"count: expected an integer >= 1 or null, found {self.count!r}")
        if not _is_int(self.status) or not 400 <= self.status <= 599:
            raise ValueError(f"status: expected 400 to 599, found {self.status!r}")
        for name in ("after_s", "seconds"):
            value = getattr(self, name)
            if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
                raise ValueError(f"{name}: expected seconds >= 0, found {value!r}")
        for name in ("method", "path", "server", "host"):
            if not isinstance(getattr(self, name), str | None):
                found = getattr(self, name)
                raise ValueError(f"{name}: expected a string, found {found!r}")  # noqa: TRY004 - one error for the caller
        if self.kind in ("host_down", "host_up") and not self.host:
            raise ValueError(f"host: {self.kind} needs the name of a host")
        if self.path is not None:
            self._check_pattern(self.path)

    @staticmethod
    def _check_pattern(path: str) -> None:
        try:
            re.compile(path)
        except re.error as error:
            raise ValueError(f"path: not a regular expression: {error}") from error

    @classmethod
    def from_document(cls, document: Any) -> Fault:
        """Return the fault that a JSON object describes.

        :raises ValueError: when it is not one
        """
        if not isinstance(document, Mapping):
            raise ValueError(f"expected an object, found {document!r}")  # noqa: TRY004 - one error for the caller
        known = {field.name for field in dataclasses.fields(cls)}
        if unknown := set(document) - known:
            raise ValueError(f"a fault has no {', '.join(sorted(map(str, unknown)))}")
        if "kind" not in document:
            raise ValueError(f"kind: expected one of {', '.join(KINDS)}")
        return cls(**document)

    def concerns_request(self, method: str, path: str) -> bool:
        """Tell whether the fault applies to a request."""
        return (self.method is None or self.method.upper() == method) and (
            self.path is None or re.search(self.path, path) is not None
        )

    def concerns_server(self, server: Server, *hosts: str | None) -> bool:
        """Tell whether the fault applies to a server on its way between hosts."""
        return (self.server is None or self.server in (server.uuid, server.name)) and (
            self.host is None or self.host in hosts
        )


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


@dataclasses.dataclass(slots=True)
class _Armed:
    fault: Fault
    from_s: float
    left: int | None
    used: int = 0


class FaultList:
    """The faults in force; thread-safe."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._armed: dict[int, _Armed] = {}
        self._next_id = 1

    def add(self, fault: Fault) -> int:
        """Put a fault in force; returns its id."""
        with self._lock:
            number, self._next_id = self._next_id, self._next_id + 1
            self._armed[number] = _Armed(fault, self._clock() + fault.after_s, fault.count)
            return number

    def remove(self, number: int | None = None) -> int:
        """Forget one fault, or all; returns how many there were."""
        with self._lock:
            doomed = [each for each in self._armed if number in (None, each)]
            for each in doomed:
                del self._armed[each]
            return len(doomed)

    def documents(self) -> list[dict[str, Any]]:
        """Return the faults with their ids, remaining counts and uses."""
        with self._lock:
            return [
                {
                    "id": number,
                    **dataclasses.asdict(armed.fault),
                    "left": armed.left,
                    "used": armed.used,
                }
                for number, armed in self._armed.items()
            ]

    def for_request(self, method: str, path: str) -> list[Fault]:
        """Return the faults that hit this request: all latencies, and the first failure."""
        with self._lock:
            met = self._take(
                lambda fault: fault.kind == "latency" and fault.concerns_request(method, path)
            )
            met += self._take(
                lambda fault: (
                    fault.kind in ("error", "reset") and fault.concerns_request(method, path)
                ),
                at_most=1,
            )
            return met

    def finds_no_host(self, server: Server, wanted: str | None) -> bool:
        """Tell whether the scheduler is to fail for this server."""
        return self._meets("no_valid_host", server, wanted, server.host)

    def breaks(self, server: Server, migration: Migration) -> bool:
        """Tell whether this move is to fail half-way."""
        return self._meets("migration_fails", server, migration.source, migration.dest)

    def _meets(self, kind: str, server: Server, *hosts: str | None) -> bool:
        with self._lock:
            return bool(
                self._take(
                    lambda fault: fault.kind == kind and fault.concerns_server(server, *hosts),
                    at_most=1,
                )
            )

    def _take(self, meant: Callable[[Fault], bool], at_most: int | None = None) -> list[Fault]:
        now = self._clock()
        taken: list[Fault] = []
        for number, armed in list(self._armed.items()):
            if at_most is not None and len(taken) >= at_most:
                break
            if armed.from_s > now or not meant(armed.fault):
                continue
            taken.append(armed.fault)
            armed.used += 1
            if armed.left is not None:
                armed.left -= 1
                if not armed.left:
                    del self._armed[number]
        return taken
