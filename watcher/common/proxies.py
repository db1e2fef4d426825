# SPDX-License-Identifier: Apache-2.0
"""Services on this machine are reached directly, whatever ``http_proxy`` says.

A proxy on another machine would reach its own loopback, not this one's. keystoneauth,
keystonemiddleware and plug-ins all read the environment for each request, so the exceptions are
added there.
"""

from __future__ import annotations

import contextlib
import ipaddress
import itertools
import os
import pathlib
from collections.abc import Iterable, Iterator, MutableMapping

HOSTS_FILE = pathlib.Path("/etc/hosts")

#: In the form of ``no_proxy``. The leading dot matters: without it ``requests`` also matches a name
#: or an IPv6 address as the end of others (``nolocalhost``, ``2001:db8::1``).
LOOPBACK = (
    "127.0.0.1",
    "127.0.0.0/8",
    "0.0.0.0",  # noqa: S104 - nothing is bound: a connection to it reaches this machine
    ".localhost",
    ".localhost.",
    ".::1",
    ".[::1]",  # urllib compares it with the brackets
    ".0:0:0:0:0:0:0:1",
    ".::ffff:127.0.0.1",
)

#: The most names taken from the hosts file; some files list thousands of blocked sites.
_MOST_NAMES = 50


def spare_loopback(environ: MutableMapping[str, str] | None = None) -> None:
    """Exempt this machine from the proxies of an environment; without proxies do nothing.

    :param environ: changed in place; by default the environment of this process
    """
    found: MutableMapping[str, str] = os.environ if environ is None else environ
    if not _has_proxy(found):
        return
    # In the order in which requests and curl look them up.
    given = found.get("no_proxy") or found.get("NO_PROXY") or ""
    if given.strip() == "*":
        return
    listed = [each for each in given.split(",") if each.strip()]
    known = {each.strip() for each in listed}
    local = dict.fromkeys((*LOOPBACK, *_local_names()))
    added = [each for each in local if each not in known]
    found["no_proxy"] = found["NO_PROXY"] = ",".join([*listed, *added])


def _has_proxy(environ: MutableMapping[str, str]) -> bool:
    names = (name.lower() for name, value in environ.items() if value)
    return any(name.endswith("_proxy") and name != "no_proxy" for name in names)


def _local_names() -> list[str]:
    """Return the names that the hosts file gives to loopback addresses, such as this host's."""
    lines: list[str] = []
    with contextlib.suppress(OSError):
        lines = HOSTS_FILE.read_text(errors="replace").splitlines()
    return [f".{name}" for name in itertools.islice(_names_of_loopback(lines), _MOST_NAMES)]


def _names_of_loopback(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        address, *names = line.partition("#")[0].split() or [""]
        with contextlib.suppress(ValueError):
            if ipaddress.ip_address(address).is_loopback:
                yield from names
