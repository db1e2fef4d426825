# SPDX-License-Identifier: Apache-2.0
"""The connection to the bus."""

from __future__ import annotations

import socket
import threading

import pytest

from watcher.rpc import transport


def test_the_transport_is_made_once(bus) -> None:
    assert bus.get_transport() is bus.get_transport()
    assert bus.get_transport().conf.control_exchange == "watcher"


def test_the_in_process_bus_is_always_reachable(bus) -> None:
    assert bus.is_reachable()


def test_a_dead_broker_is_not_reachable(dead_bus) -> None:
    assert not dead_bus.is_reachable()
    assert not dead_bus.is_reachable(notifications=True)


def test_a_proxy_that_hangs_up_is_not_a_broker(dead_bus, override) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        override("transport_url", f"rabbit://u:p@127.0.0.1:{port}/v")
        hang_up = threading.Thread(target=lambda: listening.accept()[0].close())
        hang_up.start()

        assert not dead_bus.is_reachable()
        hang_up.join(10)


def test_a_broker_is_not_asked_again_at_once(dead_bus, override) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        override("transport_url", f"rabbit://u:p@127.0.0.1:{port}/v")
        assert dead_bus.is_reachable()

    assert dead_bus.is_reachable()
    dead_bus.cleanup()
    assert not dead_bus.is_reachable()


def test_one_broker_of_several_is_enough(dead_bus, override, free_port) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        live = listening.getsockname()[1]
        override("transport_url", f"rabbit://u:p@127.0.0.1:{free_port},u:p@127.0.0.1:{live}/v")

        assert dead_bus.is_reachable()


@pytest.mark.parametrize(
    ("url", "brokers"),
    [
        ("rabbit://u:p@one:5673,u:p@[::1]:5674/watcher", [("one", 5673), ("::1", 5674)]),
        ("rabbit://", [("localhost", 5672)]),
        ("fake:", []),
    ],
)
def test_the_brokers_of_a_url_are_known(bus, url: str, brokers: list) -> None:
    parsed = transport.oslo_messaging.TransportURL.parse(bus.get_transport().conf, url)

    assert transport._brokers(parsed) == brokers


@pytest.mark.parametrize(
    ("url", "retries"), [("rabbit://", 1), ("rabbit://a,b/", 2), ("rabbit://a,b,c/", 3)]
)
def test_each_broker_has_its_turn(dead_bus, override, url: str, retries: int) -> None:
    override("transport_url", url)

    assert dead_bus.connection_retries() == retries


def test_what_an_error_of_the_bus_says_is_logged_without_passwords(dead_bus, override) -> None:
    override("transport_url", "rabbit://u:o%2Fne@h,u:t%40wo@h/")

    said = dead_bus.said(ConnectionError("o/ne, o%2Fne and t@wo are wrong for u"))

    assert said == "ConnectionError: ***, *** and *** are wrong for u"
