# SPDX-License-Identifier: Apache-2.0
"""Services on this machine are reached directly, whatever ``http_proxy`` says.

A proxy leads to other machines: its own loopback is not ours. keystoneauth, keystonemiddleware and
plug-ins all look at the environment at each request, so that is where the exceptions are made.
"""

from __future__ import annotations

import contextlib
import ipaddress
import itertools
import os
import pathlib
from collections.abc import Iterable, Iterator, MutableMapping

HOSTS_FILE = pathlib.Path("/etc/hosts")

#: As ``no_proxy`` lists them. The dot in front matters: without it ``requests`` takes a name or an
#: IPv6 address for the end of others (``nolocalhost``, ``2001:db8::1``).
LOOPBACK = (
    "127.0.0.1",
    "127.0.0.0/8",
    "0.0.0.0",  # noqa: S104 - nothing is bound: a connection to it reaches this machine
    ".localhost",
    ".localhost.",
    ".::1",
    ".[::1]",  # urllib compares with the brackets
    ".0:0:0:0:0:0:0:1",
    ".::ffff:127.0.0.1",
)

#: Names that are taken from the hosts file; some files list thousands of unwanted sites.
_MOST_NAMES = 50


def spare_loopback(environ: MutableMapping[str, str] | None = None) -> None:
    """Except this machine from the proxies that an environment names; nothing without proxies.

    :param environ: changed in place; by default the environment of this process
    """
    found: MutableMapping[str, str] = os.environ if environ is None else environ
    if not _has_proxy(found):
        return
    # In the order in which requests and curl look.
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
    """Return the names that the hosts file gives to loopback addresses, such as this machine's."""
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
