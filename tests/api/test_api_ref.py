# SPDX-License-Identifier: Apache-2.0
"""The API reference: complete, as generated, and with true samples."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import pytest

from tests.api.test_openapi import check, document
from tools import api_ref
from watcher.api.microversion import MAXIMUM

READ = document(MAXIMUM)
CALLS = {
    operation["operationId"]: operation
    for item in READ["paths"].values()
    for operation in item.values()
}


@pytest.fixture(scope="module")
def made() -> Mapping[str, str]:
    """What would be generated now."""
    return api_ref.files()


def test_nothing_is_stale_or_missing(made: Mapping[str, str]) -> None:
    found = api_ref.problems(made)
    assert not found, "\n".join(["run: tox -e api-ref-update", *found])


def test_every_call_that_answers_has_a_sample(made: Mapping[str, str]) -> None:
    without = {
        name
        for name, operation in CALLS.items()
        if any("content" in each for code, each in operation["responses"].items() if code < "300")
        and f"source/samples/{name}_response.json" not in made
    }
    assert without == {"health", "openapi_document"}


@pytest.mark.parametrize("part", ["request", "response"])
def test_samples_fit_the_document(made: Mapping[str, str], part: str) -> None:
    checked = 0
    for path, text in made.items():
        match = re.fullmatch(rf"source/samples/(\w+)_{part}\.json", path)
        if match is None:
            continue
        operation = CALLS[match[1]]
        told = operation["requestBody"] if part == "request" else _success(operation)
        check(READ, told["content"]["application/json"]["schema"], json.loads(text))
        checked += 1
    assert checked >= {"request": 7, "response": 30}[part]


def _success(operation: dict) -> dict:
    return next(each for code, each in operation["responses"].items() if code < "300")


def test_a_call_without_section_is_found(made: Mapping[str, str], monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(api_ref, "SOURCE", tmp_path)
    assert "audit_create has no section" in api_ref.problems(made)
