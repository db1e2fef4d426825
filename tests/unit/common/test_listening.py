# SPDX-License-Identifier: Apache-2.0
"""An address is checked before anything is started there."""

from __future__ import annotations

import socket

import pytest

from watcher.common import listening


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize(("taken_at", "wanted"), [("127.0.0.1", "127.0.0.1"), ("", "127.0.0.1")])
def test_a_port_that_is_taken_is_named_with_what_to_do(taken_at, wanted, shared):
    with socket.create_server((taken_at, 0), reuse_port=shared) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="another process") as told:
            listening.check_is_free(wanted, port, "try --port 0")
    assert told.value.strerror == (
        f"another process listens on {wanted}, port {port}; stop it, or try --port 0"
    )


def test_an_address_of_another_machine_is_named_with_the_reason():
    with pytest.raises(OSError, match=r"cannot listen on 192\.0\.2\.1, port 0: Cannot assign"):
        listening.check_is_free("192.0.2.1", 0, "")


def test_a_free_port_can_be_listened_on():
    port = listening.free_port("127.0.0.1")
    listening.check_is_free("127.0.0.1", port, "")
    with socket.create_server(("127.0.0.1", port)):
        pass


@pytest.mark.parametrize(
    ("host", "expected"), [("::1", socket.AF_INET6), ("10.0.0.1", socket.AF_INET)]
)
def test_the_family_is_that_of_the_address(host, expected):
    assert listening.family(host) is expected
