# SPDX-License-Identifier: Apache-2.0
"""Clients that call the API all the time, and what they were answered."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from tests.functional.deployment import Deployment

PATHS = ("/v1/audits", "/v1/goals", "/v1/action_plans/detail", "/v1/services")


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """What a client got, and after how long."""

    method: str
    what: str
    status: int | None
    """None: no answer; the body then says why."""
    body: Any
    began_at: float
    seconds: float


class Traffic:
    """A few clients, each of which sends its next request soon after an answer."""

    def __init__(self, deployment: Deployment) -> None:
        self.answers: list[Answer] = []
        self._deployment = deployment
        self._stop = threading.Event()

    @contextlib.contextmanager
    def flowing(self) -> Iterator[Traffic]:
        """Let the clients call during the block, and wait for their last answers."""
        clients = (self._read, self._read, self._create)
        threads = [
            threading.Thread(target=client, args=(number,), name=f"client {number}")
            for number, client in enumerate(clients)
        ]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(300)
        assert not any(thread.is_alive() for thread in threads)

    def named(self, *statuses: int) -> set[str]:
        """Return the names of the audits whose creation was answered so."""
        return {
            answer.what
            for answer in self.answers
            if answer.method == "POST" and answer.status in statuses
        }

    def answered_well_since(self, moment: float) -> bool:
        """Tell whether reads and creations that began after a moment have succeeded."""
        recent = [answer for answer in self.answers if answer.began_at > moment]
        return {"GET", "POST"} <= {a.method for a in recent if a.status in (200, 201)}

    def improper(self) -> list[Answer]:
        """Return the answers that are neither a success nor a published 503."""
        return [answer for answer in self.answers if not _proper(answer)]

    def summary(self) -> str:
        """Return how often there was which answer, and the longest time that each took."""
        longest: dict[tuple[str, int | None], list[float]] = {}
        for answer in self.answers:
            longest.setdefault((answer.method, answer.status), []).append(answer.seconds)
        return ", ".join(
            f"{method} {status}: {len(seconds)} x, {max(seconds):.1f} s at most"
            for (method, status), seconds in longest.items()
        )

    def longest_s(self) -> float:
        """Return the seconds that the slowest answer took."""
        return max(answer.seconds for answer in self.answers)

    def _read(self, number: int) -> None:
        self._again_and_again(0.1, lambda count: ("GET", PATHS[(count + number) % len(PATHS)]))

    def _create(self, number: int) -> None:
        self._again_and_again(0.4, lambda count: ("POST", f"audit {number}-{count}"))

    def _again_and_again(self, pause_s: float, choose: Callable[[int], tuple[str, str]]) -> None:
        count = 0
        while not self._stop.wait(pause_s):
            method, what = choose(count)
            self.answers.append(self._ask(method, what))
            count += 1

    def _ask(self, method: str, what: str) -> Answer:
        path, body = what, None
        if method == "POST":
            path = "/v1/audits"
            # Forced: it runs although the drain's plan does.
            body = {"name": what, "audit_type": "ONESHOT", "goal": "dummy", "force": True}
        began_at = time.monotonic()
        status: int | None
        try:
            status, found = self._deployment.request(method, path, body)
        except Exception as error:  # noqa: BLE001 - a test looks at all of them
            status, found = None, repr(error)
        return Answer(method, what, status, found, began_at, time.monotonic() - began_at)


def _proper(answer: Answer) -> bool:
    if answer.status == 503:
        fault = json.loads(json.loads(answer.body)["error_message"])
        return set(fault) == {"faultcode", "faultstring", "debuginfo"}
    return answer.status == (201 if answer.method == "POST" else 200)
