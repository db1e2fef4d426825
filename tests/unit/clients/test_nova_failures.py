# SPDX-License-Identifier: Apache-2.0
"""Nova's client when Nova, Keystone or the way to them fails."""

from __future__ import annotations

import pytest
import requests
import urllib3
from keystoneauth1 import exceptions
from oslo_config import cfg

from tests.fixtures.cloud_http import FakeService, server_row, service_row
from watcher.clients import nova
from watcher.common import exception

SERVER = server_row(1)["id"]
SERVER_PATH = f"/servers/{SERVER}"


def test_a_connection_failure_is_repeated_as_often_as_the_options_say(
    client: nova.NovaClient, service: FakeService, slept: list[float]
) -> None:
    service.on("GET", "/os-services", exceptions.ConnectFailure("refused"))
    with pytest.raises(nova.NovaUnreachable, match="refused"):
        client.list_services()
    assert len(service.calls) == 4
    assert slept == [2.0, 2.0, 2.0]


@pytest.mark.parametrize("status", [413, 429, 502, 503, 504])
def test_a_service_that_is_busy_or_away_is_asked_again(
    client: nova.NovaClient, service: FakeService, slept: list[float], status: int
) -> None:
    service.on("GET", "/os-services", (status, None), (200, {"services": [service_row(1)]}))
    (found,) = client.list_services()
    assert found.host == "host-1"
    assert slept == [2.0]


@pytest.mark.parametrize("status", [400, 401, 403, 409, 500])
def test_a_refusal_is_not_repeated(
    client: nova.NovaClient, service: FakeService, status: int
) -> None:
    service.on("GET", "/os-services", (status, None))
    with pytest.raises(exception.NovaClientError):
        client.list_services()
    assert len(service.calls) == 1


def test_a_refused_login_is_told_with_the_place_where_it_was_refused(
    client: nova.NovaClient, service: FakeService
) -> None:
    url = "http://keystone.test/v3/auth/tokens"
    response = requests.Response()
    response.status_code = 401
    response._content = b'{"error": {"message": "Wrong password.", "code": 401}}'
    refusal = exceptions.from_response(response, "POST", url)
    service.on("GET", "/os-services", refusal)
    with pytest.raises(exception.NovaClientError, match=rf"Wrong password. \(HTTP 401\) {url}$"):
        client.list_services()


def unsent() -> exceptions.ConnectFailure:
    error = exceptions.ConnectFailure("refused")
    refused = urllib3.exceptions.NewConnectionError(None, "refused")  # type: ignore[arg-type]
    error.__context__ = OSError(urllib3.exceptions.MaxRetryError(None, "/", refused))  # type: ignore[arg-type]
    return error


@pytest.mark.parametrize(
    ("error", "times", "told"),
    [
        pytest.param(unsent(), 4, nova.NovaUnreachable, id="never sent"),
        pytest.param(exceptions.ConnectTimeout("?"), 1, nova.NovaUnanswered, id="perhaps done"),
        pytest.param(exceptions.GatewayTimeout(), 1, nova.NovaUnanswered, id="a proxy's patience"),
        pytest.param(exceptions.ServiceUnavailable(), 4, nova.NovaUnreachable, id="away"),
        pytest.param(exceptions.BadGateway(), 1, nova.NovaUnanswered, id="a proxy's guess"),
    ],
)
def test_a_change_is_repeated_only_if_it_was_never_sent(
    client: nova.NovaClient,
    service: FakeService,
    error: Exception,
    times: int,
    told: type[Exception],
) -> None:
    service.on("POST", f"{SERVER_PATH}/action", error)
    with pytest.raises(nova.NovaUnreachable) as raised:
        client.live_migrate(SERVER, "host-2")
    assert raised.type is told
    assert len(service.calls) == times


def test_a_missing_list_is_no_missing_resource(
    client: nova.NovaClient, service: FakeService
) -> None:
    with pytest.raises(exception.NovaClientError, match="/os-aggregates"):
        client.list_aggregates()


def test_a_missing_login_url_does_not_mean_that_the_server_is_gone(
    client: nova.NovaClient, service: FakeService
) -> None:
    service.on("GET", SERVER_PATH, exceptions.NotFound(url="http://keystone.test/v4/auth/tokens"))
    with pytest.raises(exception.NovaClientError, match="v4/auth/tokens"):
        client.get_server(SERVER)


def test_a_connection_failure_is_told_in_few_words(
    client: nova.NovaClient, service: FakeService
) -> None:
    text = (
        "Unable to establish connection to http://nova.test/: HTTPConnectionPool(host='nova.test', "
        'port=80): Max retries exceeded with url: / (Caused by NewConnectionError("<object>: '
        'Failed to establish a new connection: [Errno 111] Connection refused"))'
    )
    service.on("GET", "/os-services", exceptions.ConnectFailure(text))
    with pytest.raises(nova.NovaUnreachable) as caught:
        client.list_services()
    assert str(caught.value) == (
        "Nova client error: Unable to establish connection to http://nova.test/: Connection refused"
    )


def test_a_keystone_that_is_away_is_told_in_few_words_and_asked_again(
    client: nova.NovaClient, service: FakeService
) -> None:
    refused = exceptions.ConnectFailure(
        "Unable to establish connection to http://keystone.test/v3: HTTPConnectionPool(host='k', "
        'port=80): Max retries exceeded (Caused by NewConnectionError("<object>: Failed: '
        '[Errno 111] Connection refused"))'
    )
    undiscovered = exceptions.DiscoveryFailure(f"Could not find versioned endpoints. {refused}")
    undiscovered.__context__ = refused  # as the library raises it
    service.on("GET", "/os-services", undiscovered)
    with pytest.raises(nova.NovaUnreachable) as caught:
        client.list_services()
    assert str(caught.value) == (
        "Nova client error: Unable to establish connection to http://keystone.test/v3: "
        "Connection refused"
    )
    assert len(service.calls) == 4


def test_a_service_that_hangs_is_not_waited_for_again(
    conf: cfg.ConfigOpts, service: FakeService
) -> None:
    now = [0.0]

    def hang(_params: object, _body: object) -> exceptions.ConnectTimeout:
        now[0] += 60.0
        return exceptions.ConnectTimeout("timed out after 60 seconds")

    service.on("GET", "/os-services", hang)
    client = nova.NovaClient(conf, lambda: service, clock=lambda: now[0])
    with pytest.raises(nova.NovaUnreachable, match="timed out"):
        client.list_services()
    assert len(service.calls) == 1
