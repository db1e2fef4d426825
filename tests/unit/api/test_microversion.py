# SPDX-License-Identifier: Apache-2.0
"""The header that asks for a version, in all its recorded forms."""

from __future__ import annotations

import pytest

from watcher.api.microversion import (
    HISTORY,
    MAXIMUM,
    MINIMUM,
    SUPPORTED,
    V,
    VersionNotServed,
    negotiate,
)


@pytest.mark.parametrize(
    ("header", "version"),
    [
        (None, MINIMUM),
        ("", MINIMUM),
        (" ", MINIMUM),
        ("1.4", MINIMUM),
        ("latest", MINIMUM),
        ("compute 1.4", MINIMUM),
        ("infra-optim abc", MINIMUM),
        ("infra-optim 1.x", MINIMUM),
        ("infra-optim 1.", MINIMUM),
        ("infra-optim 1", MINIMUM),
        ("infra-optim latest", MAXIMUM),
        ("infra-optim LATEST", MAXIMUM),
        ("INFRA-OPTIM 1.3", V(1, 3)),
        ("infra-optim 1.07", V(1, 7)),
        ("infra-optim 1.+7", V(1, 7)),
        ("compute 2.1, infra-optim 1.3", V(1, 3)),
        ("infra-optim 1.1, infra-optim 1.3", V(1, 3)),
    ],
)
def test_lenient_forms(header: str | None, version: V) -> None:
    assert negotiate(header) == version


@pytest.mark.parametrize(
    "asked", ["1.8", "1.100", "2.0", "0.9", "2", "1.-1", "1.99999999999", f"1.{'9' * 9999}"]
)
def test_versions_that_do_not_exist_are_refused(asked: str) -> None:
    with pytest.raises(VersionNotServed) as refused:
        negotiate(f"infra-optim {asked}")
    assert refused.value.readable


def test_three_numbers_are_no_version() -> None:
    with pytest.raises(VersionNotServed) as refused:
        negotiate("infra-optim 1.2.3")
    assert not refused.value.readable


def test_the_table_has_no_gap() -> None:
    assert [version.minor for version in SUPPORTED] == list(range(len(HISTORY)))
    assert all(sentence.endswith(".") for _, sentence in HISTORY)
