# SPDX-License-Identifier: Apache-2.0
"""Which host may take a server: the simulator's own filters and weigher, as pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from watcher.simulator.records import Host, Resources


def can_host(
    host: Host,
    size: Resources,
    used: Resources,
    *,
    zone: str,
    wanted_zone: str | None = None,
) -> bool:
    """Tell whether the host is enabled, up, in the wanted zone and has enough room."""
    return (
        host.status == "enabled"
        and host.is_up
        and (not wanted_zone or zone == wanted_zone)
        and size.fits(host.largest)
        and size.fits(host.capacity.minus(used))
    )


def choose(
    hosts: Iterable[Host],
    size: Resources,
    used_on: Callable[[str], Resources],
    *,
    zones: Mapping[str, str],
    wanted_zone: str | None = None,
    not_on: str | None = None,
) -> Host | None:
    """Return the feasible host with the most free memory (then by name), or None.

    :param not_on: name of a host that may not be taken, the source of a move
    """
    free = {
        host.hostname: host.capacity.minus(used_on(host.hostname)).memory_mib
        for host in hosts
        if host.hostname != not_on
        and can_host(
            host,
            size,
            used_on(host.hostname),
            zone=zones[host.hostname],
            wanted_zone=wanted_zone,
        )
    }
    if not free:
        return None
    best = min(free, key=lambda name: (-free[name], name))
    return next(host for host in hosts if host.hostname == best)
