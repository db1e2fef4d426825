# SPDX-License-Identifier: Apache-2.0
"""The format of an answer, chosen by the suffix of the path or else by ``Accept``.

JSON wins unless XML is preferred to it.  Browsers prefer XML to types they do not know, but only to
display it, so a client that accepts HTML gets JSON as well.  Headers are read leniently, since some
clients send what no standard allows (Java: ``*; q=.2``): what cannot be read is ignored.
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

JSON_TYPE = "application/json"
XML_TYPES = ("application/xml", "text/xml")
_HTML_TYPE = "text/html"
_TEXT_TYPE = "text/plain"

#: The only suffixes; the machine's own table (``mime.types``) must not add to them.
_SUFFIXES: Mapping[str, str] = {".json": JSON_TYPE, ".xml": XML_TYPES[0]}

#: Where a request keeps the suffix that was cut off its path; empty if it has none.
SUFFIX_KEY = "watcher.api.suffix"

_RANGE = re.compile(r"[^\s/;,]+/[^\s/;,]+")
_QUOTED = re.compile(r'"[^"]*"')
_QUALITY = re.compile(r"\d{0,20}\.?\d{0,20}", re.ASCII)


def cut_suffix(path: Sequence[str]) -> tuple[list[str], str]:
    """Return the elements of a path without the suffix of the last one, and the suffix.

    >>> cut_suffix(["v1", "goals.json", ""])
    (['v1', 'goals', ''], '.json')
    >>> cut_suffix(["v1", "audits", "web01.example.com"])
    (['v1', 'audits', 'web01.example.com'], '')
    """
    cut = list(path)
    last = next((index for index in reversed(range(len(cut))) if cut[index]), None)
    if last is None:
        return cut, ""
    stem, suffix = os.path.splitext(cut[last])
    if suffix.lower() not in _SUFFIXES:
        return cut, ""
    cut[last] = stem
    return cut, suffix


def agreed(environ: MutableMapping[str, Any]) -> str | None:
    """Return the media type of an answer; None if the client accepts nothing that is served."""
    suffix = environ.get(SUFFIX_KEY)
    if suffix is None:
        suffix = cut_suffix(environ.get("PATH_INFO", "").split("/"))[1]
    return _SUFFIXES.get(suffix.lower()) or accepted(environ.get("HTTP_ACCEPT", ""))


def accepted(header: str) -> str | None:
    """Return the type that an ``Accept`` header prefers of those served; None if it takes none.

    >>> accepted("text/html,application/xml;q=0.9,*/*;q=0.8")
    'application/json'
    >>> accepted("application/xml, application/json;q=0.5")
    'application/xml'
    """
    ranges = _read(header)
    if not ranges:
        return JSON_TYPE
    json_quality = _quality(ranges, JSON_TYPE)
    xml_type = max(XML_TYPES, key=lambda each: _quality(ranges, each))
    xml_quality = _quality(ranges, xml_type)
    if not json_quality and not xml_quality:
        return None
    if json_quality >= xml_quality or ranges.get(_HTML_TYPE):
        return JSON_TYPE
    return xml_type


def wants_page(environ: Mapping[str, Any]) -> bool:
    """Tell whether HTML is the only text that the client accepts."""
    ranges = _read(environ.get("HTTP_ACCEPT", ""))
    return bool(_quality(ranges, _HTML_TYPE)) and not _quality(ranges, _TEXT_TYPE)


def _read(header: str) -> dict[str, float]:
    """Return the media ranges of a header with their qualities; other parameters are ignored."""
    ranges: dict[str, float] = {}
    for element in _QUOTED.sub("", header).split(","):
        name, *parameters = (part.strip() for part in element.split(";"))
        name = "*/*" if name == "*" else name.lower()
        if _RANGE.fullmatch(name):
            ranges[name] = max(ranges.get(name, 0.0), _weight(parameters))
    return ranges


def _weight(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        name, _, value = (part.strip() for part in parameter.partition("="))
        if name.lower() == "q" and value.strip(".") and _QUALITY.fullmatch(value):
            return min(float(value), 1.0)
    return 1.0


def _quality(ranges: Mapping[str, float], media_type: str) -> float:
    """Return the quality of a type; the most specific range counts."""
    group = f"{media_type.partition('/')[0]}/*"
    return next((ranges[each] for each in (media_type, group, "*/*") if each in ranges), 0.0)
