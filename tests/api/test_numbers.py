# SPDX-License-Identifier: Apache-2.0
"""Numbers in texts: the digits 0 to 9, and nothing else that Python reads as a number."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.api.conftest import Catalogue, Client, fault
from watcher.db import models
from watcher.domain import schedule

#: What ``int`` takes, and the documents do not.
FOREIGN = (
    "1_0", "1_000", "٣", "٦٠", "१२", "６０", "𝟙", "1٣", "\u00a060", "60\u2003", "\u200960",
    "\x1c60", "60\x1f", "+٣", "-٦٠", "6_0 ",
)  # fmt: skip
#: Only query arguments; intervals are published with them.
SLOPPY = (" 60", "60 ", "\t60\n", "+60", "", " ", "-", "--1", "0x10", "6e1", "60.0", "½", "²")


def test_a_limit_is_written_in_digits(client: Client, catalogue: Catalogue) -> None:
    for text in (*FOREIGN, *SLOPPY):
        for path in ("/v1/goals", "/v1/audits/detail", "/v1/services"):
            answer = client("GET", f"{path}?limit={quote(text)}")
            assert answer.status_int == 400, text
            assert "limit" in fault(answer)["faultstring"]
    for text in ("1", "01", "0001"):
        assert len(client.get(f"/v1/goals?limit={text}")["goals"]) == 1


def test_a_number_as_a_marker_is_written_in_digits(client: Client, rows) -> None:
    first, second = (rows(models.Service, name="watcher-applier", host=h).id for h in "ab")
    for text in (*FOREIGN, *SLOPPY, f"{first}_"):
        answer = client("GET", f"/v1/services?marker={quote(text)}")
        assert answer.status_int == 400, text
        assert "marker" in fault(answer)["faultstring"]
    page = client.get(f"/v1/services?marker=0{first}")["services"]
    assert [each["id"] for each in page] == [second]


def test_a_number_in_a_path_is_written_in_digits(client: Client, catalogue: Catalogue) -> None:
    for text in FOREIGN:
        for path in ("/v1/goals", "/v1/strategies", "/v1/audits", "/v1/services"):
            assert client("GET", f"{path}/{quote(text)}").status_int in (400, 404), text
        assert client("GET", f"/v1/services/{quote(text)}/detail").status_int == 400, text
    number = catalogue.goal.id
    assert client.get(f"/v1/goals/{number}")["name"] == "dummy"


CRON = ("*/1_0 * * * *", "٣ * * * *", "0 ６ * * *", "0 0 1_0 * *", "0\u00a00 * * *")


def test_an_interval_is_written_in_digits(client: Client, catalogue: Catalogue) -> None:
    audit = {"goal": "dummy", "audit_type": "CONTINUOUS"}
    made = client("POST", "/v1/audits", {**audit, "interval": "60"}).json["uuid"]
    for text in (*FOREIGN, *CRON):
        assert client("POST", "/v1/audits", {**audit, "interval": text}).status_int == 400, text
        patch = [{"op": "replace", "path": "/interval", "value": text}]
        refused = client("PATCH", f"/v1/audits/{made}", patch)
        assert refused.status_int == 400, text
        assert "interval" in fault(refused)["faultstring"]
    assert client.get(f"/v1/audits/{made}")["interval"] == "60"


@pytest.mark.parametrize("text", ["60", "060", "+60", " 60", "60 ", "\t60\n", "-5", "*/10 * * * *"])
def test_published_intervals_are_taken(client: Client, catalogue: Catalogue, text: str) -> None:
    audit = {"goal": "dummy", "audit_type": "CONTINUOUS", "interval": text}
    assert client("POST", "/v1/audits", audit).json["interval"] == text


def test_an_interval_that_is_stored_already_goes_on() -> None:
    """A database that was taken over may hold what the API refuses."""
    assert schedule.parse("1_000") == schedule.Every(1000)
