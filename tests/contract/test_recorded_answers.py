# SPDX-License-Identifier: Apache-2.0
"""The recorded answers of the other implementation fit the OpenAPI document of their version.

A recording holds markers where an answer is different each time; each is replaced by a value that
it stands for.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import pytest

from tests.contract import spec
from watcher.api import openapi
from watcher.api.microversion import HEADER, Version, VersionNotServed, negotiate

_RECORDED = spec.folder().parent / "conformance" / "recorded"
_UUID = "0f3e1c5a-7b0d-4c8e-9a53-6d1b2f4e8a70"
_BASE = "http://controller:9322"

#: Marker -> a value that it stands for.
_MARKERS: dict[str, Any] = {
    "uuid": _UUID,
    "timestamp:iso8601+00:00": "2026-01-15T09:30:00+00:00",
    "timestamp:iso8601": "2026-01-15T09:30:00.123456",
    "string": "text",
    "nonempty-string": "text",
    "text": "text",
    "int": 1,
    "float": 1.5,
    "bool": True,
    "list": [],
    "object": {},
    "any": None,
}
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


def _filled(value: Any) -> Any:
    """Return a recorded value without markers."""
    if isinstance(value, dict):
        filled = {name: _filled(each) for name, each in value.items()}
        return filled if value.get("next") != "<any>" else {**filled, "next": _BASE}
    if isinstance(value, list):
        return [_filled(each) for each in value]
    if not isinstance(value, str):
        return value
    if value.startswith("<regex:"):
        return _fitting(value)
    if value.startswith("<optional:"):
        return _filled(f"<{value.removeprefix('<optional:')}")
    if value.startswith("<") and value[1:-1] in _MARKERS:
        return _MARKERS[value[1:-1]]
    return _VARIABLE.sub(_variable, value)


def _variable(found: re.Match[str]) -> str:
    name = found[1]
    if name == "base_url":
        return _BASE
    return "4711" if name.endswith("id") and not name.endswith("uuid") else _UUID


def _fitting(marker: str) -> str:
    """Return a text that a pattern matches, as far as the recordings have them."""
    pattern = marker.removeprefix("<regex:").removesuffix(">")
    words = re.fullmatch(r"([A-Za-z ]+)(\|[A-Za-z ]+)*", pattern)
    if words:
        return words[1]
    return f"{_BASE}/v1/x/{_UUID}" if "base_url" in pattern else "text"


def _steps() -> Iterator[Any]:
    """Yield every answered call: scenario and step, version, request, response."""
    for file in sorted(_RECORDED.glob("*.json")):
        for number, step in enumerate(json.loads(file.read_text())["steps"]):
            yield f"{file.stem}[{number}] {step['name']}", step


def _version(step: Mapping[str, Any]) -> Version | None:
    headers = {name.lower(): value for name, value in step["request"].get("headers", {}).items()}
    try:
        return negotiate(headers.get(HEADER.lower()))
    except VersionNotServed:
        return None


@functools.cache
def _operations(version: Version) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(openapi.rendered(version))
    return read


def _described(version: Version, method: str, path: str) -> Any:
    """Return the operation of a request, or None."""
    path = re.sub(r"\.json$", "", path.split("?")[0].replace("${base_url}", ""))
    path = re.sub("/+", "/", path)
    if not path.startswith("/v1") and path != "/":
        path = f"/v1{path}"
    paths = _operations(version)["paths"]
    for known in (path, path.rstrip("/"), f"{path.rstrip('/')}/"):
        if known in paths:
            return paths[known].get(method.lower())
    parts = [part for part in path.split("/") if part]
    if len(parts) < 3:
        return None
    parts[2] = "{ident}"
    return paths.get("/" + "/".join(parts), {}).get(method.lower())


@functools.cache
def _validator(version: Version, schema: str) -> jsonschema.Draft202012Validator:
    components = _operations(version)["components"]
    return jsonschema.Draft202012Validator(
        {**json.loads(schema), "components": components},
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    )


def _problem(version: Version, step: Mapping[str, Any]) -> str | None:
    """Say what is wrong with a recorded answer, by the document."""
    request, response = step["request"], step["response"]
    operation = _described(version, request["method"], request["path"])
    if operation is None:
        return "is not described"
    answer = operation["responses"].get(str(response["status"]))
    if answer is None:
        return f"status {response['status']} is not described"
    answer = _resolved(version, answer)
    content = answer.get("content", {}).get("application/json")
    body = response.get("body")
    if content is None or body in (None, "<empty>"):
        return None if body in (None, "<empty>") else "a body is not described"
    if isinstance(body, dict) and isinstance(body.get("error_message"), dict):
        body = {"error_message": json.dumps(body["error_message"]["$json"])}
    elif isinstance(body, dict) and "$text" in body:
        return None
    validator = _validator(version, json.dumps(content["schema"]))
    error = jsonschema.exceptions.best_match(validator.iter_errors(_filled(body)))
    return None if error is None else f"{error.json_path}: {error.message[:300]}"


def _resolved(version: Version, answer: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in answer:
        return answer
    found: dict[str, Any] = _operations(version)["components"]["responses"][
        answer["$ref"].rpartition("/")[2]
    ]
    return found


def _is_described_call(step: Mapping[str, Any]) -> bool:
    """Leave out what no document speaks of: wrong methods, unknown paths, defects, XML."""
    response = step["response"]
    headers = {name.lower(): value for name, value in step["request"].get("headers", {}).items()}
    if response["status"] < 300:
        return (
            step["request"]["method"] != "OPTIONS"
            and "xml" not in headers.get("accept", "")
            and ".xml" not in step["request"]["path"]
        )
    version = _version(step)
    if response["status"] in (404, 405, 500) or version is None:
        return False
    operation = _described(version, step["request"]["method"], step["request"]["path"])
    return operation is not None


def test_every_recorded_answer_fits_its_document() -> None:
    problems, checked = [], 0
    for name, step in _steps():
        if not _is_described_call(step):
            continue
        version = _version(step)
        problem = "has no version" if version is None else _problem(version, step)
        if problem == "has no version" and step["request"]["path"] == "/":
            problem = _problem(negotiate(None), step)
        checked += 1
        if problem is not None:
            problems.append(f"{name}: {problem}")
    assert checked > 700
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("value", ["<uuid>", "<optional:int>", "${run}", "<regex:ACTIVE|FAILED>"])
def test_markers_are_replaced(value: str) -> None:
    assert "<" not in str(_filled(value))
