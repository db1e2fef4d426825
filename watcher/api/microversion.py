# SPDX-License-Identifier: Apache-2.0
"""The one table of microversions, and the reading of the header that asks for one.

Nothing else writes a version number, except the ``since`` of a field or of a route.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

import microversion_parse

SERVICE_TYPE: Final = "infra-optim"
HEADER: Final = "OpenStack-API-Version"

#: One whole number, or two joined by a dot; signs and leading zeros are taken.
_NUMBERS = re.compile(r"[+-]?\d+(?:\.[+-]?\d+)*", re.ASCII)
#: Characters of a version that may be a supported one.
_LONGEST = 40


class Version(NamedTuple):
    """A microversion; compares in the natural order."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


V = Version

#: Version, and what it brought.
HISTORY: Final[tuple[tuple[Version, str], ...]] = (
    (V(1, 0), "The first version."),
    (V(1, 1), "Audits have a start_time and an end_time."),
    (V(1, 2), "Audits have force: run although an action plan is ongoing."),
    (V(1, 3), "GET /v1/data_model shows the model of the cluster."),
    (V(1, 4), "Webhooks trigger EVENT audits."),
    (V(1, 5), "status_message of audits, action plans and actions; PATCH of actions."),
    (V(1, 6), "The data model has server_pinned_az and server_flavor_extra_specs."),
    (V(1, 7), "Audit templates have default_parameters."),
)
MINIMUM: Final = HISTORY[0][0]
MAXIMUM: Final = HISTORY[-1][0]
SUPPORTED: Final = tuple(version for version, _ in HISTORY)

#: Sent with every answer of a controller, and with a refused version.
RANGE_HEADERS: Final[Mapping[str, str]] = {
    f"{HEADER.replace('-Version', '-Minimum-Version')}": str(MINIMUM),
    f"{HEADER.replace('-Version', '-Maximum-Version')}": str(MAXIMUM),
    "Vary": HEADER,
}

#: Ready-made headers for each version, so that a request only looks them up.
ANSWER_HEADERS: Final[Mapping[Version, Mapping[str, str]]] = {
    version: {HEADER: f"{SERVICE_TYPE} {version}", **RANGE_HEADERS} for version in SUPPORTED
}


class VersionNotServed(Exception):
    """The requested version is well formed, but not supported.

    ``readable`` is false for a text that is not a version at all (three numbers); the published
    answer to that carries no version headers.
    """

    def __init__(self, asked: str, *, readable: bool = True) -> None:
        super().__init__(
            f"Version {asked} was requested, but this service supports {MINIMUM} to {MAXIMUM} only"
        )
        self.readable = readable


def negotiate(header: str | None) -> Version:
    """Return the version that a request gets.

    The published rules are lenient: what is not a version at all means the oldest one, and only
    a version that is not supported is refused.

    :param header: the text of the header, or None
    :raises VersionNotServed: for a version that is not supported

    >>> negotiate("compute 2.1, infra-optim 1.3")
    Version(major=1, minor=3)
    >>> negotiate("infra-optim abc") == MINIMUM
    True
    """
    if not header:
        return MINIMUM
    asked = microversion_parse.get_version({HEADER: header}, SERVICE_TYPE)
    if asked is None:
        return MINIMUM
    if asked.lower() == "latest":
        return MAXIMUM
    if not _NUMBERS.fullmatch(asked):
        return MINIMUM
    if len(asked) > _LONGEST:
        raise VersionNotServed(f"{asked[:_LONGEST]}...")
    numbers = [int(part) for part in asked.split(".")]
    if len(numbers) > 2:
        raise VersionNotServed(asked, readable=False)
    version = Version(numbers[0], numbers[1] if len(numbers) == 2 else 0)
    if version not in ANSWER_HEADERS:
        raise VersionNotServed(asked)
    return version
