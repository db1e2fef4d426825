# SPDX-License-Identifier: Apache-2.0
"""Checks whether a server could listen on an address, before anything is created or written."""

from __future__ import annotations

import errno
import socket


def family(host: str) -> socket.AddressFamily:
    """Return the family of an address; host names count as IPv4."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def check_is_free(host: str, port: int, remedy: str) -> None:
    """Fail if a server could not listen, even where the port could be shared with another process.

    :param port: 0 for any free one
    :param remedy: what to do about a port that is in use, such as ``choose another with --port``
    :raises OSError: whose ``strerror`` names the address and the reason.
    """
    with socket.socket(family(host), socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise OSError(error.errno, _reason(error, host, port, remedy)) from error


def free_port(host: str) -> int:
    """Return a port on which nobody is listening at the moment.

    :raises OSError: if nobody can listen on this host.
    """
    with socket.create_server((host, 0), family=family(host)) as found:
        port: int = found.getsockname()[1]
        return port


def _reason(error: OSError, host: str, port: int, remedy: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"another process listens on {host}, port {port}; stop it, or {remedy}"
    return f"cannot listen on {host}, port {port}: {error.strerror}"
