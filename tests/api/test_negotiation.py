# SPDX-License-Identifier: Apache-2.0
"""The format of an answer: what real clients send in ``Accept``, and what they get."""

from __future__ import annotations

import doctest
import json
import xml.etree.ElementTree as ElementTree

import pytest
import webob

from tests.api.conftest import Catalogue, Client
from watcher.api import negotiation

JSON, XML, TEXT_XML, REFUSED = "application/json", "application/xml", "text/xml", None

#: Who sends it: (Accept, what is answered); None means that the header is not sent.
CLIENTS: dict[str, tuple[str | None, str | None]] = {
    # people's browsers
    "Firefox": ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON),
    "Firefox before 128": (
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/png,"
        "image/svg+xml,*/*;q=0.8",
        JSON,
    ),
    "Chrome": (
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,"
        "*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
        JSON,
    ),
    "Safari": ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON),
    "Safari before 5": (
        "application/xml,application/xhtml+xml,text/html;q=0.9,text/plain;q=0.8,image/png,*/*;q=0.5",
        JSON,
    ),
    "Internet Explorer": ("text/html, application/xhtml+xml, image/jxr, */*", JSON),
    "Internet Explorer 8": ("image/gif, image/jpeg, application/x-ms-application, */*", JSON),
    "Opera 12": (
        "text/html, application/xml;q=0.9, application/xhtml+xml, image/png, image/webp, "
        "image/jpeg, image/gif, image/x-xbitmap, */*;q=0.1",
        JSON,
    ),
    "lynx": ("text/html, text/plain, text/sgml, text/css, application/xhtml+xml, */*;q=0.01", JSON),
    "w3m": ("text/html, text/*;q=0.5, image/*, application/*, */*", JSON),
    # commands
    "curl": ("*/*", JSON),
    "wget": ("*/*", JSON),
    "HTTPie": ("application/json, */*;q=0.5", JSON),
    "PowerShell": (None, JSON),
    # libraries
    "python-watcherclient": ("application/json", JSON),
    "keystoneauth": ("application/json", JSON),
    "python-requests": ("*/*", JSON),
    "urllib": (None, JSON),
    "Go net/http": (None, JSON),
    "OkHttp": (None, JSON),
    "Apache HttpClient": (None, JSON),
    "Java HttpURLConnection": ("text/html, image/gif, image/jpeg, */*; q=0.2", JSON),
    "Java HttpURLConnection before 20": (
        "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
        JSON,
    ),
    "Spring RestTemplate": ("text/plain, application/json, application/*+json, */*", JSON),
    "Spring for a class": ("application/json, application/*+json", JSON),
    "Spring with XML": ("application/xml, text/xml, application/json, application/*+xml", JSON),
    "Feign": ("application/json;charset=UTF-8", JSON),
    "Axios": ("application/json, text/plain, */*", JSON),
    "fetch": ("*/*", JSON),
    "jQuery": ("application/json, text/javascript, */*; q=0.01", JSON),
    "jQuery for XML": ("application/xml, text/xml, */*; q=0.01", XML),
    "Prototype": ("text/javascript, text/html, application/xml, text/xml, */*", JSON),
    "RestSharp": (
        "application/json, text/json, text/x-json, text/javascript, application/xml, text/xml",
        JSON,
    ),
    "Ruby rest-client 1": ("*/*; q=0.5, application/xml", XML),
    "Ruby Net::HTTP": ("*/*", JSON),
    "Prometheus": (
        "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1",
        JSON,
    ),
    # what else the standard allows
    "JSON at a lower quality than anything": ("*/*;q=0.8", JSON),
    "any application": ("application/*", JSON),
    "any application, with little love": ("application/*;q=0.1", JSON),
    "JSON and anything": ("application/json, */*", JSON),
    "as good as each other": ("application/xml;q=0.7, application/json;q=0.7", JSON),
    "JSON a little less": ("application/xml, application/json;q=0.999", XML),
    "JSON a little more": ("application/xml;q=0.9, application/json;q=0.91", JSON),
    "the more specific range counts": ("application/json;q=0.1, application/*", XML),
    "upper case": ("APPLICATION/JSON; Q=1.0", JSON),
    "a quoted comma": ('application/json;profile="a, application/xml";q=0.9, text/xml;q=0.1', JSON),
    "anything but JSON": ("application/json;q=0, */*", XML),
    "anything but HTML": ("application/xml, text/html;q=0", XML),
    "XML": ("application/xml", XML),
    "XML, with a parameter": ("application/xml;charset=utf-8", XML),
    "XML, the older name": ("text/xml", TEXT_XML),
    "any text": ("text/*", TEXT_XML),
    "XML beside HTML": ("text/html, application/xml;q=0.9", JSON),
    "nothing": ("", JSON),
    "no media type": ("json", JSON),
    "a quality that is none": ("*/*;q=abc", JSON),
    "only HTML": ("text/html", REFUSED),
    "only a picture": ("image/png", REFUSED),
    "only texts": ("text/plain", REFUSED),
    "all but what is served": ("application/json;q=0, application/xml;q=0, text/xml;q=0", REFUSED),
    "not even this": ("application/xml;q=0", REFUSED),
}  # fmt: skip

#: Method and path -> status, for clients that accept what is served.
CALLS: dict[tuple[str, str], int] = {
    ("GET", "/"): 200,
    ("GET", "/v1/"): 200,
    ("GET", "/v1/goals"): 200,
    ("GET", "/v1/goals/dummy"): 200,
    ("GET", "/v1/goals/nope"): 404,
    ("GET", "/v1/goals?limit=0"): 400,
    ("GET", "/v1/nope"): 404,
    ("PUT", "/v1/goals"): 405,
}


def media_type(answer: webob.Response) -> str:
    """Return the type of an answer whose body is really of it."""
    if "xml" in answer.headers["Content-Type"]:
        ElementTree.fromstring(answer.body)
    else:
        assert answer.headers["Content-Type"] == JSON
        json.loads(answer.body)
    kind: str = answer.content_type
    return kind


@pytest.mark.parametrize(("call", "status"), CALLS.items(), ids=[" ".join(each) for each in CALLS])
def test_each_client_gets_what_it_can_read(
    client: Client, catalogue: Catalogue, call: tuple[str, str], status: int
) -> None:
    got = {}
    for who, (accept, _) in CLIENTS.items():
        answer = client(*call, **({} if accept is None else {"Accept": accept}))
        got[who] = (answer.status_int, media_type(answer))
    routed = call[1] == "/v1/nope" or call[0] == "PUT"  # these come before the format
    assert got == {
        who: (status if wanted or routed else 406, wanted or JSON)
        for who, (_, wanted) in CLIENTS.items()
    }


def test_a_refused_version_is_told_in_the_same_format(client: Client) -> None:
    for accept, wanted in CLIENTS.values():
        answer = client("GET", "/v1/goals", version="infra-optim 1.99", Accept=accept or "")
        assert (answer.status_int, media_type(answer)) == (406, wanted or JSON)


def test_what_is_served_is_named_to_who_does_not_take_it(client: Client) -> None:
    answer = client("GET", "/v1/goals", Accept="image/png")
    sentence = answer.json["error_message"]
    assert "application/json, application/xml" in sentence
    assert "image/png" in sentence


@pytest.mark.parametrize(
    "header",
    ['"' * 60_000, '"\\' * 30_000, "a/b;" * 15_000, "," * 60_000, "*/*;q=" + "0" * 60_000],
    ids=["quotes", "escapes", "parameters", "commas", "digits"],
)
@pytest.mark.timeout(5)
def test_a_header_without_end_is_read_at_once(header: str) -> None:
    assert negotiation.accepted(header) in (JSON, None)


def test_the_examples_are_true() -> None:
    assert doctest.testmod(negotiation).failed == 0
