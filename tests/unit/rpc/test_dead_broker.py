# SPDX-License-Identifier: Apache-2.0
"""What happens while no broker answers."""

from __future__ import annotations

import time

import pytest

from watcher.common import exception
from watcher.rpc import calls, doorbell, notify, topic_listener

AUDIT = "fa6900cb-85f7-47e2-94cf-3d5d8e4c6834"


def test_a_dead_broker_costs_the_caller_nothing(dead_bus, admin) -> None:
    def ring_and_notify() -> float:
        began = time.perf_counter()
        doorbell.trigger_audit(admin, AUDIT)
        notify.send(admin, "infra-optim:host-1", "audit.update", "info", {})
        return time.perf_counter() - began

    slowest_s = max(ring_and_notify() for _ in range(50))

    assert slowest_s < 0.5  # measured: below a millisecond


def test_a_call_without_a_broker_fails_at_once(dead_bus, admin) -> None:
    with pytest.raises(exception.WatcherException) as raised:
        calls.get_data_model_info(admin)

    assert raised.value.code == 503


def test_a_server_without_a_broker_starts_and_stops(dead_bus) -> None:
    made = topic_listener.TopicListener("watcher.applier.control", [])
    made.start()

    assert not made.wait_until_listening(0)
    made.stop()
    assert made.join(10)


def test_a_broker_that_refuses_us_is_told_once_in_its_own_words(dead_bus, monkeypatch, caplog):
    def refuse(self) -> None:
        tries.append(1)
        if len(tries) == 3:
            made.stop()
        raise PermissionError("ACCESS_REFUSED - Login was refused")

    tries: list[int] = []
    monkeypatch.setattr(topic_listener, "_RETRY_S", 0.001)
    monkeypatch.setattr(topic_listener.transport, "is_reachable", lambda: True)
    monkeypatch.setattr(topic_listener.TopicListener, "_build", refuse)
    made = topic_listener.TopicListener("watcher.applier.control", [])
    made.start()
    assert made.join(10)

    (said,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert "ACCESS_REFUSED - Login was refused; will listen on watcher.applier" in said.getMessage()
    assert said.exc_info is None
